"""Concepts beside units: which pieces of an image a unit stands for. Found in the pixels, so only in ink."""

import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64
from scipy import sparse

from sememe.errors import FormatError
from sememe.explanations import concept_profile
from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.apart import apart
from sememe.explorer.live.items import Boxes
from sememe.explorer.live.run_data import LayerData, RunData
from sememe.explorer.views.common import SetAddress, UnitAddress, column, opened_unit
from sememe.images.image_set import ImageSet
from sememe.measures.concepts.choice import above_chance

# Images whose concepts are found: 2,000 take about a second.
_MOST_IMAGES = 2_000
_SHOWN = 8
# Units whose concepts are chosen in this process.
_MOST_HERE = 1_000
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
    above_chance: float  # of average precision: 0 as good as chance, 1 perfect


@dataclass(frozen=True)
class UnitConcepts:
    """The concepts that a unit detects best."""

    images: int
    items: int
    concepts: int  # in the bank
    best: tuple[ConceptMatch, ...]  # furthest above chance first; empty for a dead unit


def unit_concepts(run: RunData, address: UnitAddress) -> UnitConcepts | None:
    """Concepts that one unit's positive activations detect better than by chance, best first.

    The first is the one that :func:`set_concepts` names. None where images are not ink, or the layer has a
    map that cannot be placed.
    """
    opened = opened_unit(run, address)
    seen = seen_concepts(opened.layer)
    if seen is None:
        return None
    found = concept_profile(np.maximum(opened.code[seen.rows], 0), seen.values)
    gained = above_chance(found.average_precision, found.frequency)
    known = np.flatnonzero(gained > 0)  # a NaN, of a silent unit, is not
    best = known[np.argsort(-gained[known], kind="stable")[:_SHOWN]]
    matches = tuple(
        ConceptMatch(
            seen.names[c],
            float(found.frequency[c]),
            float(found.precision[c]),
            float(found.recall[c]),
            float(found.average_precision[c]),
            float(gained[c]),
        )
        for c in best
    )
    return UnitConcepts(seen.images, len(seen.rows), len(seen.names), matches)


@dataclass(frozen=True)
class SetConcepts:
    """The best concept of every unit: the one that its positive activations detect furthest above chance."""

    images: int
    items: int
    names: tuple[str, ...]
    best: tuple[int, ...]  # row of `names`; -1 where a unit never fires


def set_concepts(run: RunData, address: SetAddress) -> SetConcepts | None:
    """For filtering the table of units by concept."""
    layer = run.layer(address.layer)
    layer.unit_set(address.set)
    seen = seen_concepts(layer)
    if seen is None:
        return None
    codes = layer.codes(address.set).tocsr()[seen.rows]
    chosen = (
        apart(_chosen_by_kernel, codes, seen.values)
        if codes.shape[1] > _MOST_HERE
        else chosen_concepts(sparse.csc_array(codes), seen.values)
    )
    return SetConcepts(seen.images, len(seen.rows), seen.names, tuple(chosen.tolist()))


def chosen_concepts(
    codes: sparse.csc_array, concepts: Bool[np.ndarray, "items concepts"]
) -> Int64[np.ndarray, " units"]:
    """As :func:`sememe.measures.choose_concepts` for positive codes, without its kernel.

    That would keep fifty megabytes of compiler in the server. Here a unit takes some milliseconds.
    """
    found = np.full(codes.shape[1], -1)
    for unit in np.flatnonzero(np.diff(codes.indptr)):
        fits = concept_profile(np.maximum(column(codes, int(unit)), 0), concepts)
        if not np.isnan(fits.average_precision).all():
            found[unit] = above_chance(fits.average_precision, fits.frequency).argmax()
    return found


def _chosen_by_kernel(codes: sparse.csr_array, concepts: np.ndarray) -> np.ndarray:
    from sememe.measures import choose_concepts

    return choose_concepts(codes, concepts)[0]


def seen_concepts(layer: LayerData) -> Seen | None:
    """Concepts of a layer's items: of whole images, or of what is under the middle of each position of a map.

    Those that the run itself has found; where it has none, they are looked for in the first images.
    """

    def make() -> Seen | None:
        items = layer.items
        if items.position is None:
            found = _of_images(layer.run)
            rows = np.flatnonzero(items.image < (0 if found is None else len(found[1])))
            values = None if found is None else found[1][items.image[rows]]
        elif items.receptive_field is not None:
            found = _of_pixels(layer.run)
            rows = np.flatnonzero(items.image < (0 if found is None else len(found[1])))
            down, along = _middles(items.receptive_field, items.position[rows])
            values = None if found is None else found[1][items.image[rows], :, down, along]
        else:
            return None
        if found is None or values is None:
            return None
        count = values.sum(axis=0)
        common = (count >= _LEAST) & (len(values) - count >= _LEAST)
        names = tuple(name for name, keep in zip(found[0], common, strict=True) if keep)
        return Seen(names, rows, values[:, common], len(found[1]))

    result: Seen | None = layer.run.kept.get(("concepts", layer.key), make)
    return result


def _middles(field: Boxes, position: Int64[np.ndarray, "items 2"]) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the pixel in the middle of what each position sees."""
    rows, columns = (
        np.array([(start + stop) // 2 for start, stop in boxes]) for boxes in (field.rows, field.columns)
    )
    return rows[position[:, 0]], columns[position[:, 1]]


Bank = tuple[tuple[str, ...], np.ndarray]  # names, and which image has which: (images, concepts, ...)


def _of_images(run: RunData) -> Bank | None:
    return _stored(run, "report.concepts") or _looked_for(run, _bank)


def _of_pixels(run: RunData) -> Bank | None:
    return _stored(run, "report.maps") or _looked_for(run, _maps)


def _stored(run: RunData, key: str) -> Bank | None:
    """What the run found in its images; None for a run that has not looked."""
    path = run.folder.path("images", "known.npz")
    if not path.is_file():
        return None

    def read() -> Bank | None:
        try:
            with np.load(path, allow_pickle=False) as content:
                if key not in content.files:
                    return None
                shape = tuple(int(size) for size in content[f"{key}.shape"])
                some = (min(shape[0], _MOST_IMAGES), *shape[1:])
                bits = np.unpackbits(content[key], count=math.prod(some))
                return tuple(content[f"{key}.names"].tolist()), bits.astype(bool).reshape(some)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise FormatError(f"{path} is damaged ({error}): make the run again.") from None

    found: Bank | None = run.kept.get(("stored", key), read)
    return found


def _looked_for(run: RunData, look: Callable[[ImageSet], Any]) -> Bank | None:
    """Found now, in ink; the concepts of colour images come from tables or masks, which no run holds yet."""
    if run.images.n_channels != 1:
        return None
    some = run.images[: min(len(run.images), _MOST_IMAGES)]
    found: Bank = run.kept.get(("looked for", look.__name__), lambda: apart(look, some))
    return found


def _bank(some: ImageSet) -> Bank:
    from sememe.images import concepts

    found = concepts.concept_bank(some)
    return found.names, found.values


def _maps(some: ImageSet) -> Bank:
    from sememe.images import concepts

    found = concepts.concept_maps(some)
    return found.names, found.maps


ENDPOINTS = (
    Endpoint("unit-concepts", unit_concepts, UnitAddress),
    Endpoint("set-concepts", set_concepts, SetAddress),
)
