"""Cards of measures that score one unit by what fires it: one that scores high above one that scores low."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gallery.card import HIGH, INK, LOW, MARK, RULE, SOFT, Card
from gallery.subjects import Subjects
from sememe import measures

WIDTH, ROW, TILE, ACROSS = 720.0, 138.0, 44.0, 7
TILES, CHART = 168.0, 512.0
DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Picture:
    """A card, and its words: what one would hear who cannot see it, and what stands below it."""

    card: Card
    alt: str
    caption: str


Chart = Callable[[Card, float, int, str], None]
"""Draws what is special to a measure at the right of a row: card, top of the row, unit, colour."""


def spread(codes: np.ndarray, count: int) -> np.ndarray:
    """Images that fire a unit, evenly from the strongest to the weakest; a sigmoid's weakest are nearly 0."""
    order = np.argsort(-np.abs(codes), kind="stable")[: int((codes != 0).sum())]
    return order[np.linspace(0, order.size - 1, count).round().astype(int)]


def strongest(codes: np.ndarray, count: int) -> np.ndarray:
    """The images that fire a unit most."""
    return np.argsort(-codes, kind="stable")[:count]


def rows(
    subjects: Subjects,
    scores: np.ndarray,
    chart: Chart,
    foot: tuple[str, str],
    *,
    pick: Callable[[np.ndarray, int], np.ndarray] = spread,
    good: bool = True,
    marked: Callable[[int], np.ndarray] | None = None,
    form: str = "{:.2f}",
) -> tuple[Card, tuple[int, int]]:
    """Two units, the higher score above; ``foot`` says what the images and the chart are."""
    card, ends = Card(WIDTH, 2 * ROW + 26), subjects.ends(scores)
    colours = (HIGH, LOW) if good else (LOW, HIGH)
    for number, (unit, colour, word) in enumerate(zip(ends, colours, ("high", "low"), strict=True)):
        top = number * ROW + 14
        head(card, top, form.format(scores[unit]), word, subjects.names[unit], colour)
        for place, image in enumerate(pick(subjects.codes[:, unit], 2 * ACROSS)):
            at = (TILES + (place % ACROSS) * (TILE + 3), top + (place // ACROSS) * (TILE + 6))
            frame = None if marked is None else (MARK if marked(unit)[image] else None)
            card.picture(at, TILE, subjects.shown.pixels[image], frame=frame or RULE)
        chart(card, top, unit, colour)
    card.line([(16, ROW + 2), (WIDTH - 16, ROW + 2)])
    card.text((TILES, 2 * ROW + 4), foot[0], 10.5, SOFT)
    card.text((CHART, 2 * ROW + 4), foot[1], 10.5, SOFT)
    return card, ends


def head(card: Card, top: float, score: str, word: str, name: str, colour: str) -> None:
    """The score, large, and whose it is."""
    card.text((16, top - 2), score, 30, colour)
    card.text((16, top + 36), word, 11, SOFT)
    first, _, rest = name.partition(" of ")
    card.text((16, top + 56), first, 12, INK)
    for line, words in enumerate(rest.split(" of ")):
        card.text((16, top + 72 + 15 * line), f"of {words}", 12, INK)


def by_class(values: Callable[[int], np.ndarray]) -> Chart:
    """Ten bars, the greatest coloured."""

    def draw(card: Card, top: float, unit: int, colour: str) -> None:
        bars = values(unit)
        card.bars((CHART, top), (192, 80), bars, DIGITS, colour=colour, strong=[int(bars.argmax())])

    return draw


def class_pictures(subjects: Subjects) -> dict[str, Picture]:
    """The five measures of selectivity for labels."""
    codes, labels = subjects.codes, subjects.labels
    inside = labels[:, None] == np.arange(10)

    def mass(unit: int) -> np.ndarray:
        return np.abs(codes[:, unit]) @ inside

    def firings(unit: int) -> np.ndarray:
        return (codes[:, unit] != 0).astype(float) @ inside

    def mean(unit: int) -> np.ndarray:
        return mass(unit) / inside.sum(axis=0)

    shown = "images that fire the unit, from the strongest to the weakest"
    told = {
        "class_information": (mass, "activation by digit", "its activation lies on one digit"),
        "class_selectivity": (mean, "mean activation by digit", "one digit stands far above the others"),
        "dominant_mass": (mass, "activation by digit", "all of its activation lies on one digit"),
        "dominant_firing": (firings, "firings by digit", "it fires on one digit and on no other"),
    }
    found = {}
    for name, (values, right, why) in told.items():
        scores = measures.registry()[name].function(codes, labels, 10)
        card, (high, low) = rows(subjects, scores, by_class(values), (shown, right))
        best = int(values(high).argmax())
        found[name] = two_units(
            subjects, scores, card, (high, low), f"{why} ({best})", "all ten digits share it"
        )
    scores = measures.concept_separability(codes, labels, 10)
    card, ends = rows(subjects, scores, _distributions(subjects), (shown, "activations in each digit"))
    found["concept_separability"] = two_units(
        subjects,
        scores,
        card,
        ends,
        "its activations differ from digit to digit (each line is a digit, from silent at the left to "
        "strongest at the right)",
        "they look alike in all of them",
    )
    return found


def _distributions(subjects: Subjects) -> Chart:
    """Ten rows of grey levels: how the activations of a unit are spread in each digit."""

    def draw(card: Card, top: float, unit: int, colour: str) -> None:
        codes = subjects.codes[:, unit]
        edges = np.linspace(codes[codes != 0].min(), codes.max(), 11)
        shares = np.zeros((10, 11))
        for digit in range(10):
            own = codes[subjects.labels == digit]
            shares[digit, 0] = (own == 0).sum()
            shares[digit, 1:] = np.histogram(own[own != 0], edges)[0]
        card.heat((CHART + 14, top - 6), 10.2, shares / shares.sum(axis=1, keepdims=True), colour, 0.6)
        for digit in range(10):
            card.text((CHART + 4, top - 1 + 10.2 * digit), DIGITS[digit], 9, SOFT, "mm")

    return draw


def two_units(
    subjects: Subjects,
    scores: np.ndarray,
    card: Card,
    ends: tuple[int, int],
    why_high: str,
    why_low: str,
    form: str = "{:.2f}",
) -> Picture:
    """The words of two units, in one pattern."""
    high, low = ends
    first = f"{subjects.names[high]} scores {form.format(scores[high])}"
    second = f"{subjects.names[low]} {form.format(scores[low])}"
    return Picture(
        card,
        f"Images that fire two units: {first}, {second}.",
        f"Above, {first}: {why_high}. Below, {second}: {why_low}.",
    )


def faded_crowd(card: Card, top: float, subjects: Subjects, unit: int) -> None:
    """The first 72 images, those that do not fire the unit faint."""
    fires = subjects.codes[:, unit] != 0
    for place in range(72):
        at = (TILES + (place % 24) * 22.4, top + (place // 24) * 34)
        card.picture(at, 21, subjects.shown.pixels[place], faint=not fires[place])


def density_picture(subjects: Subjects) -> Picture:
    """On what share of the images a unit fires."""
    scores = measures.density(subjects.codes)
    # A sigmoid is never silent: a neuron of fc1 shows better what it is to fire often.
    scores[len(subjects.fc1.names) :] = np.nan
    scores[(subjects.codes[:72] != 0).sum(axis=0) < 4] = np.nan
    card, ends = Card(WIDTH, 2 * ROW + 8), subjects.ends(scores)
    for number, (unit, colour, word) in enumerate(zip(ends, (HIGH, LOW), ("high", "low"), strict=True)):
        top = number * ROW + 14
        head(card, top, f"{scores[unit]:.2f}", word, subjects.names[unit], colour)
        faded_crowd(card, top, subjects, unit)
    card.line([(16, ROW + 2), (WIDTH - 16, ROW + 2)])
    return two_units(
        subjects,
        scores,
        card,
        ends,
        "of the first 72 images most fire it (black) and few do not (faint)",
        "only a few of the same images fire it. Neither is better",
    )
