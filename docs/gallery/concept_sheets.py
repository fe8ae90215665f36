"""Sheets of the concept bank: for every concept images that have it, and images that do not.

Images are drawn with a seed from the last 5,000 of MNIST's test images, so that nothing is picked to please.
"""

import numpy as np

from gallery.card import HIGH, LOW, MARK, RULE, SOFT, Card
from sememe import images
from sememe.images.concepts import (
    EDITS,
    Concepts,
    concept_bank,
    concept_maps,
    plain,
)
from sememe.images.image_set import ImageSet

TILE, GAP, MANY = 30.0, 2.0, 8
NAME = 128.0
EDITED = {
    "thin": ("half of the", "thickness goes"),
    "thicken": ("half of the", "thickness comes"),
    "swell": ("a random place", "is magnified"),
    "fracture": ("a stroke is", "cut across"),
    "open_loop": ("the stroke of a", "loop is cut"),
    "rotate": ("turned by", "15 degrees"),
    "shift": ("moved by", "2 pixels"),
}


def sheets() -> dict[str, Card]:
    """All sheets by the name of their file."""
    digits = images.mnist("test")[5000:]
    some = digits[np.sort(np.random.default_rng(0).choice(len(digits), 1500, replace=False))]
    bank = concept_bank(some)
    found = {group: sheet(some, bank.group(group)) for group in ("class", "topology", "shape")}
    return found | {
        "pieces": piece_sheet(some, bank),
        "positions": position_sheet(some[:150]),
        "edits": edit_sheet(some[:150]),
    }


def _draw(rng: np.random.Generator, has: np.ndarray, count: int) -> np.ndarray:
    rows = np.flatnonzero(has)
    return rng.permutation(rows)[:count]


def sheet(some: ImageSet, concepts: Concepts) -> Card:
    """A line for each concept: images that have it, and, after a gap, images that do not."""
    line, rng = TILE + 8, np.random.default_rng(1)
    card = Card(720, 34 + line * len(concepts))
    step = TILE + GAP
    card.text((NAME, 8), "have it", 12, HIGH).text((NAME + MANY * step + 28, 8), "do not", 12, LOW)
    for number, name in enumerate(concepts.names):
        top = 30 + number * line
        card.text((14, top + TILE / 2), name, 11.5, anchor="lm")
        for side, has in enumerate((concepts[name], ~concepts[name])):
            for place, image in enumerate(_draw(rng, has, MANY)):
                left = NAME + place * step + side * (MANY * step + 28)
                card.picture((left, top), TILE, some.pixels[image], frame=HIGH if side == 0 else LOW)
    return card


def piece_sheet(some: ImageSet, bank: Concepts) -> Card:
    """A block for each piece: the nine cells of the grid, three images with it there and one without."""
    pieces = bank.group("piece")
    kinds = list(dict.fromkeys(name.split(",")[0] for name in pieces.names))
    rng, side, block = np.random.default_rng(2), 34.0, 124.0
    card = Card(720, 30 + len(kinds) * block)
    card.text(
        (NAME, 8), "the nine cells of the grid in their places: three images that have it there,", 11.5, HIGH
    )
    card.text((NAME + 408, 8), "and one that does not", 11.5, LOW)
    for number, kind in enumerate(kinds):
        top = 30 + number * block
        card.text((14, top + 54), kind, 11.5, anchor="lm")
        for cell, name in enumerate(n for n in pieces.names if n.split(",")[0] == kind):
            left, up = NAME + (cell % 3) * 200, top + (cell // 3) * (side + 3)
            for place, image in enumerate(_draw(rng, pieces[name], 3)):
                at = (left + place * (side + 3), up)
                card.picture(at, side, some.pixels[image], frame=HIGH)
                _cell(card, at, side, cell)
            for image in _draw(rng, ~pieces[name], 1):
                card.picture((left + 3 * (side + 3) + 8, up), side, some.pixels[image], frame=LOW)
    return card


def _cell(card: Card, at: tuple[float, float], side: float, cell: int) -> None:
    """The borders of one cell of the grid: thirds of the middle 20 of 28 pixels, outer ones with the rim."""
    edges = [0.0, 13.5 - 10 / 3 + 0.5, 13.5 + 10 / 3 + 0.5, 28.0]
    row, column = divmod(cell, 3)
    corner = (at[0] + edges[column] / 28 * side, at[1] + edges[row] / 28 * side)
    opposite = (at[0] + edges[column + 1] / 28 * side, at[1] + edges[row + 1] / 28 * side)
    card.box(corner, opposite, MARK, 1)


def position_sheet(some: ImageSet) -> Card:
    """A line for each concept of positions: images with the pixels that have it marked."""
    maps = concept_maps(some)
    line, side, rng = 42.0, 38.0, np.random.default_rng(3)
    card = Card(720, 34 + line * len(maps.names))
    card.text((158, 8), "marked: the positions that have it", 12, MARK)
    for number, name in enumerate(maps.names):
        top = 30 + number * line
        card.text((14, top + side / 2), name, 11.5, anchor="lm")
        where = maps.maps[:, number]
        for place, image in enumerate(_draw(rng, where.any(axis=(1, 2)), 13)):
            at = (158 + place * (side + 4), top)
            card.picture(at, side, some.pixels[image], faint=True).wash(at, side, where[image], MARK)
    return card


def edit_sheet(some: ImageSet) -> Card:
    """A line for each edit: digits, and below them the same after it."""
    side, line = 38.0, 92.0
    card = Card(720, 10 + line * len(EDITED))
    for number, (name, words) in enumerate(EDITED.items()):
        top, edited = 10 + number * line, EDITS[name](some)
        rows = _draw(np.random.default_rng(number), edited.changed, 14)
        # Edits of ink are compared with ink that went the same way and was not edited.
        before = some if name in ("rotate", "shift") else plain(some).images
        card.text((14, top + 20), name, 13)
        for below, text in enumerate(words):
            card.text((14, top + 40 + 14 * below), text, 11, SOFT)
        for place, image in enumerate(rows):
            for below, shown in enumerate((before, edited.images)):
                at = (140 + place * (side + 3), top + below * (side + 3))
                card.picture(at, side, shown.pixels[image], frame=RULE if below == 0 else HIGH)
    return card
