import json

import numpy as np
import pytest
import torch

from references.peer_encoders import gated, jump_relu, relu, top_k
from sememe.dictionaries import L1SAE, TopKSAE
from sememe.dictionaries.batch_topk_sae import BatchTopKSAE
from sememe.dictionaries.formats import export_dictionary, import_dictionary
from sememe.dictionaries.matryoshka_sae import MatryoshkaSAE
from sememe.errors import FormatError


@pytest.fixture
def state(weights):
    """The ``state_dict`` of each of its classes, of one set of weights."""
    w = {name: torch.as_tensor(value) for name, value in vars(weights).items()}
    linear = {"encoder.weight": w["W_enc"].T, "encoder.bias": w["b_enc"], "decoder.weight": w["W_dec"].T}
    plain = {name: w[name] for name in ("W_enc", "b_enc", "W_dec", "b_dec")}
    k, threshold = torch.tensor(3, dtype=torch.int32), torch.tensor(0.4)
    return {
        "AutoEncoder": linear | {"bias": w["b_dec"]},
        "AutoEncoderNew": linear | {"decoder.bias": w["b_dec"]},
        "AutoEncoderTopK": linear | {"b_dec": w["b_dec"], "k": k, "threshold": torch.tensor(-1.0)},
        "BatchTopKSAE": linear | {"b_dec": w["b_dec"], "k": k, "threshold": threshold},
        "MatryoshkaBatchTopKSAE": plain
        | {"k": k, "threshold": threshold, "group_sizes": torch.tensor([2, 3, 4])},
        "JumpReluAutoEncoder": plain | {"threshold": w["threshold"]},
        "GatedAutoEncoder": {
            "encoder.weight": w["W_enc"].T,
            "decoder.weight": w["W_dec"].T,
            "decoder_bias": w["b_dec"],
            "r_mag": w["r_mag"],
            "gate_bias": w["b_gate"],
            "mag_bias": w["b_mag"],
        },
    }


@pytest.fixture
def trainer(tmp_path, state):
    """Writes the folder of a trainer; gives its path."""

    def write(name, found=None, **options):
        config = {"dict_class": name, "activation_dim": 5, "dict_size": 9, "layer": 0, "lm_name": "net"}
        config |= {"k": 3} if "TopK" in name else {}
        config = {key: value for key, value in (config | options).items() if value is not ...}
        (tmp_path / "config.json").write_text(json.dumps({"trainer": config, "buffer": {}}))
        torch.save(found or state[name], tmp_path / "ae.pt")
        return tmp_path

    return write


def test_an_autoencoder_gets_atoms_of_unit_length_as_its_loader_gives_it(trainer, weights, x):
    sae = import_dictionary(trainer("AutoEncoder"))
    assert isinstance(sae, L1SAE)
    lengths = np.linalg.norm(weights.W_dec, axis=1)
    codes = relu((x - weights.b_dec) @ weights.W_enc + weights.b_enc) * lengths
    np.testing.assert_allclose(sae.transform(x), codes, atol=1e-5)
    back = (codes / lengths) @ weights.W_dec + weights.b_dec
    np.testing.assert_allclose(sae.inverse_transform(codes), back, atol=1e-5)


def test_an_atom_of_zeros_stays_one(trainer, state):
    state["AutoEncoder"]["decoder.weight"][:, 2] = 0
    sae = import_dictionary(trainer("AutoEncoder"))
    np.testing.assert_array_equal(sae.components_[2], 0)
    assert np.isfinite(sae.components_).all()


def test_the_april_update_encodes_items_as_they_are(trainer, weights, x):
    sae = import_dictionary(trainer("AutoEncoderNew"))
    codes = relu(x @ weights.W_enc + weights.b_enc)
    np.testing.assert_allclose(sae.transform(x), codes, atol=1e-5)
    np.testing.assert_array_equal(sae.components_, weights.W_dec)


def test_top_k_does_not_use_its_threshold(trainer, state, weights, x):
    state["AutoEncoderTopK"]["threshold"] = torch.tensor(2.0)
    sae = import_dictionary(trainer("AutoEncoderTopK"))
    assert isinstance(sae, TopKSAE)
    codes = top_k((x - weights.b_dec) @ weights.W_enc + weights.b_enc, 3)
    np.testing.assert_allclose(sae.transform(x), codes, atol=1e-5)


def test_early_top_k_without_buffers_is_read(trainer, state):
    early = {key: value for key, value in state["AutoEncoderTopK"].items() if key not in ("k", "threshold")}
    assert import_dictionary(trainer("AutoEncoderTopK", early)).k == 3
    with pytest.raises(FormatError, match="k should be a positive integer, but is missing"):
        import_dictionary(trainer("AutoEncoderTopK", early, k=...))


@pytest.mark.parametrize("threshold", [0.4, -1.0])
@pytest.mark.parametrize("name", ["BatchTopKSAE", "MatryoshkaBatchTopKSAE"])
def test_batch_top_k_encodes_by_its_threshold_once_there_is_one(trainer, state, weights, x, name, threshold):
    state[name]["threshold"] = torch.tensor(threshold)
    sae = import_dictionary(trainer(name))
    assert type(sae) is {"BatchTopKSAE": BatchTopKSAE, "MatryoshkaBatchTopKSAE": MatryoshkaSAE}[name]
    assert sae.k == 3
    assert sae._prefixes() == ((9,) if name == "BatchTopKSAE" else (2, 5, 9))
    pre = (x - weights.b_dec) @ weights.W_enc + weights.b_enc
    np.testing.assert_allclose(sae.transform(x), jump_relu(pre, max(threshold, 0)), atol=1e-5)


def test_jump_relu_encodes_items_as_they_are(trainer, weights, x):
    codes = import_dictionary(trainer("JumpReluAutoEncoder")).transform(x)
    expected = jump_relu(x @ weights.W_enc + weights.b_enc, weights.threshold)
    np.testing.assert_allclose(codes, expected, atol=1e-5)


def test_gated_codes_are_those_of_the_formula(trainer, weights, x):
    codes = import_dictionary(trainer("GatedAutoEncoder")).transform(x)
    z = (x - weights.b_dec) @ weights.W_enc
    expected = gated(z, weights.b_gate, weights.r_mag, weights.b_mag)
    np.testing.assert_allclose(codes, expected, atol=1e-5)


def backup(state, config, norm_factor):
    optimizer = {
        "state": {0: {"step": torch.tensor(7.0)}},
        "param_groups": [{"lr": 1e-3, "betas": (0.9, 0.999)}],
    }
    return {"step": 7, "ae": state, "optimizer": optimizer, "config": config, "norm_factor": norm_factor}


@pytest.mark.parametrize("factor", [3.0, torch.tensor(3.0)])
def test_a_backup_is_brought_to_the_units_of_the_items(trainer, state, weights, x, factor):
    folder = trainer("AutoEncoderTopK", backup(state["AutoEncoderTopK"], {}, factor))
    sae = import_dictionary(folder)
    # It was trained on items divided by 3; codes of the items themselves are 3 times as large.
    codes = 3 * top_k((x / 3 - weights.b_dec) @ weights.W_enc + weights.b_enc, 3)
    np.testing.assert_allclose(sae.transform(x), codes, atol=1e-5)
    np.testing.assert_allclose(sae.offset_, 3 * weights.b_dec, rtol=1e-6)
    np.testing.assert_array_equal(sae.components_, weights.W_dec)


def test_a_backup_of_jump_relu_has_its_threshold_scaled(trainer, state, weights, x):
    folder = trainer("JumpReluAutoEncoder", backup(state["JumpReluAutoEncoder"], {}, 3.0))
    codes = 3 * jump_relu((x / 3) @ weights.W_enc + weights.b_enc, weights.threshold)
    np.testing.assert_allclose(import_dictionary(folder).transform(x), codes, atol=1e-5)


def test_a_backup_without_normalisation_is_taken_as_it_is_and_tells_its_class(trainer, state, weights, x):
    config = {"dict_class": "AutoEncoderTopK", "k": 3}
    folder = trainer("AutoEncoderTopK", backup(state["AutoEncoderTopK"], config, None))
    (folder / "config.json").unlink()
    codes = top_k((x - weights.b_dec) @ weights.W_enc + weights.b_enc, 3)
    np.testing.assert_allclose(import_dictionary(folder).transform(x), codes, atol=1e-5)


def test_a_backup_with_a_factor_that_is_no_scale_is_refused(trainer, state):
    folder = trainer("AutoEncoderTopK", backup(state["AutoEncoderTopK"], {}, 0.0))
    with pytest.raises(FormatError, match=r"norm_factor should be a positive number, but holds 0\.0"):
        import_dictionary(folder)


def test_a_checkpoint_takes_its_settings_from_the_folder_above(trainer, state):
    folder = trainer("AutoEncoderTopK")
    (folder / "checkpoints").mkdir()
    (folder / "ae.pt").rename(folder / "checkpoints" / "ae_100.pt")
    assert import_dictionary(folder / "checkpoints" / "ae_100.pt").k == 3


def test_a_lone_file_is_known_by_its_tensors_unless_two_classes_share_them(tmp_path, state):
    torch.save(state["AutoEncoderNew"], tmp_path / "new.pt")
    assert isinstance(import_dictionary(tmp_path / "new.pt"), L1SAE)
    torch.save(state["AutoEncoderTopK"], tmp_path / "topk.pt")
    with pytest.raises(FormatError, match=r"fit AutoEncoderTopK and BatchTopKSAE, and there is no config"):
        import_dictionary(tmp_path / "topk.pt")
    torch.save({"W": torch.zeros(2)}, tmp_path / "ae.pt")
    with pytest.raises(FormatError, match=r"the tensors \['W'\] fit none of AutoEncoder"):
        import_dictionary(tmp_path)


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("AutoEncoder", {"dict_class": "IdentityDict"}, "dict_class is 'IdentityDict', but only AutoEncoder"),
        ("AutoEncoder", {"dict_size": 8}, r"encoder.weight should have shape \(8, 5\), but has \(9, 5\)"),
        ("AutoEncoder", {"dict_size": "9"}, "dict_size should be a positive integer, but holds '9'"),
        ("AutoEncoder", {"dict_class": "AutoEncoderNew"}, r"no tensor decoder.bias: expected one of shape"),
        ("AutoEncoderTopK", {"k": 4}, "tensor k is 3, but config.json gives 4"),
    ],
)
def test_settings_that_do_not_fit_the_tensors_are_refused(trainer, name, options, says):
    with pytest.raises(FormatError, match=says):
        import_dictionary(trainer(name, **options))


def test_wrong_tensors_are_named_with_what_was_expected(trainer, state):
    state["AutoEncoder"]["decoder.weight"] = state["AutoEncoder"]["decoder.weight"].T
    with pytest.raises(FormatError, match=r"decoder.weight should have shape \(5, 9\), but has \(9, 5\)"):
        import_dictionary(trainer("AutoEncoder"))
    state["MatryoshkaBatchTopKSAE"]["group_sizes"] = torch.tensor([2, 3])
    with pytest.raises(FormatError, match="group_sizes should add up to the 9 components, but come to 5"):
        import_dictionary(trainer("MatryoshkaBatchTopKSAE"))
    with pytest.raises(FormatError, match="'lr' is of type float"):
        import_dictionary(trainer("AutoEncoder", {"lr": 0.1}))


def test_settings_of_another_kind_are_refused(trainer):
    folder = trainer("AutoEncoder")
    (folder / "config.json").write_text('{"trainer": 3}')
    with pytest.raises(FormatError, match="trainer should be an object of settings, but holds 3"):
        import_dictionary(folder)


@pytest.mark.parametrize("kind", [TopKSAE, L1SAE])
def test_what_is_exported_is_imported_bit_for_bit(items, tmp_path, kind):
    sae = kind(n_components=12, n_epochs=1, **({"k": 4} if kind is TopKSAE else {})).fit(items)
    export_dictionary(sae, tmp_path / "trainer", "dictionary_learning")
    tensors = torch.load(tmp_path / "trainer" / "ae.pt", weights_only=True)
    assert tensors["encoder.weight"].shape == (12, 10)
    assert tensors["decoder.weight"].shape == (10, 12)
    config = json.loads((tmp_path / "trainer" / "config.json").read_text())["trainer"]
    assert config["dict_class"] == {"TopKSAE": "AutoEncoderTopK", "L1SAE": "AutoEncoder"}[kind.__name__]
    back = import_dictionary(tmp_path / "trainer")
    assert type(back) is kind
    np.testing.assert_array_equal(back.transform(items), sae.transform(items))


def test_atoms_that_the_loader_would_divide_are_written_as_the_class_that_is_left_alone(trainer, tmp_path, x):
    sae = import_dictionary(trainer("AutoEncoderNew"))
    export_dictionary(sae, tmp_path / "back", "dictionary_learning")
    config = json.loads((tmp_path / "back" / "config.json").read_text())
    assert config["trainer"]["dict_class"] == "AutoEncoderNew"
    np.testing.assert_allclose(import_dictionary(tmp_path / "back").transform(x), sae.transform(x), atol=1e-5)


@pytest.mark.parametrize(
    "name", ["BatchTopKSAE", "MatryoshkaBatchTopKSAE", "JumpReluAutoEncoder", "GatedAutoEncoder"]
)
def test_every_class_is_written_as_itself(trainer, tmp_path, x, name):
    sae = import_dictionary(trainer(name))
    export_dictionary(sae, tmp_path / "back", "dictionary_learning")
    config = json.loads((tmp_path / "back" / "config.json").read_text())
    assert config["trainer"]["dict_class"] == name
    np.testing.assert_allclose(import_dictionary(tmp_path / "back").transform(x), sae.transform(x), atol=1e-5)
