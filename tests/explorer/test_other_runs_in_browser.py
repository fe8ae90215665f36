"""A run of a colour network that is none of ours, in the browser: every page works, with its own images."""

import pytest

BODY, HIDDEN, SAE = "shape_net.body", "shape_net.hidden", "TopKSAE-k4"


def settled(page):
    """Once nothing is on its way any more."""
    page.wait_for_load_state("networkidle")
    page.wait_for_selector("h1")
    return page


@pytest.mark.parametrize("layer", [BODY, HIDDEN])
@pytest.mark.parametrize("name", ["units", "unit", "compare", "image", "atlas", "runs"])
def test_every_page_works_on_a_colour_run(opened_colour, name, layer):
    page = settled(opened_colour(f"#/{name}?layer={layer}&set={SAE}&unit=3&image=5"))
    assert page.locator(f".view-{name} h1").count() == 1
    assert page.locator('[role="alert"]:visible').count() == 0
    assert page.get_by_role("link", name="Draw", exact=True).count() == 0


def test_draw_goes_elsewhere_where_nothing_can_be_drawn(opened_colour):
    page = settled(opened_colour("#/draw"))
    assert page.locator("canvas.board").count() == 0
    assert "#/units" in page.url


def test_unit_page_says_why_no_effect_is_shown(opened_colour):
    page = settled(opened_colour(f"#/unit?layer={HIDDEN}&set={SAE}&unit=3"))
    sentence = page.get_by_text("The network shape_net cannot be built again from this run")
    sentence.first.wait_for()
    assert "green disc" in page.locator("main").text_content()


def test_image_page_says_why_the_network_says_nothing(opened_colour):
    page = settled(opened_colour(f"#/image?layer={BODY}&set={SAE}&image=5"))
    text = page.locator("main").text_content()
    assert "It is a green disc" in text
    assert "cannot be built again from this run" in text
    assert "of 120: the 120 images of shapes" in text


def test_control_that_reads_pixels_is_shown_with_a_sentence(opened_colour):
    page = settled(opened_colour(f"#/unit?layer={HIDDEN}&set=pixels-k4&unit=1"))
    page.get_by_text("reads the pixels, not the layer").first.wait_for()


def test_run_page_says_which_control_is_not_shown(opened_colour):
    page = settled(opened_colour("#/runs"))
    assert "shape_net cannot be built again, untrained" in page.locator("main").text_content()
