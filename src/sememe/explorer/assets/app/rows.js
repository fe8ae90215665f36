// Rows that exist only while they are seen: ten thousand are as quick as ten.

/**
 * @param scroller the element that scrolls; @param body where rows go, as tall as all of them together
 * @param {{height: number, count: () => number, make: (i: number) => HTMLElement}} of
 */
export class VisibleRows {
  #scroller;
  #body;
  #of;
  #shown = new Map();
  #asked = 0;

  constructor(scroller, body, of) {
    this.#scroller = scroller;
    this.#body = body;
    this.#of = of;
    scroller.addEventListener("scroll", () => {
      this.#asked ||= requestAnimationFrame(() => { this.#asked = 0; this.#show(); });
    }, { passive: true });
    this.resized = new ResizeObserver(() => this.#show());
    this.resized.observe(scroller);
  }

  /** Draw all rows anew: their number, order or content changed. */
  draw() {
    this.#shown.clear();
    this.#body.replaceChildren();
    this.#body.style.height = `${this.#of.count() * this.#of.height}px`;
    this.#show();
  }

  row(i) {
    return this.#shown.get(i);
  }

  /** Scroll so that a row is seen, no further than needed. */
  reveal(i) {
    const top = i * this.#of.height;
    const { scrollTop, clientHeight } = this.#scroller;
    const head = this.#body.offsetTop;
    if (top < scrollTop) this.#scroller.scrollTop = top;
    else if (top + this.#of.height > scrollTop + clientHeight - head) {
      this.#scroller.scrollTop = top + this.#of.height - clientHeight + head;
    }
    this.#show();
  }

  stop() {
    this.resized.disconnect();
    cancelAnimationFrame(this.#asked);
  }

  #show() {
    const { height, count, make } = this.#of;
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / height) - 4);
    const last = Math.min(count(), Math.ceil((this.#scroller.scrollTop + this.#scroller.clientHeight) / height) + 4);
    for (const [i, row] of this.#shown) {
      if (i >= first && i < last) continue;
      if (row.contains(document.activeElement)) continue; // focus is not lost by scrolling
      row.remove();
      this.#shown.delete(i);
    }
    let before = null;
    for (let i = last - 1; i >= first; i -= 1) {
      let row = this.#shown.get(i);
      if (!row) {
        row = make(i);
        row.style.top = `${i * height}px`;
        this.#shown.set(i, row);
        this.#body.insertBefore(row, before);
      }
      before = row;
    }
  }
}
