import numpy as np
import pytest

from sememe import measures
from sememe.errors import MeasureError


@pytest.fixture(scope="module")
def seeds():
    """Three seeds of one setting: random units that lean to a class, on the same items."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, size=90)
    drawn = measures.resample(90, groups=45, replicates=100)
    known = measures.evidence(drawn, labels=labels)
    found = []
    for seed in range(3):
        codes = (rng.random((90, 8)) < 0.4) * rng.exponential(size=(90, 8)) * (1 + (labels[:, None] == seed))
        codes[:, 0] = 0.0
        x = codes[:, :4] + 0.1
        x_hat = x + 0.1 * (1 + seed) * rng.normal(size=x.shape)
        found.append(
            measures.evaluate(
                codes, known, name="SAE", settings={"k": 4, "seed": seed}, reconstruction=(x, x_hat)
            )
        )
    return found, drawn


def test_pooled_values_are_means_over_seeds(seeds):
    found, drawn = seeds
    pooled = measures.pool_seeds(found, drawn)
    assert pooled.sets["fvu"].value == pytest.approx(np.mean([e.sets["fvu"].value for e in found]))
    key = "class_selectivity"
    assert pooled.units[key].mean.value == pytest.approx(np.mean([e.units[key].mean.value for e in found]))
    assert pooled.units[key].mean.by_seed.tolist() == [e.units[key].mean.value for e in found]
    np.testing.assert_array_equal(
        pooled.units[key].values, np.concatenate([e.units[key].values for e in found])
    )


def test_the_scatter_between_seeds_is_in_the_interval(seeds):
    found, drawn = seeds
    pooled = measures.pool_seeds(found, drawn).sets["fvu"]
    single = found[0].sets["fvu"]
    assert pooled.high - pooled.low > 2 * (single.high - single.low)


def test_counts_are_of_all_seeds_and_what_differs_is_no_setting(seeds):
    found, drawn = seeds
    pooled = measures.pool_seeds(found, drawn)
    assert (pooled.n_units, pooled.n_dead, pooled.n_items) == (24, 3, 90)
    assert pooled.n_groups == 45
    assert pooled.settings == {"k": 4}


def test_pooled_evaluations_are_compared_like_any_other(seeds):
    found, drawn = seeds
    pooled = measures.pool_seeds(found, drawn)
    control = measures.Evaluation(**{**vars(found[0]), "name": "control"})
    table = measures.compare("fc1", [pooled, control], controls=["control"], fvu=(1.0,), l0=())
    row = next(r for r in table.differences if r.measure == "class_selectivity")
    assert row.value == pytest.approx(
        pooled.units["class_selectivity"].mean.value - control.units["class_selectivity"].mean.value
    )
    assert row.low < row.value < row.high


def test_what_cannot_be_pooled_is_named(seeds):
    found, drawn = seeds
    with pytest.raises(MeasureError, match="no seed to pool"):
        measures.pool_seeds([], drawn)
    with pytest.raises(MeasureError, match="one family on the same items"):
        measures.pool_seeds([found[0], measures.Evaluation(**{**vars(found[1]), "name": "PCA"})], drawn)


def test_units_drawn_in_each_seed_are_numbered_through_all():
    rng = np.random.default_rng(0)
    codes = np.maximum(rng.normal(size=(60, 5)), 0)
    known = measures.evidence(measures.resample(60, replicates=20), labels=np.arange(60) % 3)
    found = measures.evaluate_fidelity(codes, known, name="u")
    drawn = [measures.evaluate_units(found, codes, known, scored=np.array(some)) for some in ([0, 3], [1, 2])]
    pooled = measures.pool_seeds(drawn, known.resampling)
    np.testing.assert_array_equal(pooled.scored, [0, 3, 6, 7])
    assert (pooled.n_units, pooled.n_scored) == (10, 4)
    assert measures.pool_seeds(drawn[:1], known.resampling) is drawn[0]
