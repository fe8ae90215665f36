"""The table that leaves this room: scores and differences as plain rows."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from sememe.errors import MeasureError

VERSION = 3


@dataclass(frozen=True)
class Row:
    """One measure of one unit set at one place of comparison."""

    layer: str
    unit_set: str
    settings: Mapping[str, object]
    """What was swept; of the nearest point where the score is interpolated."""
    measure: str
    """Name and, in brackets, the variant: ``"monosemanticity_score[cnn, centred]"``."""
    at: str
    """``"own"``: as it was fitted. ``"fvu=0.05"``, ``"l0=8"``: interpolated along the family's frontier."""
    status: str
    """``"own"``, ``"matched"``, ``"exceeds"`` or ``"unreached"``."""
    value: float
    """Dead units count as 0, or as the worst end where low is good."""
    low: float
    high: float
    alive: float
    """Without the units that have no score."""
    null: float
    """The same when firings are dealt to random items; over units that have a score."""
    corrected: float
    """0 as good as that null, 1 perfect."""
    corrected_low: float
    corrected_high: float
    images: int
    items: int
    units: int
    scored: int
    """Units behind a mean over units: fewer than ``units`` where a draw of them was scored."""
    dead: int
    fvu: float
    l0: float


@dataclass(frozen=True)
class DifferenceRow:
    """One unit set less one control, on one measure, at one place of comparison."""

    layer: str
    unit_set: str
    control: str
    measure: str
    at: str
    value: float
    low: float
    high: float
    p: float
    p_holm: float
    """Corrected for all tests of the dictionary there; NaN, as ``p``, where seeds are too few for a test."""
    outcome: str
    """``"win"``, ``"loss"`` or ``"open"``, by ``p_holm`` below 0.05 and the direction of the measure."""


@dataclass(frozen=True)
class MeasureTable:
    """All rows of one or more layers, and a sentence for each layer."""

    rows: tuple[Row, ...]
    differences: tuple[DifferenceRow, ...] = ()
    sentences: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Literal["yes", "no", "mixed"]] = field(default_factory=dict)
    """``"yes"``, ``"no"`` or ``"mixed"`` for each layer (``verdict.py``)."""
    places: Mapping[str, str] = field(default_factory=dict)
    """The place of comparison that each layer's sentence is about: ``"fvu=0.05"``, as in :attr:`Row.at`."""

    families: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    """For each layer, at the place of its sentence: how the dictionary that the sentence is about fares
    against each control in each family of measures: ``"won"``, ``"lost"``, ``"split"`` or ``"open"``."""
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For each layer, what was left out and why, a sentence each."""

    def __add__(self, other: "MeasureTable") -> "MeasureTable":
        return MeasureTable(
            rows=self.rows + other.rows,
            differences=self.differences + other.differences,
            sentences={**self.sentences, **other.sentences},
            answers={**self.answers, **other.answers},
            places={**self.places, **other.places},
            families={**self.families, **other.families},
            notes={**self.notes, **other.notes},
        )

    def select(self, **wanted: object) -> tuple[Row, ...]:
        """The rows whose fields have these values: ``table.select(at="fvu=0.05", unit_set="TopKSAE")``."""
        if unknown := set(wanted) - {f.name for f in fields(Row)}:
            raise MeasureError(
                f"A row has no {sorted(unknown)}; it has {', '.join(f.name for f in fields(Row))}."
            )
        return tuple(row for row in self.rows if all(getattr(row, k) == v for k, v in wanted.items()))

    def to_dict(self) -> dict[str, Any]:
        """For ``files.write_json``: numbers in full, NaN and infinity as null."""
        return {
            "version": VERSION,
            "rows": [_plain(asdict(row)) for row in self.rows],
            "differences": [_plain(asdict(row)) for row in self.differences],
            "sentences": dict(self.sentences),
            "answers": dict(self.answers),
            "places": dict(self.places),
            "families": {layer: dict(found) for layer, found in self.families.items()},
            "notes": {layer: list(said) for layer, said in self.notes.items()},
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "MeasureTable":
        """The table that :meth:`to_dict` wrote.

        Raises:
            MeasureError: a table of another version, or one that lacks a field.
        """
        if content.get("version") != VERSION:
            raise MeasureError(
                f"This table of measures has the version {content.get('version')!r}; "
                f"this Sememe reads {VERSION}: measure again."
            )
        try:
            return cls(
                rows=tuple(Row(**_numbers(row, Row)) for row in content["rows"]),
                differences=tuple(
                    DifferenceRow(**_numbers(row, DifferenceRow)) for row in content["differences"]
                ),
                sentences=dict(content["sentences"]),
                answers=dict(content["answers"]),
                places=dict(content["places"]),
                families=dict(content["families"]),
                notes={layer: tuple(said) for layer, said in content["notes"].items()},
            )
        except (KeyError, TypeError) as error:
            raise MeasureError(f"This table of measures is not whole ({error}): measure again.") from None


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}


def _numbers(row: Mapping[str, Any], kind: type) -> dict[str, Any]:
    floats = {f.name for f in fields(kind) if f.type in (float, "float")}
    return {k: float("nan") if v is None and k in floats else v for k, v in row.items()}
