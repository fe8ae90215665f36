"""What the pairs of a universality study add up to."""

import pyarrow as pa
import pytest

from sememe.studies import Options, configure
from sememe.studies.counterparts import Counterparts
from sememe.studies.universality import ARCHITECTURE, SAME, SEED, _Copy


def row(seed, unit_set, correlation, relation=SEED):
    about = {"layer": "fc1", "relation": relation, "unit_set": unit_set, "network_seed": seed}
    return about | {"correlation": correlation, "chance": 0.0}


def test_means_and_shares_are_over_networks_by_hand():
    found = Counterparts(
        pa.Table.from_pylist(
            [row(1, "a", 0.8), row(1, "a", 0.4), row(2, "a", 0.9), row(2, "a", 0.7)]
            + [row(seed, "b", 0.1 * seed) for seed in (1, 2)]
        )
    )
    assert found.mean("fc1", SEED, "a").value == pytest.approx(0.7)
    assert found.share("fc1", SEED, "a").value == pytest.approx(0.75)
    assert found.difference("fc1", SEED, "a", "b").value == pytest.approx(0.55)
    assert found.correlations("fc1", SEED, "a").tolist() == [0.8, 0.4, 0.9, 0.7]
    assert found.correlations("fc1", ARCHITECTURE, "a").size == 0


def test_two_copies_are_related_by_what_they_do_not_share():
    one = _Copy("fc1", 100, 0)
    assert one.relation(_Copy("fc1", 100, 1)) == SAME
    assert one.relation(_Copy("fc1", 101, 0)) == SEED
    assert one.relation(_Copy("hidden1", 100, 0)) == ARCHITECTURE


def test_no_two_copies_draw_with_one_seed():
    study = configure("universality", Options())
    states = [study._random_state(copy) for copy in study._copies()]
    assert len(set(states)) == len(states) == 12
    # 6 first dictionaries in all pairs, and the second of each with the first of the same network.
    assert len(study._pairs()) == 15 + 6
