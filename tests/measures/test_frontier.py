import numpy as np
import pytest

from sememe.errors import MeasureError
from sememe.measures import Estimate, Evaluation, Target, UnitScores, frontier, match, registry


def point(fvu, l0, score, name="TopK", replicates=None, recovered=None, units=10):
    """An evaluation with one measure; replicates scatter about the values where none are given."""
    rng = np.random.default_rng(int(l0 * 100))
    scatter = rng.normal(0, 0.01, size=50) if replicates is None else replicates

    def estimate(value):
        return Estimate(value, value * (1 + scatter))

    nothing = np.full(units, 0.1)
    sets = {"fvu": estimate(fvu), "l0": estimate(float(l0))}
    if recovered is not None:
        sets["loss_recovered[zero]"] = estimate(recovered)
    scores = UnitScores(
        registry()["class_selectivity"],
        np.full(units, score),
        nothing,
        estimate(score),
        estimate(score),
        estimate(score),
    )
    return Evaluation(name, {"l0": l0}, 100, 100, 100, units, 0, nothing, sets, {"class_selectivity": scores})


SWEEP = [point(0.16, 2, 0.8), point(0.04, 8, 0.6), point(0.01, 32, 0.4)]


def test_a_score_is_interpolated_linearly_in_log_fvu():
    found = match(SWEEP, Target("fvu", 0.08))
    assert found.status == "matched"
    assert found.units("class_selectivity").value == pytest.approx(0.7)
    assert found.quantity("l0") == pytest.approx(4.0)
    assert found.quantity("fvu") == pytest.approx(0.08)


def test_a_score_is_interpolated_linearly_in_log_l0():
    found = match(SWEEP, Target("l0", 16))
    assert found.units("class_selectivity").value == pytest.approx(0.5)
    assert found.quantity("fvu") == pytest.approx(0.02)


def test_at_a_point_of_the_sweep_the_score_is_that_point():
    found = match(SWEEP, Target("fvu", 0.04))
    assert found.status == "matched"
    assert found.units("class_selectivity").value == pytest.approx(0.6)
    assert found.nearest is SWEEP[1]


def test_every_replicate_is_interpolated_at_its_own_fidelity():
    better = np.zeros(50)
    better[0] = -0.5
    sweep = [point(0.16, 2, 0.8, replicates=better), point(0.04, 8, 0.6, replicates=better)]
    found = match(sweep, Target("fvu", 0.08)).units("class_selectivity")
    np.testing.assert_allclose(found.replicates[1:], 0.7)
    # In the first replicate the points have FVU 0.08 and 0.02 and half the scores: the first stands for
    # itself.
    assert found.replicates[0] == pytest.approx(0.4)


def test_a_family_that_never_gets_there_says_so():
    found = match(SWEEP, Target("fvu", 0.005))
    assert found.status == "unreached"
    assert not found.reached
    assert found.best == 0.01
    assert found.nearest is SWEEP[2]


def test_what_loses_nothing_is_compared_as_it_is():
    found = match([point(0.0, 64, 0.2, name="neurons")], Target("fvu", 0.05))
    assert found.status == "exceeds"
    assert found.reached
    assert found.quantity("fvu") == 0.0
    assert found.units("class_selectivity").value == pytest.approx(0.2)


def test_between_an_exact_point_and_another_the_fidelity_is_the_one_asked():
    found = match([point(0.0, 64, 0.2), point(0.4, 8, 0.6)], Target("fvu", 0.05))
    assert found.status == "matched"
    assert found.quantity("fvu") == pytest.approx(0.05)


def test_sparser_than_asked_is_another_sparsity():
    assert match(SWEEP, Target("l0", 64)).status == "unreached"
    assert match(SWEEP, Target("l0", 1)).status == "unreached"


def test_sparser_than_asked_is_compared_where_nothing_is_lost():
    neurons = [point(0.0, 7.5, 0.2, name="neurons"), point(0.3, 2, 0.9, name="neurons")]
    found = match(neurons, Target("l0", 8))
    assert found.status == "exceeds"
    assert found.nearest is neurons[0]
    assert found.units("class_selectivity").value == pytest.approx(0.2)
    assert match(neurons, Target("l0", 1)).status == "unreached"


def test_a_sweep_that_ends_a_hair_short_of_the_target_is_there():
    assert match(SWEEP, Target("l0", 32.3)).status == "matched"
    assert match(SWEEP, Target("fvu", 0.0099)).status == "matched"


def test_the_frontier_drops_what_another_point_beats_whatever_it_scores():
    worse = point(0.05, 9, 0.99)
    assert frontier([*SWEEP, worse]) == [SWEEP[2], SWEEP[1], SWEEP[0]]
    assert match([*SWEEP, worse], Target("fvu", 0.04)).units("class_selectivity").value == pytest.approx(0.6)


def test_the_order_of_the_sweep_changes_nothing():
    forward, backward = (match(points, Target("fvu", 0.03)) for points in (SWEEP, SWEEP[::-1]))
    np.testing.assert_array_equal(
        forward.units("class_selectivity").replicates, backward.units("class_selectivity").replicates
    )


def test_loss_recovered_is_matched_on_the_loss_that_is_lost():
    sweep = [point(0.1, 4, 0.8, recovered=0.96), point(0.02, 16, 0.4, recovered=0.99)]
    found = match(sweep, Target("loss_recovered[zero]", 0.98))
    assert found.units("class_selectivity").value == pytest.approx(0.6)
    assert match(sweep, Target("loss_recovered[zero]", 0.999)).status == "unreached"


def test_targets_read_well():
    assert str(Target("fvu", 0.05)) == "fvu=0.05"
    assert str(Target("l0", 8.0)) == "l0=8"


def test_evaluations_that_cannot_be_placed_are_named():
    lost = Evaluation("TopK", {}, 1, 1, 1, 1, 0, np.zeros(1), {"l0": Estimate(1.0, np.ones(5))}, {})
    with pytest.raises(MeasureError, match="'TopK' has no FVU"):
        match([lost], Target("fvu", 0.05))
    with pytest.raises(MeasureError, match=r"'TopK' has no loss_recovered\[zero\]"):
        match(SWEEP, Target("loss_recovered[zero]", 0.99))
    with pytest.raises(MeasureError, match="at least one evaluation"):
        frontier([])
