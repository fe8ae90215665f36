import json

import numpy as np
import pytest

from sememe import dictionaries, measures, networks
from sememe.commands.image_source import read_images
from sememe.runs.unit_table import read_units


@pytest.fixture(scope="module")
def store(tmp_path_factory, network, pictures):
    """The store of hidden1 on the pictures."""
    from sememe import activations

    folder = tmp_path_factory.mktemp("measured") / "hidden1"
    activations.harvest(networks.load(network), read_images(str(pictures)), "hidden1", to=folder)
    return folder


@pytest.fixture(scope="module")
def sweep(tmp_path_factory, store):
    """A folder with two dictionaries of the store."""
    from sememe.activations import open_store

    folder, values = tmp_path_factory.mktemp("sweep"), open_store(store).values
    for n in (2, 4):
        dictionaries.save(dictionaries.PCA(n_components=n).fit(values), folder / f"n{n}")
    return folder


def rows_of(said):
    return {(row["unit_set"], row["measure"]): row for row in json.loads(said)["rows"]}


def test_scores_are_those_of_the_measures(command, store, sweep, pictures):
    code, said, _ = command("measure", sweep / "n2", store, "--images", pictures, "--json")
    assert code == 0
    found = rows_of(said)
    values = np.asarray(dictionaries.load(sweep / "n2").transform(_values(store)))
    labels = read_images(str(pictures)).labels
    expected = np.nanmean(measures.dominant_mass(_values(store), labels, n_classes=3))
    assert found["neurons", "dominant_mass"]["value"] == pytest.approx(expected)
    assert found["n2", "l0"]["value"] == pytest.approx(measures.l0(values))
    assert found["neurons", "fvu"]["value"] == 0
    assert found["n2", "fvu"]["low"] <= found["n2", "fvu"]["value"] <= found["n2", "fvu"]["high"]


def _values(store):
    from sememe.activations import open_store

    return np.asarray(open_store(store).values[:])


def test_the_table_names_units_measures_and_intervals(command, store, sweep):
    code, said, _ = command("measure", sweep / "n2", store)
    assert code == 0
    for word in ("neurons", "n2", "Fraction of variance", "[", "95 %", "120 items of 120 images"):
        assert word in said
    assert "Class selectivity" not in said


def test_all_dictionaries_of_a_sweep_are_measured(command, store, sweep):
    code, said, _ = command("measure", sweep, store, "--json")
    assert code == 0
    found = rows_of(said)
    assert found["n4", "fvu"]["value"] < found["n2", "fvu"]["value"]


def test_many_unit_sets_stand_below_one_another(command, store, tmp_path):
    for n in (1, 2, 3, 4):
        dictionaries.save(dictionaries.PCA(n_components=n).fit(_values(store)), tmp_path / f"n{n}")
    code, said, _ = command("measure", tmp_path, store)
    assert code == 0
    assert "  4 n4" in said


def test_a_transcoder_is_measured_on_the_later_layer(command, refused, store, tmp_path):
    later = _values(store)[:, :3] * 2
    np.save(tmp_path / "later.npy", later)
    transcoder = dictionaries.Transcoder(n_components=8, k=2, n_epochs=2).fit(_values(store), later)
    dictionaries.save(transcoder, tmp_path / "t")
    code, said, _ = command("measure", tmp_path / "t", store, "--target", tmp_path / "later.npy", "--json")
    assert code == 0
    expected = measures.fvu(later, transcoder.predict(_values(store)))
    assert rows_of(said)["t", "fvu"]["value"] == pytest.approx(expected, rel=1e-5)
    assert "--target gives a transcoder's later layer" in refused("measure", tmp_path / "t", store)


def test_items_may_be_fewer_and_follow_from_the_seed(command, store, sweep):
    few = ("measure", sweep / "n2", store, "--items", 60, "--json")
    first, again, other = (command(*few, "--seed", seed)[1] for seed in (0, 0, 1))
    assert rows_of(first)["n2", "fvu"]["items"] == 60
    assert first == again
    assert first != other


def test_an_encoder_says_how_alike_images_are(command, store, sweep, pictures, tmp_path):
    networks.save(networks.independent_encoder(seed=1), tmp_path / "encoder")
    options = ("--images", pictures, "--encoder", tmp_path / "encoder", "--json")
    code, said, _ = command("measure", sweep / "n2", store, *options)
    assert code == 0
    assert ("n2", "monosemanticity_score[encoder, centred]") in rows_of(said)


def test_every_units_own_scores_come_with_intervals(command, store, sweep, pictures, tmp_path):
    path = tmp_path / "units.parquet"
    code, _, _ = command("measure", sweep, store, "--images", pictures, "--units", path)
    assert code == 0
    units = read_units(path).to_pydict()
    assert units["unit_set"] == ["neurons"] * 16 + ["n2"] * 2 + ["n4"] * 4
    labels = read_images(str(pictures)).labels
    values = np.asarray(dictionaries.load(sweep / "n4").transform(_values(store)))
    expected = measures.dominant_mass(values, labels, n_classes=3)
    np.testing.assert_allclose(units["dominant_mass"][-4:], expected, rtol=1e-5)
    assert all(
        low <= value <= high
        for low, value, high in zip(
            units["dominant_mass:low"], units["dominant_mass"], units["dominant_mass:high"], strict=True
        )
    )


@pytest.mark.parametrize(
    ("labels", "note"), [(None, "has no labels"), (np.zeros(120, int), "is of one class only")]
)
def test_without_classes_the_rest_is_measured_and_it_is_said(command, network, sweep, tmp_path, labels, note):
    pixels = np.random.default_rng(1).integers(0, 256, (120, 28, 28), dtype=np.uint8)
    given = {"images": pixels} if labels is None else {"images": pixels, "labels": labels}
    np.savez(tmp_path / "shown.npz", **given)
    command("harvest", network, tmp_path / "shown.npz", "--layer", "hidden1", "--to", tmp_path / "store")
    networks.save(networks.independent_encoder(seed=1), tmp_path / "encoder")
    options = ("--images", tmp_path / "shown.npz", "--encoder", tmp_path / "encoder")
    code, said, _ = command("measure", sweep / "n2", tmp_path / "store", *options)
    assert code == 0
    assert f"Note: shown {note}, so how selective units are for classes is left out." in said
    code, said, _ = command("measure", sweep / "n2", tmp_path / "store", *options, "--json")
    assert [note in each for each in json.loads(said)["notes"]] == [True]
    assert ("n2", "monosemanticity_score[encoder, centred]") in rows_of(said)
    assert ("n2", "dominant_mass") not in rows_of(said)


def test_fewer_images_than_intervals_need_are_refused(
    command, refused, network, store, sweep, pictures, tmp_path
):
    part = f"{pictures}[0:10]"
    command("harvest", network, part, "--layer", "hidden1", "--to", tmp_path / "ten")
    for options in ([tmp_path / "ten", "--images", part], [tmp_path / "ten"], [store, "--items", 10]):
        said = refused("measure", sweep / "n2", *options)
        assert "The items are of 10 images, but intervals need at least 20" in said


def test_images_of_another_set_or_part_are_refused(refused, store, sweep, pictures):
    measure = ("measure", sweep / "n2", store)
    assert "--images names mnist-test" in refused(*measure, "--images", "mnist:test")
    assert f"--images names {pictures.stem}[:50]" in refused(*measure, "--images", f"{pictures}[:50]")


def test_bad_input_gets_one_sentence(refused, store, sweep, array, tmp_path):
    assert "nowhere" in refused("measure", tmp_path / "nowhere", store)
    assert "holds no dictionary" in refused("measure", tmp_path, store)
    assert "fitted on 16 neurons, but" in refused("measure", sweep / "n2", array)
    assert "There is no store" in refused("measure", sweep / "n2", tmp_path)
    assert "The seed must be 0 or more" in refused("measure", sweep / "n2", store, "--seed", -1)
    assert "1 items are too few" in refused("measure", sweep / "n2", store, "--items", 1)
    assert "--images" in refused("measure", sweep / "n2", store, "--encoder", tmp_path)
