"""Links to the drawing: what they carry, and what is said of one that cannot be followed."""

import re

import numpy as np
import pytest

from references.drawing_in_browser import HIDDEN, SEVEN, comes_to, draw, drawing, live, torch_says, until

FC1 = "digit_cnn.fc1"


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
    assert re.search(r"Now 0 \(was [\u2248\d]", other.locator(".edit-card").inner_text())
    other.get_by_role("radio", name="fc1").click()
    until(other, "!location.hash.includes('hold=')")


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ("set=Neurons-k16&unit=3", "neuron 3"),
        ("set=Neurons-k16&unit=3&of=features", "feature 3"),
        ("set=TopKSAE-k4&unit=3", "feature 3"),
        ("set=TopKSAE-k4&unit=3&of=neurons", "neuron 3"),
        ("set=TopKSAE-k4&unit=3&of=nothing", "feature 3"),
        ("set=Untrained-k4&unit=3", None),
    ],
)
def test_the_unit_that_one_comes_from_is_the_one_that_is_chosen(opened, query, chosen):
    page = live(opened(f"#/draw?layer={HIDDEN}&{query}"))
    line = page.locator(".chosen-line")
    assert line.locator(".kind").all_inner_texts() == ([] if chosen is None else [chosen])


def test_the_neuron_that_is_chosen_is_the_one_whose_page_opens(opened):
    page = live(opened(f"#/draw?layer={HIDDEN}&of=neurons&unit=3"))
    page.get_by_role("link", name="Unit", exact=True).click()
    page.locator(".unit-title h2", has_text="neuron 3").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("d")
    until(page, "document.querySelector('.chosen-line .kind')?.innerText === 'neuron 3'")


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("#/draw?hold=n3a,f99999a", "holds units in a way that cannot be read"),
        ("#/draw?hold=n3c1e400", "holds units in a way that cannot be read"),
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
