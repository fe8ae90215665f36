"use strict";
// The report's own script: theme, tabs, tips, notes, and figures that are drawn when they come into view.
{
  const root = document.documentElement;
  root.classList.add("js");

  // ---- theme -----------------------------------------------------------------------------------------------
  const themes = ["system", "light", "dark"];
  const button = document.getElementById("theme");
  const systemDark = matchMedia("(prefers-color-scheme: dark)");
  let theme = themes[0];
  try {
    theme = localStorage.getItem("sememe-theme") ?? theme;
  } catch {
    // A page opened from disk may have no storage; the choice then lasts as long as the page.
  }

  const isDark = () => theme === "dark" || (theme === "system" && systemDark.matches);

  function applyTheme() {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    button.querySelector("span").textContent = `Theme: ${theme}`;
    redrawAll();
  }

  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    try {
      localStorage.setItem("sememe-theme", theme);
    } catch {
      // As above.
    }
    applyTheme();
  });
  systemDark.addEventListener("change", () => theme === "system" && applyTheme());

  // ---- tabs ------------------------------------------------------------------------------------------------
  const tabsOf = (list) => [...list.querySelectorAll(":scope > [role=tab]")];
  const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));

  function choose(tab, { focus = false } = {}) {
    for (const other of tabsOf(tab.parentElement)) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      panelOf(other).hidden = !chosen;
    }
    if (focus) tab.focus();
  }

  for (const list of document.querySelectorAll("[role=tablist]")) {
    const tabs = tabsOf(list);
    choose(tabs.find((tab) => tab.getAttribute("aria-selected") === "true") ?? tabs[0]);
    list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab) choose(tab);
    });
    list.addEventListener("keydown", (event) => {
      const at = tabs.indexOf(event.target);
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (at < 0 || next === undefined) return;
      event.preventDefault();
      choose(tabs[(next + tabs.length) % tabs.length], { focus: true });
    });
  }

  for (const select of document.querySelectorAll(".picker select")) {
    const show = () => {
      for (const option of select.options) document.getElementById(option.value).hidden = !option.selected;
    };
    select.addEventListener("change", show);
    show();
  }

  // Neurons and features open together, so that they stay side by side.
  for (const pair of document.querySelectorAll(".pair")) {
    const more = [...pair.querySelectorAll(".more")];
    for (const one of more) {
      one.addEventListener("toggle", () => more.forEach((other) => (other.open = one.open)));
    }
  }

  // A link to anything inside closed panels opens them.
  function reveal() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let panel = target.closest("[role=tabpanel]"); panel; panel = panel.parentElement.closest("[role=tabpanel]")) {
      choose(document.getElementById(panel.getAttribute("aria-labelledby")));
    }
    target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);

  // ---- tips over tiles and intervals: by pointer, and by arrow keys on a focused strip --------------------------
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "status");
  document.body.append(tip);

  function showTip(tile) {
    const [activation, label, image] = tile.dataset.t.split("|");
    const lines = [`activation ${activation}`, label && `labelled ${label}`, `image ${image}`].filter(Boolean);
    const slice = tile.closest(".slice");
    const where = slice ? `Interval ${slice.dataset.s}` : tile.closest(".top") ? "One of the strongest" : "A random firing";
    tip.textContent = `${lines.join(", ")}. ${where}.`;
    tip.hidden = false;
    const box = tile.getBoundingClientRect();
    const left = Math.min(Math.max(8, box.left), innerWidth - tip.offsetWidth - 8);
    const above = box.top - tip.offsetHeight - 6;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 0 ? above : box.bottom + 6}px`;
  }
  const hideTip = () => (tip.hidden = true);

  document.addEventListener("pointerover", (event) => {
    const tile = event.target.closest?.("[data-t]");
    if (tile) showTip(tile);
    else hideTip();
  });
  addEventListener("scroll", hideTip, { passive: true });
  document.addEventListener("focusout", hideTip);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return hideTip();
    const strip = event.target.closest?.(".strip");
    if (!strip || !["ArrowRight", "ArrowLeft"].includes(event.key)) return;
    event.preventDefault();
    const tiles = [...strip.querySelectorAll("[data-t]")];
    const at = Number(strip.dataset.at ?? -1) + (event.key === "ArrowRight" ? 1 : -1);
    strip.dataset.at = Math.min(Math.max(at, 0), tiles.length - 1);
    showTip(tiles[strip.dataset.at]);
  });

  // ---- notes open beside their button ---------------------------------------------------------------------------
  for (const note of document.querySelectorAll("[popover].note")) {
    note.addEventListener("toggle", (event) => {
      if (event.newState !== "open") return;
      const opener = document.activeElement;
      const box = opener.getBoundingClientRect();
      const left = Math.min(Math.max(16, box.left), innerWidth - note.offsetWidth - 16);
      const below = box.bottom + 8;
      const fits = below + note.offsetHeight < innerHeight;
      note.style.left = `${left}px`;
      note.style.top = `${fits ? below : Math.max(16, box.top - note.offsetHeight - 8)}px`;
    });
  }

  // ---- copying ----------------------------------------------------------------------------------------------------
  for (const copy of document.querySelectorAll("[data-copy]")) {
    copy.addEventListener("click", async () => {
      const source = document.getElementById(copy.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
        copy.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(source);
        copy.textContent = "Selected";
      }
    });
  }

  // ---- figures ------------------------------------------------------------------------------------------------------
  const colours = document.currentScript.dataset.colours.split(" ").map((pair) => pair.split(">"));
  const narrow = matchMedia("(max-width: 46rem)");
  const drawn = new Set();
  let library;

  // plotly.js lies gzipped in the page: unpacked once, when a first figure is needed.
  function plotly() {
    library ??= (async () => {
      const packed = atob(document.getElementById("plotly").textContent);
      const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      const script = document.createElement("script");
      script.textContent = await new Response(stream).text();
      document.head.append(script);
      return globalThis.Plotly;
    })();
    return library;
  }

  async function draw(chart) {
    const place = chart.querySelector(".plot");
    try {
      const Plotly = await plotly();
      const variant = narrow.matches ? "narrow" : "wide";
      const stored = chart.querySelector(`[data-variant=${variant}]`) ?? chart.querySelector("[data-variant=wide]");
      let text = stored.textContent;
      if (isDark()) for (const [light, dark] of colours) text = text.replaceAll(`"${light}"`, `"${dark}"`);
      const figure = JSON.parse(text);
      await Plotly.react(place, figure.data, figure.layout, { displayModeBar: false, responsive: true });
    } catch (error) {
      place.textContent = "This browser cannot draw the figure; the table below has the same numbers.";
      place.classList.add("pending");
      chart.querySelector("details").open = true;
      console.error(error);
    }
  }

  function redrawAll() {
    for (const chart of drawn) draw(chart);
  }
  narrow.addEventListener("change", redrawAll);

  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        drawn.add(target);
        draw(target);
      }
    },
    { rootMargin: "400px" },
  );

  applyTheme();
  reveal();
  for (const chart of document.querySelectorAll(".chart")) watcher.observe(chart);
}
