import numpy as np
import pytest

from sememe import activations, networks
from sememe.images import npz


def test_the_store_holds_what_harvest_gives_in_memory(command, network, pictures, tmp_path):
    code, said, _ = command("harvest", network, pictures, "--layer", "hidden1", "--to", tmp_path / "store")
    assert code == 0
    assert "hidden1, 120 items x 16 neurons" in said
    expected = activations.harvest(networks.load(network), npz(pictures), "hidden1")
    store = activations.open_store(tmp_path / "store", verify=True)
    np.testing.assert_array_equal(store.rows(0, 120), expected.values)


def test_several_layers_get_a_folder_each(command, network, pictures, tmp_path):
    layers = ("--layer", "hidden1", "--layer", "hidden2")
    code, _, _ = command("harvest", network, pictures, *layers, "--to", tmp_path / "both")
    assert code == 0
    for layer in ("hidden1", "hidden2"):
        assert activations.open_store(tmp_path / "both" / layer).layer == layer


def test_positions_may_concern_one_layer_of_several(command, pictures, tmp_path):
    layers = ("--layer", "conv2", "--layer", "fc1", "--positions", 2)
    code, _, _ = command("harvest", "digit_cnn", f"{pictures}[:10]", *layers, "--to", tmp_path)
    assert code == 0
    assert [len(activations.open_store(tmp_path / name)) for name in ("conv2", "fc1")] == [20, 10]


def test_positions_weighting_and_pool_arrive(command, pictures, tmp_path):
    conv = ("harvest", "digit_cnn", f"{pictures}[:10]", "--layer", "conv2")
    options = ("--positions", 3, "--weighted", "norm", "--seed", 5)
    code, said, _ = command(*conv, *options, "--to", tmp_path / "some")
    assert code == 0
    assert "30 items x 32 neurons (3 positions an image of a map of 10 x 10)" in said
    assert "digit_cnn by its name is untrained" in said
    store = activations.open_store(tmp_path / "some")
    assert (store.sampling.weighted, store.sampling.seed) == ("norm", 5)
    command(*conv, "--pool", "max", "--to", tmp_path / "pooled")
    assert activations.open_store(tmp_path / "pooled").pool == "max"
    assert activations.open_store(tmp_path / "pooled").images.endswith("[:10]")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": "resnet"}, "There is no network 'resnet'"),
        ({"images": "nowhere"}, "There are no images 'nowhere'"),
        ({"--layer": "fc9"}, "has no layer 'fc9'"),
        ({"--seed": -1}, "The seed must be 0 or more, but -1 arrived"),
        ({"--device": "tpu"}, '"tpu"'),
        ({"--pool": "median"}, '"median"'),
        ({"--batch-size": 0}, "The batch size is 0"),
        ({"--layer": "conv2", "--positions": 0}, "0"),
        ({"--positions": 3}, "fc1 has no positions, but one vector an image: leave --positions out"),
        ({"--pool": "max"}, "fc1 has no positions, but one vector an image: leave --pool out"),
        ({"--layer": "conv2", "--weighted": "ink"}, "say how many with --positions"),
        ({"--layer": "conv2", "--pool": "max", "--positions": 3}, "--positions has none to draw"),
        ({"--size": 14}, "--size and --channels are for folders of pictures"),
    ],
)
def test_bad_input_gets_one_sentence_and_leaves_nothing(refused, pictures, tmp_path, change, message):
    given = {"network": "digit_cnn", "images": f"{pictures}[:4]", "--layer": "fc1", "--to": tmp_path / "x"}
    given |= change
    options = [part for name, value in given.items() if name.startswith("--") for part in (name, value)]
    assert message in refused("harvest", given["network"], given["images"], *options)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_other_things_is_left_alone(refused, network, pictures, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    said = refused("harvest", network, pictures, "--layer", "hidden1", "--to", tmp_path)
    assert "thesis.txt, which would be lost" in said
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
