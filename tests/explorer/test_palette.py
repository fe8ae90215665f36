"""Colours: readable in both themes, and told apart without red and green."""

import itertools

import pytest

from sememe.explorer.palette import palette

THEMES = ("light", "dark")
# Linear light as seen by people without red or without green receptors (Viénot, Brettel and Mollon 1999).
BLIND = {
    "protan": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deutan": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}


def linear(colour: str) -> list[float]:
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]


def contrast(a: str, b: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    light, dark = sorted(
        (sum(w * s for w, s in zip((0.2126, 0.7152, 0.0722), linear(c), strict=True)) for c in (a, b)),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("text", ["ink", "muted", "neuron", "feature", "control"])
@pytest.mark.parametrize("ground", ["paper", "surface", "sunken"])
def test_text_has_the_contrast_that_wcag_aa_asks_for(theme, text, ground):
    colours = palette(theme)
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["paper", "surface"])
def test_borders_of_controls_have_the_contrast_that_wcag_aa_asks_for(theme, ground):
    colours = palette(theme)
    assert contrast(colours["line-strong"], colours[ground]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("blindness", BLIND)
def test_accents_stay_apart_for_the_colour_blind(theme, blindness):
    def seen(name: str) -> list[float]:
        light = linear(palette(theme)[name])
        return [sum(w * s for w, s in zip(row, light, strict=True)) for row in BLIND[blindness]]

    neuron, feature = seen("neuron"), seen("feature")
    assert max(abs(a - b) for a, b in zip(neuron, feature, strict=True)) > 0.2


def test_themes_name_the_same_colours_and_no_two_roles_share_one():
    assert palette("light").keys() == palette("dark").keys()
    assert all(a != b for a, b in itertools.combinations(palette("light").values(), 2))
