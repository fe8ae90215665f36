"""What the pages are told, against plain sums over the run's own arrays: a finished layer and a bare one."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import rankdata

from sememe import networks
from sememe.activations import splice
from sememe.explorer.endpoint import NotThere, plain, read_parameters
from sememe.explorer.live.run_data import RunData
from sememe.explorer.views import ENDPOINTS
from sememe.explorer.views.standing import below
from sememe.explorer.views.units import unit_scores
from sememe.runs.unit_table import read_units, write_units

BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}
MLP, MAP, VECTOR = "digit_mlp.hidden1", "digit_cnn.conv2", "digit_cnn.fc1"
SAE = "TopKSAE-k4"


def ask(run: RunData, name: str, **given):
    endpoint = BY_NAME[name]
    return endpoint.answer(run, read_parameters(endpoint.parameters, {k: str(v) for k, v in given.items()}))


def liveliest(run: RunData, layer: str, unit_set: str = SAE) -> int:
    return int(np.diff(run.layer(layer).codes(unit_set).indptr).argmax())


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


# --- units


def test_density_and_profile_of_every_unit_are_those_of_its_codes(finished):
    page = ask(finished, "units", layer=MLP, set=SAE)
    codes = finished.layer(MLP).codes(SAE).toarray()
    np.testing.assert_allclose(page.density, (codes != 0).mean(axis=0))
    np.testing.assert_allclose(page.greatest, codes.max(axis=0), rtol=1e-6)
    labels = finished.images.labels
    mass = np.stack([np.abs(codes[labels == c]).sum(axis=0) for c in range(10)], axis=1)
    alive = mass.sum(axis=1) > 0
    assert (page.top_class[alive] == mass[alive].argmax(axis=1)).all()
    assert (page.top_class[~alive] == -1).all()
    assert page.shares[alive].sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_scores_of_units_are_those_that_the_run_wrote(finished):
    page = ask(finished, "units", layer=MLP, set=SAE)
    table = finished.layer(MLP).units.to_pylist()
    written = [row["class_selectivity"] for row in table if row["unit_set"] == SAE]
    column = next(each for each in page.columns if each.key == "class_selectivity")
    expected = np.array([np.nan if score is None else score for score in written])
    np.testing.assert_array_equal(column.values, expected)


def test_layer_that_is_not_measured_says_so_and_shows_its_units(finished):
    page = ask(finished, "units", layer=VECTOR, set=SAE)
    assert not page.measured
    assert page.columns == ()
    assert len(page.density) == 40


def test_csv_holds_every_unit_and_every_score(finished):
    answer = ask(finished, "units.csv", layer=MLP, set=SAE)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    page = ask(finished, "units", layer=MLP, set=SAE)
    assert [int(row["unit"]) for row in rows] == list(range(40))
    assert {column.key for column in page.columns} <= set(rows[0])
    assert [float(row["density"]) for row in rows] == page.density.tolist()
    assert answer.name == "digit_mlp.hidden1.TopKSAE-k4.units.csv"


@pytest.mark.parametrize("look", ["reads", "top"])
def test_thumbnails_lie_sixteen_in_a_row_and_dead_units_are_empty(finished, look):
    picture = Image.open(
        io.BytesIO(ask(finished, "thumbs", layer=VECTOR, set=SAE, number=0, look=look).content)
    )
    assert picture.size == (16 * 28, 3 * 28)
    pixels = np.asarray(picture)
    dead = np.diff(finished.layer(VECTOR).codes(SAE).indptr) == 0
    for unit in range(40):
        row, column = divmod(unit, 16)
        tile = pixels[row * 28 : row * 28 + 28, column * 28 : column * 28 + 28]
        assert (tile[..., 3].max() == 0) == dead[unit]


def test_neurons_that_read_pixels_show_their_weights(finished):
    net = networks.load(finished.folder.path("network", "digit_mlp"))
    page = ask(finished, "unit", layer=MLP, set="Neurons-k16", unit=3)
    assert page.reads.look == "weights"
    weights = net.hidden1.linear.weight[3].detach().numpy().reshape(28, 28)
    np.testing.assert_array_equal(page.reads.picture, weights)


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
    dead = np.flatnonzero(np.diff(finished.layer(VECTOR).codes(SAE).indptr) == 0)
    if not len(dead):
        pytest.skip("no unit of this fit is dead")
    where = {"layer": VECTOR, "set": SAE, "unit": int(dead[0])}
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


def test_percentile_is_the_share_of_units_that_score_lower():
    scores = np.random.default_rng(0).normal(size=50)
    ranks = rankdata(scores)
    for unit in range(50):
        assert below(scores[unit], scores) == pytest.approx((ranks[unit] - 0.5) / 50)


def test_standings_name_the_neurons_and_the_controls(finished):
    scores = ask(finished, "unit-scores", layer=MLP, set=SAE, unit=liveliest(finished, MLP))
    among = {one.set for score in scores for one in score.among}
    assert {SAE, "Neurons-k16", "RandomDictionary-k3"} <= among
    assert all(0 <= one.below <= 1 for score in scores for one in score.among)
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


def test_shares_of_a_split_neuron_add_up_to_one(finished):
    page = ask(finished, "split", layer=VECTOR, set=SAE, neuron=liveliest(finished, VECTOR, "Neurons-k128"))
    total = sum(one.share for one in page.carriers) + page.others + page.constant + page.error
    assert total == pytest.approx(1, abs=1e-6)
    sizes = [abs(one.share) for one in page.carriers]
    assert sizes == sorted(sizes, reverse=True)


def test_contributions_before_the_logits_add_up(finished):
    page = ask(finished, "image", layer=VECTOR, set="Neurons-k128", image=7)
    net = networks.load(finished.folder.path("network", "digit_cnn"))
    assert page.exact
    assert page.firing == len(page.units)
    total = page.contribution.sum(axis=0) + net.logits.bias.detach().numpy()
    np.testing.assert_allclose(total, page.logits, atol=1e-3)
    np.testing.assert_allclose(page.logits, networks.predict(net, finished.images[7:8])[0], atol=1e-4)
    assert page.lost == pytest.approx(0, abs=1e-9)


def test_map_of_atoms_keeps_its_t_sne_outside_of_the_run(finished, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = sorted(path.name for path in finished.folder.root.rglob("*"))
    first = ask(finished, "atlas", layer=MLP, set=SAE)
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
    values = finished.images.labels[:, None] == np.arange(10)
    (copy / "images").mkdir()
    np.savez_compressed(
        copy / "images" / "known.npz",
        **{
            "report.concepts": np.packbits(values.reshape(-1)),
            "report.concepts.shape": np.array(values.shape),
            "report.concepts.names": np.array([f"class {c}" for c in range(10)]),
        },
    )
    run = RunData(copy)
    unit = liveliest(run, VECTOR)
    page = ask(run, "unit-concepts", layer=VECTOR, set=SAE, unit=unit)
    code = run.layer(VECTOR).codes(SAE).toarray()[:, unit]
    best = page.best[0]
    hits = values[code != 0, int(best.name[-1])]
    assert best.precision == pytest.approx(hits.mean())
    chosen = ask(run, "set-concepts", layer=VECTOR, set=SAE)
    assert chosen.names[chosen.best[unit]] == best.name


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
