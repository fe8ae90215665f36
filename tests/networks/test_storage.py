"""Networks on disk: equal when loaded, refused when changed."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from networks.bars import bars, small_classifier, weights
from sememe.errors import FormatError
from sememe.networks import digit_mlp, load, load_weights, predict, registry, save
from sememe.networks.storage import CONFIG, WEIGHTS


def change_config(folder, **changes):
    path = folder / CONFIG
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("name", sorted(registry()))
def test_every_registered_network_comes_back_equal(name, tmp_path):
    net = registry()[name](seed=4).eval()
    save(net, tmp_path / "net")
    back = load(tmp_path / "net")
    assert type(back) is type(net)
    np.testing.assert_array_equal(predict(back, bars(20)), predict(net, bars(20)))


def test_arguments_are_kept(tmp_path):
    save(digit_mlp(hidden1=24), tmp_path / "net")
    assert load(tmp_path / "net").hidden1.linear.out_features == 24


def test_a_folder_holds_two_files_and_is_replaced_as_one(tmp_path):
    for seed in (1, 2):
        save(digit_mlp(seed=seed), tmp_path / "net")
    assert sorted(path.name for path in tmp_path.rglob("*")) == [CONFIG, "net", WEIGHTS]
    assert torch.equal(weights(load(tmp_path / "net")), weights(digit_mlp(seed=2)))


def test_any_module_gets_its_weights_back(tmp_path):
    save(small_classifier(seed=1), tmp_path / "net")
    for path in (tmp_path / "net", tmp_path / "net" / WEIGHTS):
        net = small_classifier(seed=2)
        load_weights(net, path)
        assert torch.equal(weights(net), weights(small_classifier(seed=1)))


def test_a_module_outside_the_registry_says_how_to_load_it(tmp_path):
    save(small_classifier(), tmp_path / "net")
    with pytest.raises(FormatError, match=r"Sequential, which is not in the registry.*load_weights"):
        load(tmp_path / "net")


def test_one_changed_byte_is_noticed(tmp_path):
    save(digit_mlp(), tmp_path / "net")
    path = tmp_path / "net" / WEIGHTS
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(FormatError, match="checksum differs"):
        load(tmp_path / "net")


def test_a_truncated_file_is_noticed_without_a_checksum(tmp_path):
    save(digit_mlp(), tmp_path / "net")
    path = tmp_path / "net" / WEIGHTS
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FormatError, match="not a whole safetensors file"):
        load_weights(digit_mlp(), path)


def test_a_wrong_shape_names_tensor_found_and_expected_and_changes_nothing(tmp_path):
    save(digit_mlp(hidden2=9), tmp_path / "net")
    net = digit_mlp(seed=3)
    with pytest.raises(
        FormatError, match=r"'hidden2.linear.bias' as float32 \(9,\).*expects float32 \(16,\)"
    ):
        load_weights(net, tmp_path / "net")
    assert torch.equal(weights(net), weights(digit_mlp(seed=3)))


def test_missing_foreign_and_recast_tensors_are_named(tmp_path):
    state = {name: value.contiguous() for name, value in digit_mlp().state_dict().items()}
    path = tmp_path / "w.safetensors"
    save_file({name: value for name, value in state.items() if name != "logits.bias"}, path)
    with pytest.raises(FormatError, match=r"no weights for 'logits.bias'"):
        load_weights(digit_mlp(), path)
    save_file(state | {"extra": torch.zeros(2)}, path)
    with pytest.raises(FormatError, match="holds 'extra', which DigitMLP does not have"):
        load_weights(digit_mlp(), path)
    save_file(state | {"logits.bias": state["logits.bias"].half()}, path)
    with pytest.raises(FormatError, match=r"'logits.bias' as float16 \(10,\)"):
        load_weights(digit_mlp(), path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "another"}, "does not describe"),
        ({"network": "resnet"}, "not in the registry"),
        ({"arguments": 3}, "gives no arguments"),
        ({"arguments": {"depth": 3}}, "arguments that build no digit_mlp"),
        ({"arguments": {"hidden1": -3}}, "arguments that build no digit_mlp"),
    ],
)
def test_a_changed_config_is_refused(changes, message, tmp_path):
    save(digit_mlp(), tmp_path / "net")
    change_config(tmp_path / "net", **changes)
    with pytest.raises(FormatError, match=message):
        load(tmp_path / "net")


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(FormatError, match="There is no file"):
        load(tmp_path / "nothing")
    with pytest.raises(FormatError, match="There is no file"):
        load_weights(digit_mlp(), tmp_path / "nothing.safetensors")
