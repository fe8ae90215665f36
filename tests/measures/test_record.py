import math

import numpy as np
import pytest

from sememe import measures
from sememe.errors import MeasureError
from sememe.measures.record import FAMILIES, NEEDS, measure

RECORDS = measures.registry()


def test_families_come_in_their_order():
    order = list(FAMILIES)
    places = [order.index(record.family) for record in RECORDS.values()]
    assert places == sorted(places)


def test_all_eight_families_have_measures():
    assert {record.family for record in RECORDS.values()} == set(FAMILIES)
    assert len(RECORDS) >= 25


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_is_whole_and_every_measure_public(name):
    record = RECORDS[name]
    assert getattr(measures, name) is record.function
    assert record.function.record is record
    assert record.range[0] < record.range[1]
    assert record.title
    assert record.formula
    assert record.source
    assert record.dead
    assert record.needs
    assert record.needs <= set(NEEDS)
    assert ">>> " in record.function.__doc__, "a docstring has an example that runs"


@pytest.mark.parametrize(
    "name", [n for n, r in RECORDS.items() if r.level == "unit" and r.higher_is_better is not None]
)
def test_a_unit_without_a_score_counts_as_nothing_or_as_the_worst(name):
    record = RECORDS[name]
    assert record.dead_value == (0.0 if record.higher_is_better else record.range[1])
    assert record.best in record.range
    assert math.isfinite(record.best) or name == "concept_generality"


def given_to_measure(**changes):
    arguments = {
        "title": "T", "family": "fidelity", "level": "set", "range": (0.0, 1.0), "higher_is_better": True,
        "formula": "x", "source": "s", "needs": ("codes",),
    }  # fmt: skip
    return measure(**{**arguments, **changes})


def test_an_unknown_family_or_need_is_named():
    with pytest.raises(MeasureError, match="family 'taste'"):
        given_to_measure(family="taste")(np.sum)
    with pytest.raises(MeasureError, match="luck"):
        given_to_measure(needs=("luck",))(np.sum)


def test_two_measures_of_one_name_are_refused():
    def fvu():
        """Another one."""

    with pytest.raises(MeasureError, match="Two measures are called 'fvu'"):
        given_to_measure()(fvu)
