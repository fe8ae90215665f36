"""Measures won and lost between a dictionary and a control, counted."""

from collections.abc import Sequence
from dataclasses import dataclass

from sememe import measures
from sememe.measures import MeasureTable
from sememe.measures.verdict import measure_outcomes

COUNTED = ("selectivity", "similarity", "concepts", "simulation", "cause")
"""The families of measures that the aim is about, 2 to 6 of the protocol."""
PIECES = ("concepts", "cause")
"""The families on which features should be above remembered examples."""


@dataclass(frozen=True)
class Duel:
    """One family of dictionaries against one control, at one place: names of measures."""

    won: tuple[str, ...]
    lost: tuple[str, ...]
    tests: int

    def __str__(self) -> str:
        return f"{len(self.won)} : {len(self.lost)} of {self.tests}" if self.tests else "not there"


def duel(found: MeasureTable, unit_set: str, control: str, at: str, families: Sequence[str]) -> Duel:
    """Measures won and lost, as the verdict counts them: once each, whatever their variants."""
    outcomes = measure_outcomes(
        row
        for row in found.differences
        if (row.unit_set, row.control, row.at) == (unit_set, control, at)
        and family_of(row.measure) in families
    )
    return Duel(
        won=tuple(name for name, outcome in outcomes.items() if outcome == "win"),
        lost=tuple(name for name, outcome in outcomes.items() if outcome == "loss"),
        tests=len(outcomes),
    )


def family_of(measure: str) -> str:
    """The family that a measure belongs to, whatever its variant."""
    return measures.registry()[measure.partition("[")[0]].family


def in_words(found: MeasureTable, unit_set: str, control: str, measure: str, at: str) -> str:
    """A measure that was won or lost, and by how much under the embedding that says most."""
    rows = [
        row
        for row in found.differences
        if (row.unit_set, row.control, row.at) == (unit_set, control, at)
        and row.measure.partition("[")[0] == measure
        and row.outcome != "open"
    ]
    most = max(rows, key=lambda row: abs(row.value))
    title = measures.registry()[measure].title.lower()
    return f"{title} ({most.value:+.2f} [{most.low:+.2f}, {most.high:+.2f}])".replace("-", "−")
