"""The record beside every measure: what it means, which way is better, where it comes from.

Whatever shows a number (table, report, page of the docs, tooltip) reads its words from here, so that a
definition is written once, next to the function that computes it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sememe.errors import MeasureError, choices

FAMILIES = {
    "fidelity": "How much of the layer is kept",
    "selectivity": "Selectivity for labels",
    "similarity": "Similarity of what fires the unit",
    "concepts": "Concepts, the pieces of an image",
    "simulation": "Can a person predict it?",
    "cause": "What the unit does",
    "stability": "Does it come back with another seed?",
    "recovery": "Planted truth",
}
"""The eight families, in the order in which they are shown."""

NEEDS = (
    "codes",
    "labels",
    "embeddings",
    "reconstruction",
    "logits",
    "concepts",
    "places",
    "exemplars",
    "components",
    "truth",
    "seeds",
)
"""What a measure can ask for; places are items that are positions, several an image.

A caller that lacks one of them leaves the measure out, and says so.
"""


@dataclass(frozen=True)
class MeasureRecord:
    """Everything there is to know of one measure.

    ``from_totals`` is the formula itself, on sums over items: a replicate of the bootstrap is the same
    formula on reweighted sums. It is None where a measure is not a function of sums. ``totals`` names the
    kind of sums.
    """

    name: str
    """The function's name: ``"class_selectivity"``."""
    title: str
    """For people: ``"Class selectivity index"``."""
    family: str
    """A key of :data:`FAMILIES`."""
    level: Literal["unit", "set"]
    """``"unit"``: one number a unit, ``(units,)``. ``"set"``: one number for the whole unit set."""
    range: tuple[float, float]
    """Least and greatest value there can be."""
    higher_is_better: bool | None
    """None where neither direction is better (density)."""
    formula: str
    """TeX, without the dollar signs."""
    source: str
    """Paper and equation."""
    dead: str
    """What a dead unit gets, in words."""
    needs: frozenset[str]
    """Of :data:`NEEDS`."""
    function: Callable[..., Any]
    """The pure function of arrays."""
    totals: str | None = None
    """The kind of sums that it is a formula on: ``"class"``, ``"pair"``, ``"top"`` ...; or None."""
    formula_on_totals: Callable[[Any], Any] | None = None

    def from_totals(self, totals: Any) -> Any:
        """The formula on sums over items; with a leading axis of replicates where they have one.

        Raises:
            MeasureError: the measure is no function of sums.
        """
        if self.formula_on_totals is None:
            raise MeasureError(
                f"{self.title} is not a function of sums over items: call {self.name} on arrays."
            )
        return self.formula_on_totals(totals)

    @property
    def best(self) -> float:
        """The end of the range that is good."""
        return self.range[0] if self.higher_is_better is False else self.range[1]

    @property
    def dead_value(self) -> float:
        """What a unit without a score counts for in the main mean: 0, or the worst end where low is good."""
        return self.range[1] if self.higher_is_better is False else 0.0


_REGISTRY: dict[str, MeasureRecord] = {}


def measure(
    *,
    title: str,
    family: str,
    level: Literal["unit", "set"],
    range: tuple[float, float],
    higher_is_better: bool | None,
    formula: str,
    source: str,
    dead: str = "a measure of the whole set: a dead unit adds nothing",
    needs: tuple[str, ...],
    totals: str | None = None,
    from_totals: Callable[[Any], Any] | None = None,
) -> Callable[[Callable[..., Any]], Any]:
    """Register the decorated function under its name; its record hangs on it as ``function.record``."""

    def attach(function: Callable[..., Any]) -> Any:
        name = function.__name__
        if family not in FAMILIES:
            raise MeasureError(f"Measure {name!r} names the family {family!r}{choices(family, FAMILIES)}.")
        if unknown := set(needs) - set(NEEDS):
            raise MeasureError(
                f"Measure {name!r} needs {sorted(unknown)}, which is none of {', '.join(NEEDS)}."
            )
        known = _REGISTRY.get(name)
        if known is not None and known.function.__module__ != function.__module__:
            raise MeasureError(
                f"Two measures are called {name!r}, in {known.function.__module__} "
                f"and {function.__module__}: rename one."
            )
        record = MeasureRecord(
            name=name,
            title=title,
            family=family,
            level=level,
            range=range,
            higher_is_better=higher_is_better,
            formula=formula,
            source=source,
            dead=dead,
            needs=frozenset(needs),
            function=function,
            totals=totals,
            formula_on_totals=from_totals,
        )
        _REGISTRY[name] = record
        function.record = record  # type: ignore[attr-defined]
        return function

    return attach


def registry() -> dict[str, MeasureRecord]:
    """Every measure by name, family by family in the order of :data:`FAMILIES`."""
    order = list(FAMILIES)
    records = sorted(_REGISTRY.values(), key=lambda record: order.index(record.family))
    return {record.name: record for record in records}
