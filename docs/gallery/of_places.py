"""The card of IoU, on positions of ``conv2``: where a neuron fires, and where its concept is."""

import numpy as np

from gallery.card import HIGH, LOW, MARK, SOFT, Card
from gallery.of_units import ACROSS, CHART, ROW, TILE, TILES, WIDTH, Picture, head
from gallery.subjects import Subjects
from sememe import activations, measures
from sememe.images.concepts import Concepts, concept_maps
from sememe.images.image_set import ImageSet

IMAGES = 300
REACH = 1.0
"""Half of the layer's stride: every pixel then counts for a position."""


def iou_picture(subjects: Subjects) -> Picture:
    """Two neurons of ``conv2``; the concept of each is chosen on other images."""
    net = subjects.fc1.net
    chosen_on, bank, _ = _items(net, subjects.choosing[:IMAGES])
    codes, concepts, places = _items(net, subjects.shown[:IMAGES])
    common = [bank.names.index(name) for name in bank.common(500).names]
    chosen = measures.choose_concepts(chosen_on, bank.values[:, common])
    names, has = [bank.names[k] for k in common], concepts.values[:, common]
    scores = measures.concept_iou(codes, has, chosen)
    fire = np.stack([u >= _best_threshold(u, has[:, c]) for u, c in zip(codes.T, chosen[0], strict=True)])
    # A neuron that does best by calling every position its concept shows nothing.
    usable = fire.mean(axis=1) < 0.5
    card = Card(WIDTH, 2 * ROW + 26)
    ends = (
        int(np.where(usable, scores, -np.inf).argmax()),
        int(np.where(usable, scores, np.inf).argmin()),
    )
    for number, (unit, colour, word) in enumerate(zip(ends, (HIGH, LOW), ("high", "low"), strict=True)):
        top = number * ROW + 14
        head(card, top, f"{scores[unit]:.2f}", word, f"neuron {unit} of conv2 of the digit CNN", colour)
        own = has[:, chosen[0, unit]]
        fires = fire[unit]
        _maps(card, top, subjects.shown[:IMAGES], places, codes[:, unit], fires, own, colour)
        counts = np.array([(fires & ~own).sum(), (fires & own).sum(), (own & ~fires).sum()], float)
        card.bars(
            (CHART, top),
            (190, 78),
            counts,
            ("neuron only", "both", "concept only"),
            colour=colour,
            strong=[1],
        )
        card.text((CHART, top + 99), f"concept: {names[chosen[0, unit]]}", 10.5, colour)
    card.line([(16, ROW + 2), (WIDTH - 16, ROW + 2)])
    card.text(
        (TILES, 2 * ROW + 4), "coloured: where the neuron fires; below: where its concept is", 10.5, SOFT
    )
    card.text((CHART, 2 * ROW + 4), "positions at the best threshold", 10.5, SOFT)
    high, low = (f"neuron {unit} of conv2 of the digit CNN scores {scores[unit]:.2f}" for unit in ends)
    first, second = (f'"{names[chosen[0, unit]]}"' for unit in ends)
    return Picture(
        card,
        f"Where two neurons fire in digits, and where their concepts are: {high}, {low}.",
        f"Above, {high}: where it fires is often where its concept, {first}, is. Below, {low}: the places "
        f"where it fires and those of its best concept, {second}, hardly overlap.",
    )


def _items(net: object, some: ImageSet) -> tuple[np.ndarray, Concepts, np.ndarray]:
    """Activations of all positions, what concepts they have, and image, row and column of their centres."""
    found = activations.harvest(net, some, layer="conv2")
    image, position = np.asarray(found.image), np.asarray(found.position)
    boxes = np.array([found.receptive_field.box(row, column) for row, column in position], float)
    centre = np.stack([boxes[:, 0] + boxes[:, 2] - 1, boxes[:, 1] + boxes[:, 3] - 1], axis=1) / 2
    concepts = concept_maps(some).at(image, centre, REACH)
    return np.asarray(found.values), concepts, np.column_stack([image, np.floor(centre).astype(int)])


def _best_threshold(codes: np.ndarray, has: np.ndarray) -> float:
    order = np.argsort(-codes, kind="stable")
    hits = np.cumsum(has[order])
    overlap = hits / (np.arange(1, len(has) + 1) + has.sum() - hits)
    return float(codes[order][overlap.argmax()])


def _maps(
    card: Card, top: float, some: ImageSet, places: np.ndarray, codes: np.ndarray,
    fires: np.ndarray, has: np.ndarray, colour: str,
) -> None:  # fmt: skip
    """The images in which the neuron fires most, with the places of each coloured."""
    best = np.zeros(len(some))
    np.maximum.at(best, places[:, 0], codes)
    for place, image in enumerate(np.argsort(-best, kind="stable")[:ACROSS]):
        for line, (which, shade) in enumerate(((fires, colour), (has, MARK))):
            at = (TILES + place * (TILE + 3), top + line * (TILE + 6))
            mask = np.zeros((28, 28), bool)
            for _, row, column in places[which & (places[:, 0] == image)]:
                mask[row : row + 2, column : column + 2] = True
            card.picture(at, TILE, some.pixels[image], faint=True).wash(at, TILE, mask, shade)
