"""Drawing in a browser: what the page shows is what torch says of the very drawing on its canvas."""

import re

import numpy as np
import pytest

from references.drawing_in_browser import HIDDEN, SEVEN, comes_to, draw, drawing, live, torch_says, until
from sememe import dictionaries
from sememe.explorer.live.answer import answer
from sememe.explorer.live.question import Edit, Question

FC1 = "digit_cnn.fc1"
CONV2 = "digit_cnn.conv2"


def without(folder, key, unit):
    """A layer's activation without one feature."""
    dictionary = dictionaries.load(folder / "dictionaries" / key / "TopKSAE-k4")
    return lambda x: x - dictionary.transform(x)[:, [unit]] @ dictionary.components_[[unit]]


def is_in_window(page, selector) -> bool:
    box, window = page.locator(selector).bounding_box(), page.viewport_size
    return box["y"] >= 0 and box["y"] + box["height"] <= window["height"]


def shown_frame(page) -> None:
    """Wait until what the last answer says stands in words and lines."""
    until(
        page,
        "[...document.querySelectorAll('[data-shown]')].some((e) => e.dataset.shown === e.dataset.answered)",
    )


def test_a_seven_drawn_by_mouse_is_answered_as_torch_answers(opened, folder):
    page = live(opened(f"#/draw?layer={HIDDEN}"))
    draw(page, SEVEN)
    ink = drawing(page)
    assert ink.max() == 255
    expected = torch_says(folder, ink)
    assert comes_to(page, expected)
    assert page.locator(".probabilities .most b").text_content() == str(int(np.argmax(expected)))
    assert page.locator(".features-list > li").count() == 4
    assert "Not reconstructed" in page.locator(".fidelity").text_content()


def test_a_seven_drawn_by_keyboard_is_answered_as_torch_answers(opened, folder):
    page = live(opened(f"#/draw?layer={HIDDEN}", width=390, scheme="dark"))
    page.locator("canvas.board").focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    for step in range(14):
        page.keyboard.press("ArrowDown")
        if step % 2:
            page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    ink = drawing(page)
    assert (ink > 0).sum() > 40
    assert comes_to(page, torch_says(folder, ink))
    page.keyboard.press("Control+z")
    until(page, "!location.hash.includes('d=')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("key", [HIDDEN, FC1, CONV2])
def test_ablating_a_feature_moves_the_bars_to_what_torch_gives(opened, folder, key):
    page = live(opened(f"#/draw?layer={key}"))
    draw(page, SEVEN)
    ink = drawing(page)
    page.locator(".feature").first.click()
    unit = int(re.search(r"unit=(\d+)", page.url).group(1))
    page.keyboard.press("a")
    assert comes_to(page, torch_says(folder, ink, key, without(folder, key, unit)))
    until(page, "document.querySelectorAll('.probabilities .ghost:not([hidden])').length === 10")
    assert page.get_by_role("radio", name="ablate").get_attribute("aria-checked") == "true"
    page.keyboard.press("a")
    assert comes_to(page, torch_says(folder, ink, key))


@pytest.mark.parametrize("key", [HIDDEN, CONV2])
def test_the_button_in_a_features_row_ablates_it_with_the_answer_in_sight(opened, folder, key):
    page = live(opened(f"#/draw?layer={key}"))
    page.set_viewport_size({"width": 1280, "height": 720})
    draw(page, SEVEN)
    ink = drawing(page)
    shown_frame(page)
    places = [".feature >> nth=1", ".probabilities", ".column-said", ".neurons-grid"]
    before = [page.locator(place).bounding_box() for place in places]
    page.locator(".feature").first.click()
    unit = int(re.search(r"unit=(\d+)", page.url).group(1))
    toggle = page.get_by_role("button", name=f"ablate feature {unit}")
    assert toggle.get_attribute("data-tour") == "ablate"
    assert [page.locator(place).bounding_box() for place in places] == before
    toggle.click()
    assert comes_to(page, torch_says(folder, ink, key, without(folder, key, unit)))
    assert toggle.get_attribute("aria-pressed") == "true"
    assert page.get_by_role("radio", name="ablate").get_attribute("aria-checked") == "true"
    for place in ("[data-tour=ablate]", "[data-tour=answer]", ".chosen-line", ".column-said"):
        assert is_in_window(page, place)
    toggle.press("Enter")
    assert comes_to(page, torch_says(folder, ink, key))


def test_who_cannot_see_the_bars_is_told_the_answer_to_the_edit(opened, folder):
    page = live(opened(f"#/draw?layer={HIDDEN}"))
    draw(page, SEVEN)
    ink = drawing(page)
    page.locator(".feature").first.click()
    unit = int(re.search(r"unit=(\d+)", page.url).group(1))
    for words, edit in (("is ablated", without(folder, HIDDEN, unit)), ("is let go", None)):
        expected = torch_says(folder, ink, HIDDEN, edit) if edit else torch_says(folder, ink, HIDDEN)
        page.keyboard.press("a")
        most = int(np.argmax(expected))
        told = f"feature {unit} {words}. Answer: {most} ({expected[most]:.0f} %)."
        page.wait_for_function(
            """told => [...document.querySelectorAll('[role=status]')]
                .some((one) => one.textContent.replaceAll('\u00a0', ' ') === told)""",
            arg=told,
        )


def test_on_a_phone_the_button_under_the_answer_stays_on_the_screen(opened, folder):
    page = live(opened(f"#/draw?layer={HIDDEN}", width=390))
    page.set_viewport_size({"width": 390, "height": 844})
    draw(page, SEVEN)
    ink = drawing(page)
    page.locator(".feature").first.click()
    unit = int(re.search(r"unit=(\d+)", page.url).group(1))
    toggle = page.get_by_role("button", name=f"ablate feature {unit}")  # one alone
    assert is_in_window(page, ".chosen-line")
    page.locator("[data-tour=answer]").scroll_into_view_if_needed()
    toggle.click()
    expected = torch_says(folder, ink, HIDDEN, without(folder, HIDDEN, unit))
    assert comes_to(page, expected)
    assert is_in_window(page, ".probabilities")
    assert is_in_window(page, "[data-tour=ablate]")
    assert f"answer {int(np.argmax(expected))} (" in page.locator(".chosen-line").inner_text()
    page.get_by_role("button", name="more: clamp, steer").click()
    assert page.get_by_role("radio", name="ablate").evaluate("element => element === document.activeElement")


def test_the_button_of_a_chosen_neuron_ablates_it(opened, folder, data):
    page = live(opened(f"#/draw?layer={HIDDEN}"))
    draw(page, SEVEN)
    ink = drawing(page)
    effects = answer(data, Question(1, HIDDEN, "TopKSAE-k4", ink, True, (), True)).neuron_effects
    neuron = int(np.abs(effects).max(axis=1).argmax())
    page.get_by_role("button", name=f"Neuron {neuron}", exact=True).click()
    page.get_by_role("button", name=f"ablate neuron {neuron}").click()
    expected = torch_says(folder, ink, HIDDEN, lambda x: np.where(np.arange(16) == neuron, 0, x))
    assert comes_to(page, expected)
    shown_frame(page)
    assert re.search(rf"Neuron {neuron}: 0 \(was \d", page.locator(".readout").inner_text())
    assert re.search(r"gave [+\u2212][\d.]+ for \d, now 0", page.locator(".readout").inner_text())


_INK = """() => {
    const lines = document.querySelector("canvas.edges");
    const stage = lines.getBoundingClientRect();
    const row = document.querySelector(".feature").getBoundingClientRect();
    const [x, y] = [row.right - stage.left + 8, row.top - stage.top];
    const { data } = lines.getContext("2d").getImageData(x, y, 8, row.height);
    return data.reduce((sum, value, i) => sum + (i % 4 === 3 ? value : 0), 0);
}"""


def test_after_an_edit_words_and_lines_are_of_what_is_left(opened, data):
    page = live(opened(f"#/draw?layer={HIDDEN}"))
    draw(page, SEVEN)
    ink = drawing(page)
    shown_frame(page)
    before = page.evaluate(_INK)
    page.locator(".feature").first.click()
    first = int(re.search(r"unit=(\d+)", page.url).group(1))
    page.keyboard.press("a")
    row = page.locator(".features-list > li").first
    row.get_by_text("now 0").wait_for()
    shown_frame(page)
    assert re.fullmatch(r"gave [+\u2212][\d.]+ for \d, now 0", row.locator(".effect").inner_text())
    assert row.locator(".value").inner_text() == "0"
    assert page.evaluate(_INK) < 0.5 * before
    edits = (Edit("features", first, "ablate"),)
    expected = answer(data, Question(1, HIDDEN, "TopKSAE-k4", ink, True, edits, True))
    said = page.locator(".features-list .effect").nth(1).inner_text()
    for value, label in re.findall(r"([+\u2212][\d.]+) for (\d)", said):
        left = expected.unit_effects_after[1, int(label)]
        assert float(value.replace("\u2212", "-")) == pytest.approx(left, rel=0.06)


def test_neurons_have_numbers(opened):
    page = live(opened(f"#/draw?layer={HIDDEN}"))
    numbers = page.locator(".neuron-number")
    assert numbers.all_inner_texts() == [str(neuron) for neuron in range(16)]
    assert all(number.is_visible() for number in numbers.all())
    page.get_by_role("radio", name="fc1").click()
    page.locator(".neurons-grid.many").wait_for()
    assert numbers.nth(40).text_content() == "40"
    assert not numbers.nth(40).is_visible()
    page.locator(".neuron").nth(40).hover()
    assert numbers.nth(40).is_visible()
    assert "Neuron 40:" in page.locator(".readout").inner_text()


@pytest.mark.parametrize("key", [HIDDEN, CONV2, FC1])
def test_stage_fits_a_low_window_and_the_answer_has_room_for_the_tours_note(opened, key):
    page = live(opened(f"#/draw?layer={key}", width=1280))
    page.set_viewport_size({"width": 1280, "height": 720})
    page.reload()
    live(page)
    draw(page, SEVEN)
    assert is_in_window(page, ".stage")
    line = page.locator(".chosen-line").bounding_box()
    assert line["y"] + line["height"] + 170 <= 720


def test_a_feature_that_does_not_fire_says_so_and_is_in_the_column_once_it_is_clamped(opened, data):
    page = live(opened(f"#/draw?layer={FC1}"))
    draw(page, SEVEN)
    found = answer(data, Question(1, FC1, "TopKSAE-k4", drawing(page), True, (), True))
    unit = int(np.flatnonzero(found.strength == 0)[0])
    page.goto(f"{page.url}&unit={unit}")
    line = page.locator(".chosen-line", has_text=f"feature {unit}")
    line.get_by_text("does not fire").wait_for()
    page.get_by_role("radio", name="clamp").click()
    page.locator(".held .feature", has_text=f"feature {unit}").wait_for()
    assert page.get_by_role("button", name=f"ablate feature {unit}").count() == 1
    assert not line.get_by_text("does not fire").is_visible()


def test_an_empty_canvas_is_spoken_of(opened):
    page = live(opened(f"#/draw?layer={CONV2}"))
    page.get_by_text("An empty canvas has an answer, too").wait_for()
    assert "on an empty canvas" in page.locator(".readout").inner_text()
    draw(page, SEVEN)
    page.get_by_text("Bars: probability.").wait_for()


def test_clamping_a_neuron_by_slider_gives_what_torch_gives(opened, folder):
    page = live(opened(f"#/draw?layer={HIDDEN}&of=neurons&unit=3"))
    draw(page, SEVEN)
    ink = drawing(page)
    page.get_by_role("radio", name="clamp").click()
    slider = page.get_by_role("slider", name="Value")
    slider.focus()
    page.keyboard.press("End")
    value = float(slider.input_value())
    expected = torch_says(folder, ink, HIDDEN, lambda x: np.where(np.arange(16) == 3, np.float32(value), x))
    assert comes_to(page, expected)
    page.get_by_role("button", name="Let neuron 3 go").click()
    assert comes_to(page, torch_says(folder, ink))


def test_what_changed_between_two_drawings_is_ranked(opened):
    page = live(opened(f"#/draw?layer={FC1}"))
    page.get_by_label("Which digit to load").select_option("3")
    until(page, "location.hash.includes('d=')")
    page.keyboard.press("Tab")  # off the list, whose letters are its own
    page.get_by_role("button", name="Pin this drawing").click()
    page.get_by_label("Which digit to load").select_option("8")
    page.wait_for_selector(".changes li")
    assert "The margin of" in page.locator("section[aria-labelledby=changed-title]").text_content()
    assert page.locator(".changes.neurons li").count() == 8
    assert page.locator(".changes.features li").count() > 1
    card = page.locator("section[aria-labelledby=changed-title]")
    assert "The margin is how much higher the logit of" in card.inner_text()
    assert "edits" not in card.inner_text()


def test_what_changed_counts_the_units_that_are_held(opened, data):
    page = live(opened(f"#/draw?layer={FC1}"))
    draw(page, SEVEN)
    ink = drawing(page)
    page.get_by_role("button", name="Pin this drawing").click()
    page.locator(".feature").first.click()
    unit = int(re.search(r"unit=(\d+)", page.url).group(1))
    page.keyboard.press("a")
    card = page.locator(
        "section[aria-labelledby=changed-title]", has_text="as it is now counts with its edits"
    )
    card.wait_for()
    edits = (Edit("features", unit, "ablate"),)
    found = answer(data, Question(1, FC1, "TopKSAE-k4", ink, True, edits, True))
    top = int(np.argmax(found.logits))
    second = int(np.argmax(found.logits_after))
    if second == top:
        second = int(np.argsort(found.logits_after)[-2])
    moved = np.subtract(*(logits[second] - logits[top] for logits in (found.logits_after, found.logits)))
    said = card.locator("b").first.inner_text().replace("\u2212", "-")
    assert float(said) == pytest.approx(moved, rel=0.06, abs=0.01)
    first = card.locator(".changes.features li").first.inner_text().split()
    assert (first[0], float(first[-1].replace("\u2212", "-"))) == (str(unit), pytest.approx(moved, rel=0.06))


def test_tools_change_the_drawing_and_undo_brings_it_back(opened):
    page = live(opened("#/draw"))
    draw(page, SEVEN)
    first = drawing(page)
    for name in ("Make all strokes thicker", "Shift right", "Add noise"):
        before = page.url
        page.get_by_role("button", name=name).click()
        until(page, "before => location.href !== before", before)
    moved = drawing(page)
    assert (moved > 0).sum() > (first > 0).sum()
    for _ in range(3):
        page.get_by_role("button", name="Undo (").click()
    until(page, "before => location.href !== before", page.url)
    assert np.array_equal(drawing(page), first)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1024, "dark"), (1440, "light")])
@pytest.mark.parametrize("key", [HIDDEN, CONV2])
def test_nothing_overflows(opened, width, scheme, key):
    page = live(opened(f"#/draw?layer={key}", width, scheme))
    draw(page, SEVEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
