"""Counting what was won and lost."""

from dataclasses import replace

import pytest

from sememe.measures import DifferenceRow, MeasureTable
from sememe.studies.duels import COUNTED, PIECES, Duel, duel, in_words

NAN = float("nan")
ROW = DifferenceRow("fc1", "TopK SAE", "neurons", "", "fvu=0.05", 0.1, NAN, NAN, 0.0, 0.0, "open")


def table(**outcomes):
    """Measures by name, ``__`` for the bracket of a variant."""
    rows = [
        replace(ROW, measure=name.replace("__", "[") + "]" * ("__" in name), outcome=outcome)
        for name, outcome in outcomes.items()
    ]
    return MeasureTable(rows=(), differences=tuple(rows))


def test_a_measure_under_several_embeddings_counts_once():
    found = table(
        monosemanticity_score__a="win",
        monosemanticity_score__b="open",
        clarity__a="win",
        clarity__b="loss",
        dominant_mass="win",
        concept_f1="loss",
        simulation_score="open",
    )
    met = duel(found, "TopK SAE", "neurons", "fvu=0.05", COUNTED)
    assert met == Duel(("monosemanticity_score", "dominant_mass"), ("concept_f1",), tests=5)
    assert str(met) == "2 : 1 of 5"
    assert duel(found, "TopK SAE", "neurons", "fvu=0.05", PIECES) == Duel((), ("concept_f1",), tests=1)


@pytest.mark.parametrize(
    ("unit_set", "control", "at"),
    [("other", "neurons", "fvu=0.05"), ("TopK SAE", "PCA", "fvu=0.05"), ("TopK SAE", "neurons", "l0=8")],
)
def test_a_control_that_was_not_met_is_said_not_to_be_there(unit_set, control, at):
    assert str(duel(table(concept_f1="win"), unit_set, control, at, COUNTED)) == "not there"


def test_a_measure_is_told_by_the_variant_that_says_most():
    rows = (
        replace(ROW, measure="clarity[a]", value=-0.2, low=-0.3, high=-0.1, outcome="loss"),
        replace(ROW, measure="clarity[b]", value=-0.5, low=-0.6, high=-0.4, outcome="open"),
        replace(ROW, measure="clarity[c]", value=-0.1, low=-0.2, high=-0.05, outcome="loss"),
    )
    found = MeasureTable(rows=(), differences=rows)
    assert in_words(found, "TopK SAE", "neurons", "clarity", "fvu=0.05") == "clarity (−0.20 [−0.30, −0.10])"
