"""The pages in a browser: what a reader does on them by mouse and keyboard, and with a screen reader."""

import pytest

from references.asked import ask
from references.explorer_pages import LINKS, MLP, SAE, settled

# --- unit


def test_link_opens_a_unit_with_its_strongest_images(opened_finished, finished):
    page = settled(opened_finished(LINKS["unit"]))
    assert page.get_by_role("heading", name="feature 3").is_visible()
    code = finished.layer(MLP).codes(SAE).toarray()[:, 3]
    shown = page.locator(".gallery a").first.get_attribute("href")
    assert f"image={int(code.argmax())}" in shown
    assert page.title().startswith("feature 3 of hidden1")


def test_unit_that_is_not_there_is_said_in_a_sentence(opened_finished):
    page = opened_finished(f"#/unit?layer={MLP}&set={SAE}&unit=99")
    assert "there is no unit 99" in page.get_by_role("alert").inner_text()


def test_brushing_the_histogram_fills_the_gallery_from_that_range(opened_finished):
    page = settled(opened_finished(f"#/unit?layer={MLP}&set=Neurons-k16&unit=2"))
    box = page.locator("svg.histogram").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 60, steps=4)
    page.mouse.up()
    page.get_by_text("drawn at random.").wait_for()
    low, high = (
        float(page.get_by_label(label).input_value()) for label in ("from activation", "to activation")
    )
    shown = page.eval_on_selector_all(
        ".gallery a", "links => links.map(a => Number(a.ariaLabel.split(' ').at(-1).replace('\u2212', '-')))"
    )
    assert shown
    assert all(low - 0.01 <= strength <= high + 0.01 for strength in shown)


def test_two_units_stand_side_by_side_when_one_is_pinned(opened_finished):
    page = settled(opened_finished(LINKS["unit"]))
    page.keyboard.press("p")
    page.keyboard.press("j")
    page.wait_for_selector(".unit-pair")
    settled(page)
    heads = page.locator(".unit-head h2").all_inner_texts()
    assert [head.split()[-1] for head in heads] == ["4", "3"]


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_of_two_units_every_card_and_the_bars_by_class_say_whose_they_are(opened_finished, width):
    page = settled(opened_finished(LINKS["pinned"], width=width))
    bars = page.locator("[data-tour=by-class]")
    assert [text[:2] for text in bars.locator("p").all_inner_texts()] == ["A:", "B:"]
    assert page.locator(".unit-letter").all_inner_texts() == ["A", "B"]
    letters = page.eval_on_selector_all(
        ".unit-pair .card > h2.card-title",
        """titles => titles.map(title => [
            title.closest('.unit-page') === document.querySelector('.unit-page'),
            getComputedStyle(title, '::before').content])""",
    )
    assert {(first, letter) for first, letter in letters} == {(True, '"A: "'), (False, '"B: "')}
    boxes = [bars.nth(n).bounding_box() for n in range(2)]
    if width >= 1024:
        assert boxes[0]["y"] == boxes[1]["y"], "the bars of both are not on one line"


def test_bars_by_class_say_their_shares(opened_finished, finished):
    page = settled(opened_finished(LINKS["unit"]))
    shares = ask(finished, "unit", layer=MLP, set=SAE, unit=3).profile
    said = page.locator("[data-tour=by-class] .class-bars i").all_text_contents()
    assert said == [f"{100 * share:.0f}\u00a0%" for share in shares if share >= 0.005]
    alone = page.locator("[data-tour=by-class] p").inner_text()
    assert alone == "How much of its activation goes to images of each class"


def test_heads_of_two_units_are_in_the_first_screen_below_a_note_of_the_tour(opened_finished):
    page = settled(opened_finished(LINKS["pinned"], width=1280))
    room = page.evaluate("720 - 170 - document.querySelector('header.bar').getBoundingClientRect().height")
    heads = page.eval_on_selector_all(
        ".unit-head",
        "(heads) => heads.map(head => head.getBoundingClientRect().bottom"
        " - document.querySelector('main').getBoundingClientRect().top)",
    )
    assert len(heads) == 2
    assert max(heads) <= room


def test_where_less_is_better_the_units_scores_say_so(opened_finished):
    page = settled(opened_finished(LINKS["unit"]))
    rows = page.locator(".unit-scores tbody tr:not(.group)").all_text_contents()
    said = [text for text in rows if "lower is better" in text]
    assert said
    assert said == [text for text in rows if text.startswith("Polysemanticity")]


def test_layer_without_measures_says_what_is_missing(opened_finished):
    page = settled(opened_finished(f"#/unit?layer=digit_cnn.fc1&set={SAE}&unit=0"))
    assert (
        page.get_by_text("has not been measured yet").first.is_visible()
        or page.get_by_text("it is dead").is_visible()
    )
    page = settled(opened_finished("#/compare?layer=digit_cnn.fc1"))
    assert page.get_by_text("has not been measured yet").is_visible()


def test_cards_of_two_units_alternate_on_a_phone(opened_finished):
    page = settled(
        opened_finished(f"#/unit?layer={MLP}&set=Neurons-k16&unit=2&pin={MLP}/Neurons-k16/3", width=390)
    )
    found = page.eval_on_selector_all(
        ".unit-pair .card > h2.card-title",
        """titles => titles.map(title => [title.getBoundingClientRect().top,
          title.closest('.unit-page') === document.querySelector('.unit-page') ? 'A' : 'B',
          title.textContent]).sort((a, b) => a[0] - b[0])""",
    )
    assert len(found) == 16
    for (_, first, title), (_, second, same) in zip(found[::2], found[1::2], strict=True):
        assert (first, second) == ("A", "B")
        assert title == same


def test_a_unit_that_is_no_number_is_not_taken_for_the_first(opened_finished):
    page = settled(opened_finished(f"#/unit?layer={MLP}&set={SAE}&unit=abc"))
    assert "abc is no number of a unit" in page.get_by_role("alert").inner_text()
    assert "unit=abc" in page.url


# --- image, atlas, run


def test_image_lists_its_units_by_what_they_contribute(opened_finished):
    page = settled(opened_finished("#/image?layer=digit_cnn.fc1&set=Neurons-k128&image=5"))
    values = page.eval_on_selector_all(
        ".signed-value",
        "cells => cells.map(cell => Math.abs(Number(cell.textContent.replace('\u2212', '-'))))",
    )
    assert values == sorted(values, reverse=True)
    page.keyboard.press("j")
    page.wait_for_function("() => location.hash.includes('image=6')")


def test_lasso_on_the_atlas_leads_to_the_table(opened_finished):
    page = settled(opened_finished(LINKS["atlas"]))
    box = page.locator(".atlas-canvas").bounding_box()
    corners = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.02)]
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=3)
    page.mouse.up()
    page.get_by_text("40 chosen").wait_for()
    page.get_by_role("link", name="Open in the table").click()
    settled(page)
    assert "ids=0-39" in page.url


def test_atlas_is_walked_by_keyboard(opened_finished):
    page = settled(opened_finished(LINKS["atlas"]))
    page.locator(".atlas-canvas").focus()
    before = page.locator(".atlas-place [role=status]").inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.locator(".atlas-place [role=status]").inner_text() != before
    page.keyboard.press(" ")
    page.get_by_text("1 chosen").wait_for()


def test_run_shows_its_command_and_its_health(opened_finished):
    page = settled(opened_finished(LINKS["runs"]))
    assert page.get_by_text("sememe run mnist").is_visible()
    assert page.get_by_role("table", name="Health of the unit sets").locator("tbody tr").count() == 6
