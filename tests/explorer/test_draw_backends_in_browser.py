"""Who answers a stroke: the page where it has a kernel, the server where it has none, never an old answer."""

import numpy as np
import pytest

from references.drawing_in_browser import HIDDEN, SEVEN, comes_to, draw, drawing, live, torch_says, until
from sememe import dictionaries


@pytest.fixture
def drawn_at(opened):
    """A Draw page with or without a kernel, and what it sends over its socket."""

    def at(has_kernel: bool):
        page = live(opened(f"#/draw?layer={HIDDEN}"))
        sent = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda text: sent.append(text)))
        if not has_kernel:
            page.route("**/api/kernel?*", lambda route: route.fulfill(json=None))
        page.reload()
        live(page)
        page.wait_for_load_state("networkidle")
        return page, sent

    return at


def test_strokes_are_answered_in_the_page_without_a_word_to_the_server(drawn_at, folder):
    page, sent = drawn_at(True)
    before = len(sent)
    draw(page, SEVEN)
    assert comes_to(page, torch_says(folder, drawing(page)))
    assert len(sent) == before


def test_server_answers_where_the_page_has_no_kernel(drawn_at, folder):
    page, sent = drawn_at(False)
    before = len(sent)
    draw(page, SEVEN)
    assert comes_to(page, torch_says(folder, drawing(page)))
    assert len(sent) > before


@pytest.mark.parametrize("has_kernel", [True, False])
def test_either_says_what_is_left_after_an_edit(drawn_at, folder, has_kernel):
    page, _ = drawn_at(has_kernel)
    draw(page, SEVEN)
    ink = drawing(page)
    page.locator(".feature").first.click()
    unit = int(page.locator(".feature .name").first.inner_text().removeprefix("feature "))
    page.locator("main [data-tour=ablate]").click()
    page.locator(".features-list > li").first.get_by_text("now 0").wait_for()
    dictionary = dictionaries.load(folder / "dictionaries" / HIDDEN / "TopKSAE-k4")

    def ablated(x):
        return x - dictionary.transform(x)[:, [unit]] @ dictionary.components_[[unit]]

    assert comes_to(page, torch_says(folder, ink, HIDDEN, ablated))
    spoken = page.get_by_role("status").filter(has_text=f"feature {unit} is ablated. Answer: ")
    spoken.wait_for(state="attached")


_LATE = """async (layer) => {
    const { NearBackend } = await import("/assets/app/draw/near.js");
    const { Api } = await import("/assets/app/api.js");
    class Socket extends EventTarget {
        static OPEN = 1;
        readyState = 1;
        sent = [];
        constructor() { super(); Socket.last = this; }
        send(text) { this.sent.push(text); }
        close() {}
    }
    window.WebSocket = Socket;
    let release;
    const api = new Api();
    const gate = new Promise((resolve) => { release = resolve; });
    const given = { get: (name, which) => gate.then(() => api.get(name, which)) };
    const said = [];
    const backend = new NearBackend(
        { answered: (found) => said.push(found.probabilities.values.length),
          refused: (text) => said.push(text), state() {} },
        given);
    const question = { layer, set: "TopKSAE-k4", pixels: new Uint8Array(784), fit: true, edits: [],
        keep_error: true, at: 0 };
    backend.ask(question);
    const asked = Socket.last.sent.length;
    release();
    for (let i = 0; i < 200 && !said.length; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        backend.ask(question);
    }
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const before = said.length;
    Socket.last.dispatchEvent(new MessageEvent("message", { data: '{"error": "late"}' }));
    window.found = { asked, said, late: said.length - before };
}"""


def test_an_answer_that_comes_late_does_not_take_the_place_of_a_newer_one(opened):
    page = live(opened(f"#/draw?layer={HIDDEN}"))
    page.evaluate(_LATE, HIDDEN)
    until(page, "window.found !== undefined")
    found = page.evaluate("window.found")
    assert found["asked"] == 1
    assert set(found["said"]) == {10}
    assert found["late"] == 0


def test_what_is_edited_before_the_next_layer_is_there_waits_for_it(opened, folder):
    page = live(opened(f"#/draw?layer={HIDDEN}"))
    draw(page, SEVEN)
    ink = drawing(page)
    waiting = []
    page.route("**/api/pixel_weights?*", lambda route: waiting.append(route))
    page.get_by_role("radio", name="fc1").click()
    page.evaluate("() => { location.hash += '&unit=3&of=neurons'; }")
    page.keyboard.press("a")
    until(page, "location.hash.includes('hold=n3a')")
    assert len(waiting) == 1
    waiting[0].continue_()
    assert comes_to(
        page, torch_says(folder, ink, "digit_cnn.fc1", lambda x: np.where(np.arange(128) == 3, 0, x))
    )
