"""The Units page: every unit of a set with all its scores, and their thumbnails."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Float32, Int

from sememe.explanations import class_profile
from sememe.explorer.endpoint import Endpoint, File
from sememe.explorer.live.run_data import LayerData, RunData
from sememe.explorer.views.common import SetAddress, labels_of

# A share for every unit and class is sent as long as there are not more of them than this.
_MOST_SHARES = 400_000


@dataclass(frozen=True, eq=False)
class Column:
    """One measure of every unit."""

    key: str  # "clarity[encoder, centred]"; the note is that of its name before the bracket
    values: Float[np.ndarray, " units"]  # NaN: not defined on this unit
    low: Float[np.ndarray, " units"] | None  # ends of the 95 % interval, where the run has them
    high: Float[np.ndarray, " units"] | None


@dataclass(frozen=True, eq=False)
class UnitsPage:
    """Every unit of a set."""

    items: int  # that codes were looked at on
    images: int
    density: Float[np.ndarray, " units"]  # share of the items that fire each unit
    greatest: Float[np.ndarray, " units"]  # its greatest activation; 0 for a dead unit
    measured: bool  # False: the run has not come to measuring this layer
    columns: tuple[Column, ...]
    top_class: Int[np.ndarray, " units"] | None  # with most of its activation; -1 for a dead unit
    top_share: Float[np.ndarray, " units"] | None  # of its activation on that class
    shares: Float[np.ndarray, "units classes"] | None  # of its activation on each class; None: too many


def units_page(run: RunData, address: SetAddress) -> UnitsPage:
    """All units of a set and their scores."""
    layer = run.layer(address.layer)
    codes = layer.codes(address.set)
    density = np.diff(codes.indptr) / codes.shape[0]
    greatest = np.asarray(codes.max(axis=0).toarray(), dtype=np.float64).ravel()
    scores = unit_scores(layer, address.set)
    profile = profiles(layer, address.set)
    top_class = top_share = None
    if profile is not None:
        alive = ~np.isnan(profile).all(axis=1)
        top_class = np.where(alive, np.nan_to_num(profile).argmax(axis=1), -1)
        top_share = np.where(alive, np.nan_to_num(profile).max(axis=1), np.nan)
    few = profile is not None and profile.size <= _MOST_SHARES
    return UnitsPage(
        items=codes.shape[0],
        images=len(np.unique(layer.items.image)),
        density=density,
        greatest=greatest,
        measured=scores is not None,
        columns=() if scores is None else tuple(_columns(scores)),
        top_class=top_class,
        top_share=top_share,
        shares=profile if few else None,
    )


def unit_scores(layer: LayerData, unit_set: str) -> pa.Table | None:
    """The rows of one set in the table of units, in the order of the units; None while there are none."""
    units = layer.units
    if units is None:
        return None

    def select() -> pa.Table | None:
        rows = units.filter(pc.equal(pc.cast(units["unit_set"], pa.string()), unit_set))
        return rows.sort_by("unit") if rows.num_rows else None

    kept: pa.Table | None = layer.run.kept.get(("unit scores", layer.key, unit_set), select)
    return kept


_IDENTITY = ("unit_set", "unit", "density")


def score_keys(scores: pa.Table) -> list[str]:
    """Names of the measures in a table of units; the ends of their intervals are not measures."""
    return [
        name for name in scores.column_names if name not in _IDENTITY and not name.endswith((":low", ":high"))
    ]


def numbers(scores: pa.Table, name: str) -> Float[np.ndarray, " units"] | None:
    """One column; NaN where there is no score, None where there is no such column."""
    if name not in scores.column_names:
        return None
    found: Float[np.ndarray, " units"] = np.asarray(scores[name].to_numpy(zero_copy_only=False), np.float64)
    return found


def _columns(scores: pa.Table) -> Sequence[Column]:
    found = []
    for key in score_keys(scores):
        values = numbers(scores, key)
        # A measure that this set has no score on stands for nothing here.
        if values is not None and not np.isnan(values).all():
            found.append(Column(key, values, numbers(scores, f"{key}:low"), numbers(scores, f"{key}:high")))
    return found


def profiles(layer: LayerData, unit_set: str) -> Float32[np.ndarray, "units classes"] | None:
    """Share of each unit's activation on each class; None where images have no classes."""

    def make() -> Float32[np.ndarray, "units classes"]:
        labels = labels_of(layer)
        assert labels is not None
        found = class_profile(layer.codes(unit_set).tocsr(), labels, len(layer.run.images.label_names))
        return found.astype(np.float32)

    if layer.run.images.labels is None:
        return None
    kept: Float32[np.ndarray, "units classes"] = layer.run.kept.get(("profiles", layer.key, unit_set), make)
    return kept


def units_csv(run: RunData, address: SetAddress) -> File:
    """All units with all scores in full, for a spreadsheet."""
    page = units_page(run, address)
    names = run.images.label_names
    columns: dict[str, Sequence[object]] = {
        "unit": range(len(page.density)),
        "density": page.density.tolist(),
        "greatest_activation": page.greatest.tolist(),
    }
    if page.top_class is not None and page.top_share is not None:
        columns["top_class"] = [names[c] if c >= 0 else "" for c in page.top_class]
        columns["top_class_share"] = page.top_share.tolist()
    for column in page.columns:
        columns[column.key] = column.values.tolist()
        for end, values in (("low", column.low), ("high", column.high)):
            if values is not None:
                columns[f"{column.key}:{end}"] = values.tolist()
    lines = [",".join(_quoted(name) for name in columns)]
    lines += [",".join(_cell(value) for value in row) for row in zip(*columns.values(), strict=True)]
    content = "\r\n".join(lines) + "\r\n"
    return File(content.encode(), "text/csv; charset=utf-8", f"{address.layer}.{address.set}.units.csv")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else repr(value)
    return _quoted(str(value))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set('",\r\n') else text


ENDPOINTS = (
    Endpoint("units", units_page, SetAddress),
    Endpoint("units.csv", units_csv, SetAddress),
)
