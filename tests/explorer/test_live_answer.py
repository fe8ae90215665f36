"""What a drawing is answered with is what torch gives, edits and all."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from sememe import dictionaries, images, networks
from sememe.activations import splice
from sememe.errors import RunError
from sememe.explorer.endpoint import NotThere
from sememe.explorer.live.answer import answer
from sememe.explorer.live.frame import frame
from sememe.explorer.live.question import Edit, Question
from sememe.images import as_mnist

LAYERS = ["digit_mlp.hidden1", "digit_cnn.conv2", "digit_cnn.fc1"]


@pytest.fixture(scope="module")
def digit():
    return images.mnist("test").pixels[17]


def asked(digit, layer="digit_mlp.hidden1", unit_set="TopKSAE-k4", edits=(), keep_error=True, fit=False):
    return Question(1, layer, unit_set, digit, fit, tuple(edits), keep_error)


def torch_logits(folder, digit, key, function):
    network, layer = key.split(".")
    net = networks.load(folder / "network" / network)
    return splice(net, images.ImageSet(digit[None]), layer, function, device="cpu")[0]


@pytest.mark.parametrize("key", LAYERS)
def test_logits_with_and_without_the_reconstruction_equal_torch(folder, data, digit, key):
    dictionary = dictionaries.load(folder / "dictionaries" / key / "TopKSAE-k4")
    found = answer(data, asked(digit, key))
    np.testing.assert_allclose(found.logits, torch_logits(folder, digit, key, lambda x: x), atol=1e-4)
    reconstructed = torch_logits(
        folder, digit, key, lambda x: dictionary.inverse_transform(dictionary.transform(x))
    )
    np.testing.assert_allclose(found.logits_spliced, reconstructed, atol=1e-4)
    np.testing.assert_allclose(
        found.probabilities, torch.softmax(torch.from_numpy(found.logits), 0), atol=1e-6
    )


@pytest.mark.parametrize("key", LAYERS)
@pytest.mark.parametrize(("how", "value"), [("ablate", 0.0), ("clamp", 2.5), ("steer", -1.5)])
@pytest.mark.parametrize("keep_error", [True, False])
def test_an_edited_feature_gives_the_logits_that_torch_gives(
    folder, data, digit, key, how, value, keep_error
):
    dictionary = dictionaries.load(folder / "dictionaries" / key / "TopKSAE-k4")
    unit = int(answer(data, asked(digit, key)).units[0])

    def edited(x):
        codes = dictionary.transform(x)
        after = codes.copy()
        after[:, unit] = {"ablate": 0.0, "clamp": value, "steer": after[:, unit] + value}[how]
        error = x - dictionary.inverse_transform(codes) if keep_error else 0
        return dictionary.inverse_transform(after) + error

    found = answer(data, asked(digit, key, edits=[Edit("features", unit, how, value)], keep_error=keep_error))
    expected = torch_logits(folder, digit, key, edited)
    np.testing.assert_allclose(found.logits_after, expected, atol=3e-4)
    assert not np.allclose(found.logits_after, found.logits, atol=1e-3)


@pytest.mark.parametrize("key", LAYERS)
def test_an_ablated_neuron_gives_the_logits_that_torch_gives(folder, data, digit, key):
    def edited(x):
        return np.where(np.arange(x.shape[1]) == 3, 0, x)

    found = answer(data, asked(digit, key, edits=[Edit("neurons", 3, "ablate")]))
    np.testing.assert_allclose(found.logits_after, torch_logits(folder, digit, key, edited), atol=1e-4)


@pytest.mark.parametrize("key", LAYERS)
def test_a_units_effect_is_what_its_ablation_takes_away(data, digit, key):
    found = answer(data, asked(digit, key))
    for row in range(min(3, len(found.units))):
        without = answer(data, asked(digit, key, edits=[Edit("features", int(found.units[row]), "ablate")]))
        np.testing.assert_allclose(found.unit_effects[row], found.logits - without.logits_after, atol=2e-4)
    without = answer(data, asked(digit, key, edits=[Edit("neurons", 5, "ablate")]))
    np.testing.assert_allclose(found.neuron_effects[5], found.logits - without.logits_after, atol=2e-4)


def test_without_edits_nothing_is_after_and_with_them_the_later_layers_are(data, digit):
    assert answer(data, asked(digit)).layers_after == {}
    after = answer(data, asked(digit, edits=[Edit("features", 0, "clamp", 1.0)])).layers_after
    assert set(after) == {"hidden1", "hidden2"}


@pytest.mark.parametrize("key", LAYERS)
def test_effects_after_an_edit_are_of_what_is_left(data, digit, key):
    first, second = (
        Edit("features", int(unit), "ablate") for unit in answer(data, asked(digit, key)).units[:2]
    )
    third, fourth = Edit("neurons", 3, "ablate"), Edit("neurons", 5, "ablate")
    found = answer(data, asked(digit, key, edits=[first]))
    without = answer(data, asked(digit, key, edits=[first, second])).logits_after
    np.testing.assert_array_equal(found.units[:2], [first.unit, second.unit])
    np.testing.assert_allclose(found.unit_effects_after[0], 0, atol=1e-6)
    np.testing.assert_allclose(found.unit_effects_after[1], found.logits_after - without, atol=2e-4)
    found = answer(data, asked(digit, key, edits=[third]))
    without = answer(data, asked(digit, key, edits=[third, fourth])).logits_after
    np.testing.assert_allclose(found.neuron_effects_after[3], 0, atol=1e-6)
    np.testing.assert_allclose(found.neuron_effects_after[5], found.logits_after - without, atol=2e-4)


def test_without_edits_there_are_no_parts_after(data, digit):
    found = answer(data, asked(digit, "digit_cnn.conv2"))
    parts = ("maps_after", "edges_after", "unit_effects_after", "neuron_effects_after")
    assert [getattr(found, part) for part in parts] == [None] * 4
    assert found.firing_after == found.firing
    spliced = answer(data, asked(digit, "digit_cnn.conv2", keep_error=False))
    np.testing.assert_array_equal(spliced.edges_after, spliced.edges)


def test_unit_that_an_edit_switches_on_is_shown_after_those_that_fire(data, digit):
    before = answer(data, asked(digit, "digit_cnn.conv2"))
    unit = int(np.flatnonzero(before.strength == 0)[0])
    found = answer(data, asked(digit, "digit_cnn.conv2", edits=[Edit("features", unit, "clamp", 2.0)]))
    np.testing.assert_array_equal(found.units, [*before.units, unit])
    assert (found.maps[-1] == 0).all()
    assert (found.maps_after[-1] == 2).all()
    assert not found.edges_after[-1].any()  # its value comes from no neuron
    assert np.abs(found.unit_effects_after[-1]).max() > 0.01


def test_ablated_neuron_gives_nothing_to_the_features_that_are_read_again(data, digit):
    found = answer(data, asked(digit, edits=[Edit("neurons", 0, "ablate")]))
    assert found.edges[:, 0].any()
    assert not found.edges_after[:, 0].any()
    opened = data.layer("digit_mlp.hidden1").unit_set("TopKSAE-k4").dictionary
    by_hand = opened.encoder[found.units] * found.layers_after["hidden1"]
    by_hand[found.strength_after[found.units] == 0] = 0
    np.testing.assert_allclose(found.edges_after, by_hand, atol=1e-6)


def test_held_feature_stays_held_when_neurons_are_edited_as_well(data, digit):
    unit = int(answer(data, asked(digit)).units[0])
    edits = [Edit("features", unit, "ablate"), Edit("neurons", 3, "steer", 0.1)]
    found = answer(data, asked(digit, edits=edits))
    assert found.strength_after[unit] == 0
    assert not found.edges_after[0].any()
    assert found.firing_after == np.count_nonzero(found.strength_after)


def test_edges_sum_to_what_the_encoder_is_given(data, digit):
    found = answer(data, asked(digit))
    opened = data.layer("digit_mlp.hidden1").unit_set("TopKSAE-k4").dictionary
    by_hand = opened.encoder[found.units] * found.layers["hidden1"]
    np.testing.assert_allclose(found.edges, by_hand, atol=1e-6)


def test_of_a_map_codes_are_summed_and_shown_by_position(data, digit):
    found = answer(data, asked(digit, "digit_cnn.conv2"))
    assert found.maps.shape == (len(found.units), 10, 10)
    np.testing.assert_allclose(found.maps.sum(axis=(1, 2)), found.strength[found.units], rtol=1e-4)
    assert found.layers["conv2"].shape == (32, 10, 10)


def test_a_drawing_is_brought_to_mnists_place_unless_told_otherwise(data, digit):
    moved = np.roll(digit, 5, axis=1)
    assert np.array_equal(answer(data, asked(moved, fit=True)).image, as_mnist(moved))
    assert np.array_equal(answer(data, asked(moved)).image, moved)


def test_blank_paper_is_answered(data):
    found = answer(data, asked(np.zeros((28, 28), np.uint8), fit=True))
    assert np.isfinite(found.probabilities).all()


@pytest.mark.parametrize(
    ("question", "error", "message"),
    [
        ({"layer": "../../etc"}, NotThere, "no layer '../../etc'; it has digit_mlp.hidden1"),
        ({"unit_set": "nothing"}, NotThere, "no unit set 'nothing'; it has Neurons-k16"),
        ({"edits": [Edit("features", 40, "ablate")]}, RunError, "There are 40 features here"),
        ({"edits": [Edit("neurons", 16, "ablate")]}, RunError, "There are 16 neurons here"),
    ],
)
def test_what_is_not_there_is_said(data, digit, question, error, message):
    with pytest.raises(error, match=message):
        answer(data, asked(digit, **question))


def test_a_frame_holds_every_array_in_place(data, digit):
    found = answer(data, asked(digit, "digit_cnn.conv2"))
    content = frame(found)
    length = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + length])
    assert (4 + length) % 4 == 0
    read = {}
    for name, key, kind, shape, offset in header["arrays"]:
        assert offset % 4 == 0
        values = np.frombuffer(content, kind, int(np.prod(shape)), 4 + length + offset).reshape(shape)
        read[name, key] = values
    np.testing.assert_array_equal(read["probabilities", None], found.probabilities)
    np.testing.assert_array_equal(read["layers", "conv2"], found.layers["conv2"])
    np.testing.assert_array_equal(read["image", None], found.image)
    assert header["values"]["number"] == 1
    named = {name for name, _, *_ in header["arrays"]} | set(header["values"])
    assert named == {field.name for field in dataclasses.fields(found)}
