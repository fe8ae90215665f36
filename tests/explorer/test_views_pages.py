"""The pages about more than one unit, and what they say of what is not there."""

import json

import numpy as np
import pytest
from scipy import sparse

from references.asked import MAP, MLP, SAE, VECTOR, ask, liveliest
from sememe import explanations, measures, networks
from sememe.explorer.endpoint import NotThere, plain
from sememe.explorer.live.run_data import RunData
from sememe.explorer.views.concepts import chosen_concepts


@pytest.mark.parametrize("layer", [MLP, MAP, VECTOR])
@pytest.mark.parametrize(
    "name",
    ["units", "unit", "unit-scores", "unit-effects", "unit-relatives", "image", "split", "atlas", "compare"],
)
def test_every_answer_is_plain_json(finished, layer, name):
    given = {
        "units": {"set": SAE},
        "image": {"set": SAE, "image": 3},
        "split": {"set": SAE, "neuron": 2},
        "atlas": {"set": SAE, "method": "pca"},
        "compare": {},
    }.get(name, {"set": SAE, "unit": liveliest(finished, layer)})
    text = json.dumps(plain(ask(finished, name, layer=layer, **given)), allow_nan=False)
    assert len(text) < 2**20


# --- compare, image, atlas, health


def test_comparison_repeats_the_runs_table(finished):
    page = ask(finished, "compare", layer=MLP)
    table = finished.layer(MLP).measures
    assert page.sentence == table.sentences["hidden1"]
    duels = [duel for place in page.places for duel in place.duels]
    assert len(duels) == len(table.differences)
    assert {duel.outcome for duel in duels} <= {"win", "loss", "open"}
    rows = table.select(at="own", unit_set="TopK SAE", measure="class_selectivity")
    line = next(line for line in page.lines if line.family == "TopK SAE")
    score = line.points[0].scores["class_selectivity"]
    assert score.value == pytest.approx(rows[0].value, rel=1e-4)
    assert score.of == "units"


def test_layer_without_measures_has_no_comparison(finished):
    assert ask(finished, "compare", layer=VECTOR) is None


def test_the_tally_counts_every_measure_once_against_each_control(finished):
    page = ask(finished, "compare", layer=MLP)
    table = finished.layer(MLP).measures
    assert f" {page.about} features (" in page.sentence
    rows = [row for row in table.differences if (row.unit_set, row.at) == (page.about, page.decided_at)]
    assert [one.kind for one in page.tally] == ["neurons"] + ["control"] * (len(page.tally) - 1)
    assert {one.control for one in page.tally} == {row.control for row in rows}
    for one in page.tally:
        outcomes: dict[str, set[str]] = {}
        for row in rows:
            if row.control == one.control:
                outcomes.setdefault(row.measure.split("[")[0], set()).add(row.outcome)
        won = sum("win" in words and "loss" not in words for words in outcomes.values())
        lost = sum("loss" in words and "win" not in words for words in outcomes.values())
        assert (one.won, one.lost, one.open) == (won, lost, len(outcomes) - won - lost)
    assert any(len({row.measure for row in rows}) > one.won + one.lost + one.open for one in page.tally)


def test_controls_that_never_get_there_are_named_and_not_tallied(finished):
    page = ask(finished, "compare", layer=MLP)
    place = next(place for place in page.places if place.key == page.decided_at)
    status = {row.family: row.status for row in place.rows if row.kind != "features"}
    assert set(page.absent) == {family for family, word in status.items() if word == "unreached"}
    assert set(page.absent).isdisjoint(one.control for one in page.tally)
    assert set(page.absent) | {one.control for one in page.tally} == set(status)


def test_a_split_neuron_varies_as_its_features_and_the_error_do_together(finished):
    unit = liveliest(finished, VECTOR, "Neurons-k128")
    page = ask(finished, "split", layer=VECTOR, set=SAE, neuron=unit)
    layer = finished.layer(VECTOR)
    neuron, codes = layer.codes("Neurons-k128").toarray()[:, unit], layer.codes(SAE).toarray()
    weights = layer.unit_set(SAE).components[:, unit]
    shares = np.array([np.cov(neuron, code)[0, 1] for code in codes.T]) * weights / neuron.var(ddof=1)
    for one in page.carriers:
        assert one.share == pytest.approx(shares[one.unit], abs=1e-6)
        assert one.weight == weights[one.unit]
    sizes = [abs(one.share) for one in page.carriers]
    assert sizes == pytest.approx(sorted(np.abs(shares), reverse=True)[: len(sizes)], abs=1e-6)
    assert page.others == pytest.approx(shares.sum() - sum(one.share for one in page.carriers), abs=1e-6)
    error = neuron - codes @ weights
    assert page.error == pytest.approx(np.cov(neuron, error)[0, 1] / neuron.var(ddof=1), abs=1e-6)
    assert sum(one.share for one in page.carriers) + page.others + page.error == pytest.approx(1, abs=1e-6)
    assert page.mean == pytest.approx(neuron.mean())
    assert page.constant == pytest.approx(layer.unit_set(SAE).dictionary.offset_[unit])


def test_a_neuron_that_is_the_same_everywhere_has_nothing_to_share_out(finished, monkeypatch):
    layer = finished.layer(VECTOR)
    codes = layer.codes("Neurons-k128").tolil()
    codes[:, 5] = 0.25
    given = layer.codes
    monkeypatch.setattr(
        layer, "codes", lambda key: sparse.csc_array(codes) if key == "Neurons-k128" else given(key)
    )
    page = ask(finished, "split", layer=VECTOR, set=SAE, neuron=5)
    assert page.why_not == "This neuron is 0.25 everywhere, so there is nothing to share out."
    assert page.carriers == ()


def test_contributions_before_the_logits_add_up(finished):
    page = ask(finished, "image", layer=VECTOR, set="Neurons-k128", image=7)
    net = networks.load(finished.folder.path("network", "digit_cnn"))
    assert page.exact
    assert page.firing == len(page.units)
    total = page.contribution.sum(axis=0) + net.logits.bias.detach().numpy()
    np.testing.assert_allclose(total, page.logits, atol=1e-3)
    np.testing.assert_allclose(page.logits, networks.predict(net, finished.images[7:8])[0], atol=1e-4)
    assert page.lost == pytest.approx(0, abs=1e-9)


def test_units_offset_and_error_add_up_to_the_logits(finished):
    page = ask(finished, "image", layer=VECTOR, set=SAE, image=7)
    assert page.firing == len(page.units)
    np.testing.assert_allclose(
        page.contribution.sum(axis=0) + page.offset + page.error, page.logits, atol=1e-3
    )
    assert np.abs(page.error).max() > 0.01
    bent = ask(finished, "image", layer=MLP, set=SAE, image=7)
    assert not bent.exact
    assert bent.offset is None
    assert bent.error is None


def test_map_of_atoms_keeps_its_t_sne_outside_of_the_run(finished, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = sorted(path.name for path in finished.folder.root.rglob("*"))
    first = ask(RunData(finished.folder.root), "atlas", layer=MLP, set=SAE)  # which nobody has looked at yet
    assert first.place.shape == (40, 2)
    assert 0 < first.trustworthiness <= 1
    assert len(list(tmp_path.rglob("map-*.npz"))) == 1
    assert sorted(path.name for path in finished.folder.root.rglob("*")) == before
    again = ask(RunData(finished.folder.root), "atlas", layer=MLP, set=SAE)
    np.testing.assert_array_equal(again.place, first.place)


def test_health_tells_dead_units_and_training(finished):
    page = ask(finished, "health")
    by_layer = {layer.layer: layer for layer in page.layers}
    codes = finished.layer(MLP).codes(SAE).toarray()
    own = next(each for each in by_layer[MLP].sets if each.set == SAE)
    assert own.dead == (codes == 0).all(axis=0).sum()
    assert own.l0.value == pytest.approx((codes != 0).sum(axis=1).mean(), rel=1e-4)
    assert by_layer[VECTOR].sets == ()
    assert [network.losses.tolist() for network in page.networks] == [[2.0, 1.0, 0.5]] * 2


def test_drawing_of_an_image_fires_what_the_image_fires(finished):
    import base64

    pixels = base64.b64encode(finished.images.pixels[11].tobytes()).decode()
    page = ask(finished, "drawn", layer=VECTOR, set=SAE, pixels=pixels, fit="false")
    codes = finished.layer(VECTOR).codes(SAE).toarray()[11]
    np.testing.assert_allclose(page.activation, codes, atol=1e-4)


# --- concepts


def test_concepts_are_those_that_the_run_found(finished, tmp_path):
    import shutil

    copy = tmp_path / "run"
    shutil.copytree(finished.folder.root, copy)
    classes = finished.images.labels[:, None] == np.arange(10)
    # What most images have is easily detected, and says little.
    values = np.column_stack([classes, ~classes[:, 0]])
    names = [*(f"class {c}" for c in range(10)), "any class but 0"]
    (copy / "images").mkdir()
    np.savez_compressed(
        copy / "images" / "known.npz",
        **{
            "report.concepts": np.packbits(values.reshape(-1)),
            "report.concepts.shape": np.array(values.shape),
            "report.concepts.names": np.array(names),
        },
    )
    run = RunData(copy)
    unit = liveliest(run, VECTOR)
    page = ask(run, "unit-concepts", layer=VECTOR, set=SAE, unit=unit)
    code = run.layer(VECTOR).codes(SAE).toarray()[:, unit]
    best = page.best[0]
    hits = values[code != 0, names.index(best.name)]
    assert best.precision == pytest.approx(hits.mean())
    assert all(one.average_precision > one.frequency for one in page.best)
    gained = [(one.average_precision - one.frequency) / (1 - one.frequency) for one in page.best]
    assert [one.above_chance for one in page.best] == pytest.approx(gained)
    assert gained == sorted(gained, reverse=True)
    by_chance = explanations.concept_profile(code, values)
    better = (by_chance.average_precision > by_chance.frequency).sum()
    assert 0 < better < 11  # some are detected worse than by chance, and those are left out
    assert len(page.best) == min(better, 8)


def test_unit_and_table_name_the_same_best_concept(finished):
    chosen = ask(finished, "set-concepts", layer=MLP, set="PCA-k4")  # signed codes
    by_precision = 0
    for unit, row in enumerate(chosen.best):
        page = ask(finished, "unit-concepts", layer=MLP, set="PCA-k4", unit=unit)
        if not page.best:
            continue
        assert chosen.names[row] == page.best[0].name
        by_precision += page.best[0].name != max(page.best, key=lambda one: one.average_precision).name
    assert by_precision, "both rules choose alike here: the test tells them not apart"


def test_concepts_are_chosen_as_the_measure_chooses():
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(300, 12)) * (rng.random((300, 12)) < 0.3)
    codes[:, 4] = 0  # a dead unit
    codes[:, 5] = -np.abs(codes[:, 5])
    concepts = rng.random((300, 7)) < 0.4
    expected = measures.choose_concepts(codes, concepts)[0]
    np.testing.assert_array_equal(chosen_concepts(sparse.csc_array(codes), concepts), expected)
    assert expected[4] == expected[5] == -1


# --- what is not there


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("units", {"layer": "nowhere", "set": SAE}, "no layer 'nowhere'"),
        ("units", {"layer": MLP, "set": "NoSuch-k1"}, "no unit set 'NoSuch-k1'"),
        ("unit", {"layer": MLP, "set": SAE, "unit": 40}, "no unit 40: its units go from 0 to 39"),
        ("unit", {"layer": MLP, "set": SAE, "unit": -1}, "no unit -1"),
        ("unit-range", {"layer": MLP, "set": SAE, "unit": 0, "low": 2, "high": 1}, "is empty"),
        (
            "unit-range",
            {"layer": MLP, "set": SAE, "unit": 0, "low": 0, "high": 1, "label": 10},
            "no class number 10",
        ),
        ("unit-heat", {"layer": MAP, "set": SAE, "unit": 0, "images": "one"}, "named by their rows"),
        ("unit-heat", {"layer": MAP, "set": SAE, "unit": 0, "images": "300"}, "from 0 to 299"),
        ("thumbs", {"layer": MLP, "set": SAE, "number": 1}, "no picture 1"),
        ("thumbs", {"layer": MLP, "set": SAE, "number": 0, "look": "odd"}, "choose reads or top"),
        ("image", {"layer": MLP, "set": SAE, "image": 300}, "no image 300"),
        ("split", {"layer": MLP, "set": SAE, "neuron": 16}, "no unit 16"),
        ("atlas", {"layer": MLP, "set": SAE, "method": "umap"}, "choose pca or tsne"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(finished, name, given, said):
    with pytest.raises(NotThere, match=said):
        ask(finished, name, **given)
