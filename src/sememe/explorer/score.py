"""A number as it is shown: its kind of units, its interval, and how it was computed."""

import inspect
import re
from dataclasses import dataclass
from typing import Literal

from sememe.measures.record import FAMILIES, MeasureRecord

# A reference to another function in a docstring: :func:`~sememe.measures.fvu` reads "fvu".
_REFERENCE = re.compile(r":\w+:`~?(?:\w+\.)*(\w+)`")

Kind = Literal["neurons", "features", "control"]


@dataclass(frozen=True)
class Score:
    """A number that can be checked: its 95 % interval and what it was measured on."""

    value: float  # NaN: not defined, shown as a dash
    low: float | None = None  # lower end of the 95 % interval; None: no interval was computed
    high: float | None = None  # upper end
    n: int | None = None  # how many things it was measured on
    of: str = "images"  # what n counts: "images", "units", "items"
    without_dead: float | None = None  # the same, dead units left out; None: the same as `value`
    null: float | None = None  # the same when each unit's firings are dealt to random items; None: not known


@dataclass(frozen=True)
class MeasureNote:
    """How a measure introduces itself; every field is copied from the measure's own record."""

    name: str  # name in measures.registry(); the key of every mapping of scores
    title: str  # what people read: "share of activation on the dominant class"
    meaning: str  # one sentence in plain words
    formula: str  # TeX
    range: tuple[float, float]  # least and greatest possible value; infinite where unbounded
    higher_is_better: bool | None  # None: neither end is better
    source: str  # paper and equation
    command: str = ""  # the command that makes the numbers again
    family: str = ""  # its family's title: "Selectivity for labels"

    @classmethod
    def of(cls, record: MeasureRecord, command: str = "") -> "MeasureNote":
        """The note of a measure in its record's own words; the meaning is the first line of its docstring."""
        meaning = (inspect.getdoc(record.function) or "").split("\n\n")[0]
        meaning = _REFERENCE.sub(r"\1", meaning)
        return cls(
            name=record.name,
            title=record.title,
            meaning=" ".join(meaning.replace("``", "").split()),
            formula=record.formula,
            range=record.range,
            higher_is_better=record.higher_is_better,
            source=record.source,
            command=command,
            family=FAMILIES[record.family],
        )
