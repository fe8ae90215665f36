"""Concepts beside units: which pieces of an image a unit stands for. Found in the pixels, so only in ink."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64

from sememe.explanations import concept_profile
from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.run_data import LayerData, RunData
from sememe.explorer.views.apart import apart
from sememe.explorer.views.common import SetAddress, UnitAddress, opened_unit
from sememe.images.image_set import ImageSet

# Images whose concepts are found: 2,000 take about a second.
_MOST_IMAGES = 2_000
_SHOWN = 8
# Concepts that fewer items have, or all but fewer, say nothing reliable.
_LEAST = 10


@dataclass(frozen=True, eq=False)
class Seen:
    """Concepts of some items of a layer."""

    names: tuple[str, ...]
    rows: Int64[np.ndarray, " items"]  # items of the layer that were looked at
    values: Bool[np.ndarray, "items concepts"]
    images: int


@dataclass(frozen=True)
class ConceptMatch:
    """One concept beside one unit."""

    name: str
    frequency: float  # share of the items that have it: what chance scores
    precision: float  # share of the unit's firings on items that have it
    recall: float  # share of the items that have it that fire the unit
    average_precision: float


@dataclass(frozen=True)
class UnitConcepts:
    """The concepts that a unit detects best."""

    images: int
    items: int
    concepts: int  # in the bank
    best: tuple[ConceptMatch, ...]  # by average precision, greatest first; empty for a dead unit


def unit_concepts(run: RunData, address: UnitAddress) -> UnitConcepts | None:
    """Concepts of one unit; None where images are not ink, or the layer has a map that cannot be placed."""
    opened = opened_unit(run, address)
    seen = seen_concepts(opened.layer)
    if seen is None:
        return None
    found = concept_profile(opened.code[seen.rows], seen.values)
    known = np.flatnonzero(~np.isnan(found.average_precision))
    best = known[np.argsort(-found.average_precision[known], kind="stable")[:_SHOWN]]
    matches = tuple(
        ConceptMatch(
            seen.names[c],
            float(found.frequency[c]),
            float(found.precision[c]),
            float(found.recall[c]),
            float(found.average_precision[c]),
        )
        for c in best
    )
    return UnitConcepts(seen.images, len(seen.rows), len(seen.names), matches)


@dataclass(frozen=True)
class SetConcepts:
    """The best concept of every unit, by average precision on its positive activations."""

    images: int
    items: int
    names: tuple[str, ...]
    best: tuple[int, ...]  # row of `names`; -1 where a unit never fires


def set_concepts(run: RunData, address: SetAddress) -> SetConcepts | None:
    """For filtering the table of units by concept."""
    from sememe.measures import choose_concepts

    layer = run.layer(address.layer)
    layer.unit_set(address.set)
    seen = seen_concepts(layer)
    if seen is None:
        return None
    codes = layer.codes(address.set).tocsr()[seen.rows]
    best = choose_concepts(codes, seen.values)[0]
    return SetConcepts(seen.images, len(seen.rows), seen.names, tuple(best.tolist()))


def seen_concepts(layer: LayerData) -> Seen | None:
    """Concepts of a layer's items: of whole images, or of what is under each position of a map."""

    def make() -> Seen | None:
        images, items = layer.run.images, layer.items
        some = images[: min(len(images), _MOST_IMAGES)]
        rows = np.flatnonzero(items.image < len(some))
        found = _at_items(some, layer, rows)
        if found is None:
            return None
        names, values = found
        count = values.sum(axis=0)
        common = (count >= _LEAST) & (len(values) - count >= _LEAST)
        kept = tuple(name for name, keep in zip(names, common, strict=True) if keep)
        return Seen(kept, rows, values[:, common], len(some))

    result: Seen | None = layer.run.kept.get(("concepts", layer.key), make)
    return result


def _at_items(
    some: ImageSet, layer: LayerData, rows: Int64[np.ndarray, " items"]
) -> tuple[tuple[str, ...], np.ndarray] | None:
    items = layer.items
    if (
        some.n_channels != 1
    ):  # the concepts of colour images come from tables or masks, which no run holds yet
        return None
    if items.position is None:
        bank = layer.run.kept.get(("concepts of images",), lambda: apart(_bank, some))
        return bank.names, bank.values[items.image[rows]]
    if items.receptive_field is None:
        return None
    maps = layer.run.kept.get(("concepts of pixels",), lambda: apart(_maps, some))
    field, position = items.receptive_field, items.position[rows]
    middle = [
        np.array([(start + stop) // 2 for start, stop in boxes]) for boxes in (field.rows, field.columns)
    ]
    down, along = middle[0][position[:, 0]], middle[1][position[:, 1]]
    return maps.names, maps.maps[items.image[rows], :, down, along]


def _bank(some: ImageSet) -> Any:
    from sememe.images import concepts

    return concepts.concept_bank(some)


def _maps(some: ImageSet) -> Any:
    from sememe.images import concepts

    return concepts.concept_maps(some)


ENDPOINTS = (
    Endpoint("unit-concepts", unit_concepts, UnitAddress),
    Endpoint("set-concepts", set_concepts, SetAddress),
)
