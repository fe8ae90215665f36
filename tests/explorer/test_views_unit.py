"""One unit: what fires it, what it causes, who is near, against the run's arrays and torch."""

import shutil

import numpy as np
import pyarrow as pa
import pytest
import torch
from scipy.stats import rankdata

from references.asked import MAP, MLP, SAE, VECTOR, ask, liveliest
from sememe import networks
from sememe.activations import splice
from sememe.explorer.live.run_data import RunData
from sememe.explorer.views.standing import beaten, is_scored, yardsticks
from sememe.explorer.views.units import unit_scores
from sememe.runs.unit_table import read_units, write_units

# --- one unit


def test_strongest_images_come_first_with_their_classes(finished):
    unit = liveliest(finished, VECTOR)
    page = ask(finished, "unit", layer=VECTOR, set=SAE, unit=unit)
    code = finished.layer(VECTOR).codes(SAE).toarray()[:, unit]
    assert page.top.activation.tolist() == pytest.approx(
        sorted(code, reverse=True)[: len(page.top.activation)]
    )
    np.testing.assert_array_equal(page.top.label, finished.images.labels[page.top.image])
    assert page.histogram.counts.sum() == page.firings == np.count_nonzero(code)
    assert not set(page.misses.image.tolist()) & set(np.flatnonzero(code).tolist())


def test_boxes_are_what_a_position_sees(finished):
    page = ask(finished, "unit", layer=MAP, set=SAE, unit=liveliest(finished, MAP))
    assert page.reads.field == (9, 9)
    assert page.top.box.min() >= 0
    assert (page.top.box[:, :2] + page.top.box[:, 2:]).max() <= 1 + 1e-9
    assert page.top.box[:, 2:].max() == pytest.approx(9 / 28)


def test_dead_unit_is_dead_everywhere(finished):
    dead = [
        (layer, int(unit))
        for layer in (VECTOR, MLP, MAP)
        for unit in np.flatnonzero(np.diff(finished.layer(layer).codes(SAE).indptr) == 0)
    ]
    assert dead, "no fit of this run has a dead unit: give one of them more components"
    where = {"layer": dead[0][0], "set": SAE, "unit": dead[0][1]}
    assert ask(finished, "unit", **where).firings == 0
    assert "never fires" in ask(finished, "unit-effects", **where).why_not


def test_brushed_range_holds_only_what_lies_in_it(finished):
    unit = liveliest(finished, MLP, "Neurons-k16")
    page = ask(finished, "unit-range", layer=MLP, set="Neurons-k16", unit=unit, low=0.2, high=0.6, label=3)
    assert (page.tiles.activation >= 0.2).all()
    assert (page.tiles.activation <= 0.6).all()
    assert (page.tiles.label == 3).all()
    code = finished.layer(MLP).codes("Neurons-k16").toarray()[:, unit]
    inside = (code >= 0.2) & (code <= 0.6) & (finished.images.labels == 3)
    assert page.firings == inside.sum()


def test_percentile_is_the_share_of_units_that_score_worse():
    scores = np.random.default_rng(0).normal(size=50)
    ranks = rankdata(scores)
    for unit in range(50):
        assert beaten(scores[unit], scores) == pytest.approx((ranks[unit] - 0.5) / 50)
        assert beaten(scores[unit], scores, higher_is_better=False) == pytest.approx(
            (50.5 - ranks[unit]) / 50
        )


@pytest.mark.parametrize("higher_is_better", [True, False, None])
def test_a_dead_unit_is_beaten_whichever_end_is_better(higher_is_better):
    assert beaten(-1.0, np.array([np.nan, np.nan]), higher_is_better) == 1


def without_scores(finished, root, units):
    """A copy of the run that did not score some units: `units` masks them by set, number and deadness."""
    path = shutil.copytree(finished.folder.root, root) / "measures" / f"{MLP}.units.parquet"
    table = read_units(path)
    dead = np.array(table["density"]) == 0
    unscored = units(np.array(table["unit_set"].to_pylist()), np.array(table["unit"]), dead)
    for at, name in enumerate(table.column_names):
        if name not in ("unit_set", "unit", "density"):
            values = table[name].to_pylist()
            some = [None if drop else value for value, drop in zip(values, unscored, strict=True)]
            table = table.set_column(at, name, pa.array(some, pa.float64()))
    write_units(path, table)
    return RunData(root), table, unscored


def test_units_that_the_run_did_not_score_are_no_yardstick(finished, tmp_path):
    drawn = "RandomDictionary-k3"
    # Of the random directions every second unit was drawn to be scored, of PCA none was.
    run, table, unscored = without_scores(
        finished,
        tmp_path / "run",
        lambda sets, unit, dead: ((sets == drawn) & (unit % 2 == 1) & ~dead) | (sets == "PCA-k4"),
    )
    own = np.array(table["unit_set"].to_pylist()) == drawn
    assert [one.key for one in yardsticks(run.layer(MLP), SAE)] == [SAE, "Neurons-k16", drawn]
    found = is_scored(unit_scores(run.layer(MLP), drawn))
    np.testing.assert_array_equal(found, ~unscored[own])
    score = next(
        each
        for each in ask(run, "unit-scores", layer=MLP, set=SAE, unit=liveliest(run, MLP))
        if each.key == "class_selectivity"
    )
    among = next(one for one in score.among if one.set == drawn)
    assert among.units == found.sum()
    theirs = np.array(table["class_selectivity"].to_numpy(zero_copy_only=False))[own]
    worse = [np.isnan(other) or other < score.value for other in theirs[found]]
    assert among.beaten == pytest.approx(np.mean(worse))


def test_neurons_that_the_run_did_not_score_are_no_yardstick(finished, tmp_path):
    run, _, _ = without_scores(finished, tmp_path / "run", lambda sets, unit, dead: sets == "Neurons-k16")
    assert "Neurons-k16" not in [one.key for one in yardsticks(run.layer(MLP), SAE)]
    scores = ask(run, "unit-scores", layer=MLP, set=SAE, unit=liveliest(run, MLP))
    assert scores
    assert all(one.set != "Neurons-k16" for score in scores for one in score.among)


def test_standings_name_the_neurons_and_the_controls(finished):
    scores = ask(finished, "unit-scores", layer=MLP, set=SAE, unit=liveliest(finished, MLP))
    among = {one.set for score in scores for one in score.among}
    assert {SAE, "Neurons-k16", "RandomDictionary-k3"} <= among
    assert all(0 <= one.beaten <= 1 for score in scores for one in score.among)
    assert ask(finished, "unit-scores", layer=VECTOR, set=SAE, unit=0) is None


def test_a_units_intervals_are_those_of_the_run(finished):
    unit = liveliest(finished, MLP)
    table = unit_scores(finished.layer(MLP), SAE)
    assert table is not None
    by_key = {score.key: score for score in ask(finished, "unit-scores", layer=MLP, set=SAE, unit=unit)}
    for key in ("class_selectivity", "dominant_mass", "clarity[encoder]"):
        score = by_key[key]
        assert (score.low, score.high) == (
            table[f"{key}:low"][unit].as_py(),
            table[f"{key}:high"][unit].as_py(),
        )
        assert score.low <= score.value <= score.high


def test_an_older_run_without_intervals_gets_those_that_can_be_repeated(finished, tmp_path):
    folder = shutil.copytree(finished.folder.root, tmp_path / "run")
    path = folder / "measures" / f"{MLP}.units.parquet"
    table = read_units(path)
    kept = [name for name in table.column_names if not name.endswith((":low", ":high"))]
    write_units(path, table.select(kept))
    address = {"layer": MLP, "set": SAE, "unit": liveliest(finished, MLP)}
    written = {score.key: score for score in ask(finished, "unit-scores", **address)}
    by_key = {score.key: score for score in ask(RunData(folder), "unit-scores", **address)}
    for key in ("class_selectivity", "dominant_mass", "class_information"):
        score = by_key[key]
        assert score.low <= score.value <= score.high
        assert score.high - score.low < 0.5
        assert score.value == written[key].value
    # What needs an embedding is not repeated here, so no interval is made up for it.
    assert by_key["clarity[encoder]"].low is None


# --- what it causes


def test_ablation_equals_torch_with_the_unit_taken_out(finished):
    layer, unit = finished.layer(VECTOR), liveliest(finished, VECTOR)
    page = ask(finished, "unit-effects", layer=VECTOR, set=SAE, unit=unit)
    net = networks.load(finished.folder.path("network", "digit_cnn"))
    dictionary = layer.unit_set(SAE).dictionary
    firing = np.flatnonzero(layer.codes(SAE).toarray()[:, unit])
    images = finished.images[np.sort(np.random.default_rng([0, unit]).permutation(firing)[:400])]

    def without(items: np.ndarray) -> np.ndarray:
        code = dictionary.codes(items)[:, [unit]]
        return items - code * dictionary.components_[unit]

    change = splice(net, images, "fc1", without, device="cpu") - networks.predict(net, images)
    for c in range(10):
        own = images.labels == c
        assert page.by_class.images[c] == own.sum()
        if own.any():
            np.testing.assert_allclose(page.by_class.change[c], change[own].mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(page.doses.change[0], change.mean(axis=0), atol=1e-4)
    np.testing.assert_array_equal(page.doses.change[2], 0)


def test_effect_before_the_logits_is_read_from_the_weights(finished):
    unit = liveliest(finished, VECTOR)
    effect = ask(finished, "unit-effects", layer=VECTOR, set=SAE, unit=unit).effect
    net = networks.load(finished.folder.path("network", "digit_cnn"))
    atom = torch.from_numpy(finished.layer(VECTOR).unit_set(SAE).components[unit])
    assert effect.exact
    np.testing.assert_allclose(
        effect.effect.value, (net.logits.weight @ atom).detach().numpy(), rtol=1e-4, atol=1e-6
    )


def test_effect_through_a_bend_is_measured(finished):
    effect = ask(finished, "unit-effects", layer=MLP, set=SAE, unit=liveliest(finished, MLP)).effect
    assert not effect.exact
    assert (effect.effect.low <= effect.effect.value).all()


def test_heat_is_the_code_at_every_position(finished):
    layer, unit = finished.layer(MAP), liveliest(finished, MAP)
    page = ask(finished, "unit-heat", layer=MAP, set=SAE, unit=unit, images="5,2")
    assert page.images.tolist() == [2, 5]
    assert page.heat.shape == (2, 10, 10)
    code = layer.codes(SAE).toarray()[:, unit]
    for item in np.flatnonzero(layer.items.image == 5):
        row, column = layer.items.position[item]
        assert page.heat[1, row, column] == pytest.approx(code[item], abs=1e-4)
    assert ask(finished, "unit-heat", layer=VECTOR, set=SAE, unit=0, images="1") is None


# --- who is near


def test_nearest_are_by_cosine_and_never_itself(finished):
    unit = liveliest(finished, MLP)
    page = ask(finished, "unit-relatives", layer=MLP, set=SAE, unit=unit)
    atoms = finished.layer(MLP).unit_set(SAE).components
    cosine = atoms @ atoms[unit] / np.linalg.norm(atoms, axis=1) / np.linalg.norm(atoms[unit])
    cosine[unit] = -np.inf
    own = page.nearest[0].by["cosine"]
    assert [one.unit for one in own] == np.argsort(-cosine)[: len(own)].tolist()


def test_matches_under_other_seeds_come_from_the_twin_and_the_second_network(finished):
    unit = liveliest(finished, MLP)
    found = ask(finished, "unit-relatives", layer=MLP, set=SAE, unit=unit).matches
    assert [match.title for match in found if match.other_seed] == ["the dictionary's seed"]
    neuron = ask(finished, "unit-relatives", layer=MLP, set="Neurons-k16", unit=4).matches
    # The second network of this run is a copy of the first.
    assert [(match.title, match.unit) for match in neuron] == [("the network's seed", 4)]
    assert neuron[0].correlation == pytest.approx(1, abs=1e-5)


def test_neurons_are_not_ranked_by_direction_among_neurons(finished):
    page = ask(finished, "unit-relatives", layer=MLP, set="Neurons-k16", unit=4)
    by_set = {one.set: one.by for one in page.nearest}
    assert "cosine" not in by_set["Neurons-k16"]
    assert by_set[SAE]["cosine"]
