"""The tour, walked as a newcomer walks it."""

from references.asked import ask
from references.explorer_pages import settled


def test_tour_leads_from_neurons_to_the_comparison_and_goes_along(opened_finished):
    page = settled(opened_finished("#/tour"))
    for step in range(1, 6):
        page.locator(".tour-step .go").click()
        page.locator(".tour-note").wait_for()
        settled(page)
        assert f"Tour {step} of 5" in page.locator(".tour-note").inner_text()
        bottom = page.locator(".tour-note").bounding_box()
        assert bottom["y"] + bottom["height"] <= page.locator("main").bounding_box()["y"]
        page.locator(".tour-note .go").click()
        if step < 5:
            page.locator(".tour-step").wait_for()
    page.locator(".tour-note").wait_for(state="detached")
    assert "tour=" not in page.url


def test_tours_step_is_in_the_address_and_stays_when_the_page_is_loaded_again(opened_finished):
    page = settled(opened_finished("#/tour?tour=2"))
    page.locator(".tour-step .go").click()
    page.locator(".tour-note").wait_for()
    page.reload()
    assert "Tour 2 of 5" in page.locator(".tour-note").inner_text()
    page.get_by_role("link", name="Tour", exact=True).click()
    assert page.locator(".tour-step h2").inner_text() == "Find a neuron that fires for 3 and for 7"


def test_neuron_that_is_pinned_on_the_tour_stands_beside_the_feature_and_is_split(
    opened_finished,
):
    page = settled(opened_finished("#/unit?tour=2&layer=digit_mlp.hidden1&set=Neurons-k16&unit=9"))
    page.get_by_role("button", name="Pin", exact=True).click()
    page.locator(".tour-note .go").click()
    page.locator(".tour-step .go").click()
    settled(page)
    assert page.locator(".unit-page h2", has_text="neuron 9").is_visible()
    page.goto(page.url.replace("#/unit", "#/tour").replace("tour=3", "tour=5"))
    page.locator(".tour-step .go").click()
    settled(page)
    assert page.get_by_label("Neuron", exact=True).input_value() == "9"


def test_ablation_on_the_tour_moves_the_bars_as_it_says(opened_finished, finished):
    feature = ask(finished, "tour").feature
    page = settled(opened_finished("#/tour?tour=4"))
    page.locator(".tour-step .go").click()
    page.locator(".tour-note").wait_for()
    chosen = page.locator(".edit-card")
    chosen.get_by_text(f"feature {feature.unit}").first.wait_for()
    bar = page.locator(".probabilities li").nth(feature.of_class).locator(".value")
    before = bar.inner_text()
    chosen.get_by_role("radio", name="ablate").click()
    page.wait_for_function(
        "([at, before]) => document.querySelectorAll('.probabilities li .value')[at].textContent !== before",
        arg=[feature.of_class, before],
    )


def test_note_of_the_tour_is_one_line_on_a_phone(opened_finished):
    page = settled(opened_finished("#/units?tour=2", width=390))
    note = page.locator(".tour-note")
    note.wait_for()
    assert note.bounding_box()["height"] < 60
    note.locator("summary").first.click()
    assert note.get_by_text("Press \u201cPin\u201d").is_visible()


def test_tour_of_images_that_cannot_be_drawn_leads_to_a_units_page_instead(opened_colour):
    page = settled(opened_colour("#/tour?tour=4"))
    page.locator(".tour-step .go").click()
    page.locator(".tour-note").wait_for()
    assert "#/unit" in page.url
    assert "What happens without it" in page.locator(".tour-note").inner_text()
