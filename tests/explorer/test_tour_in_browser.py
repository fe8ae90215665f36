"""The tour, walked as a newcomer walks it."""

import pytest

from references.asked import ask
from references.drawing_in_browser import until
from references.explorer_pages import settled

UNIT = "digit_mlp.hidden1"
STEPS = [
    ("draw", ["canvas", "clear", "neurons", "answer"]),
    ("unit", ["by-class"]),
    ("unit", ["by-class"]),
    ("draw", ["ablate", "answer"]),
    ("compare", ["verdict"]),
]
"""The page of each step, and what it speaks of there."""


def note(page):
    found = page.locator(".tour-note")
    found.wait_for()
    return found


def framed(page, *names):
    """Waits until what a step speaks of is there and has its frame."""
    page.wait_for_function(
        """names => names.every((name) => [...document.querySelectorAll(`main [data-tour=${name}]`)]
            .some((part) => part.checkVisibility() && getComputedStyle(part).outlineStyle === 'dashed'))""",
        arg=names,
    )


def test_tour_leads_from_neurons_to_the_comparison_and_ends(opened_finished):
    page = settled(opened_finished("#/tour"))
    page.locator(".tour .go").click()
    for step, (name, targets) in enumerate(STEPS, start=1):
        page.wait_for_function(
            "words => document.querySelector('.tour-note h2')?.textContent.startsWith(words)",
            arg=f"Tour {step} of 5",
        )
        settled(page)
        assert f"#/{name}?" in page.url
        framed(page, *targets)
        box = note(page).bounding_box()
        assert box["y"] + box["height"] <= page.locator("main").bounding_box()["y"]
        page.locator(".tour-note .go").click()
    page.locator(".tour-note").wait_for(state="detached")
    assert not page.evaluate("'tourLook' in document.body.dataset")
    assert page.locator("h1").inner_text() == "That was the tour"
    page.get_by_role("link", name="Draw what you like").click()
    page.wait_for_selector(".view-draw")
    assert "tour=" not in page.url
    page.go_back()
    page.wait_for_selector(".view-tour")
    assert "tour=" not in page.get_by_role("link", name="Tour", exact=True).get_attribute("href")


def test_tours_step_is_in_the_address_and_goes_along(opened_finished):
    page = settled(opened_finished("#/tour"))
    page.locator(".tour-steps a").nth(1).click()
    assert "Tour 2 of 5" in note(page).inner_text()
    page.reload()
    assert "Tour 2 of 5" in note(page).inner_text()
    page.get_by_role("link", name="Atlas", exact=True).click()
    page.locator(".tour-note").get_by_role("link", name="Back to its page").click()
    settled(page)
    assert "#/unit" in page.url
    framed(page, "by-class")


def test_ablation_on_the_tour_moves_the_bar_to_what_it_says(opened_finished, finished):
    feature = ask(finished, "tour").feature
    page = settled(opened_finished("#/tour"))
    page.locator(".tour-steps a").nth(3).click()
    said = note(page).locator(".tour-seen").inner_text()
    page.locator("main [data-tour=ablate]").first.click()
    bar = page.locator(".probabilities li").nth(feature.of_class).locator(".value")
    page.wait_for_function(
        """([at, said]) => {
            const values = document.querySelectorAll('.probabilities li .value');
            return said.includes(`to ${values[at].textContent}`);
        }""",
        arg=[feature.of_class, said],
    )
    assert f"{100 * feature.after:.0f}" in bar.inner_text()


def test_who_goes_on_by_keyboard_reads_on_in_the_note(opened_finished):
    page = settled(opened_finished("#/tour"))
    page.locator(".tour-steps a").first.click()
    note(page)
    for step in (2, 3, 4):
        page.locator(".tour-note .go").press("Enter")
        page.wait_for_function(
            """step => {
                const told = [...document.querySelectorAll('[role=status]')].map((one) => one.textContent);
                return document.activeElement.dataset.step === String(step)
                    && told.some((text) => text.startsWith(`Tour, step ${step}`));
            }""",
            arg=step,
        )
        settled(page)
        assert page.evaluate("document.activeElement.className") == "tour-note"


def test_image_that_was_drawn_over_can_be_had_again(opened_finished):
    page = settled(opened_finished("#/tour"))
    page.locator(".tour-steps a").nth(3).click()
    note(page)
    page.locator("main [data-tour=ablate]").first.click()
    page.get_by_role("button", name="Clear").click()
    again = page.locator(".tour-note").get_by_role("link", name="The image again")
    again.click()
    again.wait_for(state="detached")
    until(page, "!location.hash.includes('hold=')")
    assert page.locator("main [data-tour=ablate]").first.get_attribute("aria-pressed") == "false"


def test_last_step_says_how_the_features_did_against_the_neurons(opened_finished, finished):
    layer = ask(finished, "tour").layer
    tally = next(one for one in ask(finished, "compare", layer=layer).tally if one.kind == "neurons")
    page = settled(opened_finished("#/tour"))
    page.locator(".tour-steps a").nth(4).click()
    said = note(page).locator(".tour-seen").inner_text()
    assert ("worse against the neurons" in said) == (tally.won > tally.lost)
    plainly = page.locator("main [data-tour=verdict] .lead").inner_text()
    assert f"better than the neurons in {tally.won} and worse in {tally.lost}; in {tally.open}" in plainly


@pytest.mark.parametrize("step", range(1, 6))
def test_what_is_to_be_done_stays_in_reach_on_a_phone(opened_finished, step):
    page = settled(opened_finished("#/tour", width=390))
    page.locator(".tour-steps a").nth(step - 1).click()
    framed(page, *STEPS[step - 1][1])
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    foot = page.locator(".tour-do").bounding_box()
    assert foot["height"] < 170
    assert page.locator(".tour-do").evaluate("foot => foot.scrollWidth <= foot.clientWidth")
    unseen = page.locator(", ".join(f"main [data-tour={target}]" for target in STEPS[step - 1][1])).all()
    for _ in range(len(unseen) + 1):
        boxes = [(part, part.bounding_box()) for part in unseen]
        unseen = [part for part, box in boxes if box["y"] > foot["y"] - 40 or box["y"] + box["height"] < 90]
        note(page).get_by_role("button", name="Show me").click()
    assert not unseen
    page.wait_for_function(
        """top => {
            scrollTo(0, document.body.scrollHeight);
            return document.querySelector('main > .view').getBoundingClientRect().bottom <= top;
        }""",
        arg=foot["y"],
    )


def test_tour_of_images_that_cannot_be_drawn_leads_to_a_units_page_instead(opened_colour):
    page = settled(opened_colour("#/tour"))
    page.locator(".tour-steps a").nth(3).click()
    assert "What happens without it" in note(page).inner_text()
    assert "#/unit" in page.url


def test_title_of_the_window_names_the_unit(opened_finished):
    page = settled(opened_finished(f"#/unit?layer={UNIT}&set=Neurons-k16&unit=3"))
    assert page.title().startswith("neuron 3 of hidden1")
    page.get_by_role("link", name="Next unit (j)").click()
    until(page, "document.title.startsWith('neuron 4 of hidden1')")
