"""Drawing in a browser: what the page shows is what torch says of the very drawing on its canvas."""

import re

import numpy as np
import pytest

from references.drawing_in_browser import HIDDEN, SEVEN, comes_to, draw, drawing, live, torch_says, until
from sememe import dictionaries

FC1 = "digit_cnn.fc1"


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


@pytest.mark.parametrize("key", [HIDDEN, FC1, "digit_cnn.conv2"])
def test_ablating_a_feature_moves_the_bars_to_what_torch_gives(opened, folder, key):
    page = live(opened(f"#/draw?layer={key}"))
    draw(page, SEVEN)
    ink = drawing(page)
    page.locator(".feature").first.click()
    unit = int(re.search(r"unit=(\d+)", page.url).group(1))
    page.keyboard.press("a")
    dictionary = dictionaries.load(folder / "dictionaries" / key / "TopKSAE-k4")

    def ablated(x):
        codes = dictionary.transform(x)
        return x - codes[:, [unit]] @ dictionary.components_[[unit]]

    assert comes_to(page, torch_says(folder, ink, key, ablated))
    until(page, "document.querySelectorAll('.probabilities .ghost:not([hidden])').length === 10")
    assert page.get_by_role("radio", name="ablate").get_attribute("aria-checked") == "true"
    page.keyboard.press("a")
    assert comes_to(page, torch_says(folder, ink, key))


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


def test_a_link_carries_the_drawing_the_layer_and_the_unit(opened, folder):
    page = live(opened(f"#/draw?layer={FC1}"))
    draw(page, SEVEN)
    page.locator(".feature").first.click()
    ink = drawing(page)
    other = live(opened(page.url[page.url.index("#") :]))
    assert np.array_equal(drawing(other), ink)
    assert comes_to(other, torch_says(folder, ink, FC1))
    assert other.locator(".feature[aria-pressed=true]").count() == 1


def test_a_link_carries_the_units_that_are_held(opened, folder):
    page = live(opened(f"#/draw?layer={HIDDEN}&of=neurons&unit=3"))
    draw(page, SEVEN)
    ink = drawing(page)
    page.keyboard.press("a")
    until(page, "location.hash.includes('hold=n3a') && location.hash.includes('d=')")
    other = live(opened(page.url[page.url.index("#") :]))
    assert comes_to(other, torch_says(folder, ink, HIDDEN, lambda x: np.where(np.arange(16) == 3, 0, x)))
    assert other.get_by_role("button", name="Let neuron 3 go").is_visible()
    assert re.search(r"Now 0 \(was \d", other.locator(".edit-card").inner_text())
    other.get_by_role("radio", name="fc1").click()
    until(other, "!location.hash.includes('hold=')")


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("#/draw?hold=n3a,f99999a", "holds units in a way that cannot be read"),
        ("#/draw?d=nonsense!!", "holds no drawing that can be read"),
        ("#/draw?layer=digit_mlp.nowhere", "no layer digit_mlp.nowhere"),
        (f"#/draw?layer={HIDDEN}&set=%3Cscript%3Ealert(1)%3C/script%3E", "has no <script>alert(1)</script>"),
    ],
)
def test_a_link_that_cannot_be_followed_says_so(opened, link, sentence):
    page = opened(link)
    page.wait_for_selector("[role=alert]:visible")
    assert sentence in page.locator("[role=alert]:visible").first.text_content()


def test_a_page_that_does_not_exist_offers_those_that_do(opened):
    page = opened("#/nowhere?unit=-1e9&layer=%00")
    assert "There is no page of that name" in page.get_by_role("alert").text_content()
    page.get_by_role("link", name="Draw").last.click()
    live(page)


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
    assert "without the edits" not in page.locator("section[aria-labelledby=changed-title]").inner_text()
    page.get_by_role("button", name="Neuron 3", exact=True).click()
    page.keyboard.press("a")
    page.locator("section[aria-labelledby=changed-title]", has_text="Both without the edits").wait_for()


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
@pytest.mark.parametrize("key", [HIDDEN, "digit_cnn.conv2"])
def test_nothing_overflows(opened, width, scheme, key):
    page = live(opened(f"#/draw?layer={key}", width, scheme))
    draw(page, SEVEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
