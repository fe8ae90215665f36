"""What the cells of a width study add up to."""

import math

import pyarrow as pa
import pytest

from sememe.studies.width import DRAWN, FEATURES, NEURONS, Scores

WIDTHS = (8, 16, 32)


def row(width, seed, unit_set, value, status="matched"):
    about = {"layer": "fc1", "width": width, "network_seed": seed, "measure": DRAWN[0]}
    return about | {"unit_set": unit_set, "value": value, "status": status}


def scores(*rows):
    return Scores(pa.Table.from_pylist(list(rows)))


def test_the_gap_is_paired_within_networks_by_hand():
    found = scores(
        *[row(8, seed, FEATURES, 0.5 + seed) for seed in (1, 2)],
        *[row(8, seed, NEURONS, 0.4 + seed) for seed in (1, 2)],
        row(8, 3, FEATURES, 9.0),  # a network whose neurons never get there has no gap
        row(8, 3, NEURONS, 0.0, status="unreached"),
    )
    gap = found.gap("fc1", 8, DRAWN[0])
    assert (gap.value, gap.low, gap.high, gap.n) == (
        pytest.approx(0.1),
        pytest.approx(0.1),
        pytest.approx(0.1),
        2,
    )


def test_dictionaries_are_averaged_before_networks_are():
    found = scores(*[row(8, 1, FEATURES, value) for value in (0.1, 0.3)], row(8, 2, FEATURES, 0.6))
    assert found.by_network("fc1", 8, FEATURES, DRAWN[0]) == {1: pytest.approx(0.2), 2: 0.6}
    assert found.mean("fc1", 8, FEATURES, DRAWN[0]).value == pytest.approx(0.4)


def test_the_slope_is_that_of_a_line_over_doublings():
    rows = []
    for seed, slope in ((1, -0.1), (2, -0.3)):
        for doubling, width in enumerate(WIDTHS):
            rows += [row(width, seed, FEATURES, 1.0 + slope * doubling), row(width, seed, NEURONS, 0.2)]
    assert scores(*rows).slope("fc1", WIDTHS, DRAWN[0]).value == pytest.approx(-0.2)


def test_without_a_match_there_is_no_number():
    found = scores(row(8, 1, FEATURES, 0.5, status="unreached"))
    assert math.isnan(found.mean("fc1", 8, FEATURES, DRAWN[0]).value)
    assert math.isnan(found.slope("fc1", WIDTHS, DRAWN[0]).value)
