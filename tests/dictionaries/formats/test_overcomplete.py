import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from references.peer_encoders import jump_relu, relu, top_k
from sememe.dictionaries import L1SAE, PCA, TopKSAE
from sememe.dictionaries.formats import export_dictionary, import_dictionary
from sememe.errors import DictionaryError, FormatError


@pytest.fixture
def state(weights):
    """The ``state_dict`` of a plain module; ``pre`` gives what its encoder makes of items."""
    return {
        "encoder.final_block.0.weight": torch.as_tensor(weights.W_enc.T.copy()),
        "encoder.final_block.0.bias": torch.as_tensor(weights.b_enc),
        "dictionary._weights": torch.as_tensor(weights.W_dec),
        "dictionary.multiplier": torch.tensor(0.4),
    }


@pytest.fixture
def module(tmp_path, state):
    """Writes a ``state_dict`` and, if there are settings, overcomplete.json; gives the folder."""

    def write(settings=None, tensors=None):
        content = {key: value for key, value in (state | (tensors or {})).items() if value is not None}
        torch.save(content, tmp_path / "module.pt")
        if settings is not None:
            (tmp_path / "overcomplete.json").write_text(json.dumps(settings))
        return tmp_path

    return write


def pre(weights, x):
    return x @ weights.W_enc + weights.b_enc


def unit(atoms):
    return atoms / np.linalg.norm(atoms, axis=1, keepdims=True)


def test_codes_and_atoms_are_those_of_the_formula(module, weights, x):
    sae = import_dictionary(module({"class": "TopKSAE", "top_k": 3}))
    assert isinstance(sae, TopKSAE)
    np.testing.assert_allclose(sae.transform(x), top_k(pre(weights, x), 3), atol=1e-5)
    # The multiplier is a logarithm, and there is no decoder bias.
    np.testing.assert_allclose(sae.components_, np.exp(0.4) * unit(weights.W_dec), rtol=1e-5)
    np.testing.assert_array_equal(sae.offset_, 0)


@pytest.mark.parametrize(
    ("normalisation", "divisor"),
    [
        ("l2", lambda d: np.linalg.norm(d, axis=1, keepdims=True)),
        ("l1", lambda d: np.abs(d).sum(axis=1, keepdims=True)),
        ("max_l2", lambda d: np.linalg.norm(d, axis=1).max()),
        ("max_l1", lambda d: np.abs(d).sum(axis=1).max()),
        ("identity", lambda d: 1.0),
    ],
)
def test_atoms_are_normalised_as_the_dictionary_layer_does(module, weights, x, normalisation, divisor):
    sae = import_dictionary(module({"class": "SAE", "dictionary_params": {"normalization": normalisation}}))
    expected = np.exp(0.4) * weights.W_dec / divisor(weights.W_dec)
    np.testing.assert_allclose(sae.components_, expected, rtol=1e-5)
    np.testing.assert_allclose(sae.transform(x), relu(pre(weights, x)), atol=1e-5)


def test_thresholds_are_logarithms_and_tell_the_class(module, weights, x):
    folder = module(tensors={"thresholds": torch.as_tensor(np.log(weights.threshold))})
    codes = import_dictionary(folder / "module.pt").transform(x)
    np.testing.assert_allclose(codes, jump_relu(pre(weights, x), weights.threshold), atol=1e-5)


def test_the_threshold_of_batch_top_k_has_to_be_given(module, weights, x):
    sae = import_dictionary(module({"class": "BatchTopKSAE", "running_threshold": 0.7}))
    np.testing.assert_allclose(sae.transform(x), jump_relu(pre(weights, x), 0.7), atol=1e-5)
    with pytest.raises(FormatError, match="running_threshold should be a positive number, but is missing"):
        import_dictionary(module({"class": "BatchTopKSAE"}))


def test_a_relaxed_archetypal_dictionary_is_mixed_from_its_points(module, weights):
    rng = np.random.default_rng(2)
    points = rng.normal(size=(4, 5)).astype(np.float32)
    mixture, relax = rng.normal(size=(9, 4)).astype(np.float32), rng.normal(size=(9, 5)).astype(np.float32)
    mixture[:, 0] = 1  # no row without anything positive
    relax[0] *= 0.01  # within the bound, which leaves it as it is
    tensors = {"dictionary.C": points, "dictionary.W": mixture, "dictionary.Relax": relax}
    tensors = {key: torch.as_tensor(value) for key, value in tensors.items()} | {"dictionary._weights": None}
    sae = import_dictionary(module({"class": "RATopKSAE", "top_k": 2, "delta": 0.5}, tensors))
    shares = np.maximum(mixture, 0)
    shares /= shares.sum(axis=1, keepdims=True)
    bounded = relax * np.minimum(1, 0.5 / np.linalg.norm(relax, axis=1, keepdims=True))
    np.testing.assert_allclose(sae.components_, np.exp(0.4) * (shares @ points + bounded), atol=1e-5)


def test_an_offset_beside_the_module_is_added_and_does_not_change_the_codes(module, weights, x):
    settings = {"class": "TopKSAE", "top_k": 3, "offset": weights.b_dec.tolist()}
    sae = import_dictionary(module(settings))
    np.testing.assert_allclose(sae.transform(x), top_k(pre(weights, x), 3), atol=1e-5)
    np.testing.assert_array_equal(sae.offset_, weights.b_dec)
    with pytest.raises(FormatError, match="offset should be a list of 5 numbers"):
        import_dictionary(module(settings | {"offset": [1.0]}))


def test_a_state_dict_that_does_not_tell_its_class_says_what_to_write(module):
    with pytest.raises(FormatError, match=r'which class .* write overcomplete.json .*"class": "TopKSAE"'):
        import_dictionary(module() / "module.pt")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"class": "QSAE"}, "class is 'QSAE', but only SAE, TopKSAE"),
        ({"class": "TopKSAE"}, "top_k should be a positive integer, but is missing"),
        ({"class": "TopKSAE", "top_k": 0}, "top_k should be a positive integer, but holds 0"),
        ({"class": "TopKSAE", "top_k": 10}, "k is 10 in the file, but there are only 9 components"),
        (
            {"class": "SAE", "dictionary_params": {"normalization": "max"}},
            "normalization is 'max', but only",
        ),
        ({"class": "JumpSAE"}, r"no tensor thresholds: expected one of shape \(9,\)"),
    ],
)
def test_wrong_settings_are_named(module, settings, says):
    with pytest.raises(FormatError, match=says):
        import_dictionary(module(settings))


def test_another_encoder_than_the_linear_one_is_refused(module):
    settings = {"class": "SAE"}
    with pytest.raises(
        FormatError, match=r"the encoder has \['encoder.final_block.1.running_mean'\], but only"
    ):
        import_dictionary(module(settings, {"encoder.final_block.1.running_mean": torch.zeros(9)}))
    with pytest.raises(FormatError, match="the encoder has no weights, but only the linear one"):
        import_dictionary(module(settings, {"encoder.final_block.0.weight": None}))


def test_a_transposed_dictionary_is_named(module, weights):
    with pytest.raises(FormatError, match=r"_weights should have shape \(9, 5\), but has \(5, 9\)"):
        import_dictionary(module({"class": "SAE"}, {"dictionary._weights": torch.zeros(5, 9)}))


def test_a_pickled_module_is_refused_with_how_to_convert_it(tmp_path):
    torch.save(nn.Linear(2, 3), tmp_path / "sae.pt")
    with pytest.raises(FormatError, match=r"holds a pickled object.*torch.save its state_dict\(\)"):
        import_dictionary(tmp_path / "sae.pt")


def test_a_folder_with_two_state_dicts_asks_for_one(module, state):
    folder = module({"class": "SAE"})
    save_file(state, folder / "other.safetensors")
    with pytest.raises(FormatError, match=r"holds \['module.pt', 'other.safetensors'\]: name the file"):
        import_dictionary(folder)
    assert isinstance(import_dictionary(folder / "other.safetensors"), L1SAE)
    (folder / "module.pt").unlink()
    assert isinstance(import_dictionary(folder / "overcomplete.json"), L1SAE)


@pytest.mark.parametrize("kind", [TopKSAE, L1SAE])
def test_what_is_exported_is_imported_with_the_same_codes(items, tmp_path, kind):
    sae = kind(n_components=12, n_epochs=1, **({"k": 4} if kind is TopKSAE else {})).fit(items)
    export_dictionary(sae, tmp_path / "module", "overcomplete")
    settings = json.loads((tmp_path / "module" / "overcomplete.json").read_text())
    assert settings["class"] == {"TopKSAE": "TopKSAE", "L1SAE": "SAE"}[kind.__name__]
    assert "dictionary_params" not in settings
    tensors = load_file(tmp_path / "module" / "state_dict.safetensors")
    assert tensors["dictionary._weights"].shape == (12, 10)
    back = import_dictionary(tmp_path / "module")
    assert type(back) is kind
    np.testing.assert_allclose(back.transform(items), sae.transform(items), rtol=1e-5, atol=1e-4)
    np.testing.assert_array_equal(back.offset_, sae.offset_)


def test_a_threshold_of_zero_is_written_as_one_that_lets_everything_through(module, tmp_path, weights, x):
    sae = import_dictionary(module({"class": "BatchTopKSAE", "running_threshold": 1e-45}))
    export_dictionary(sae, tmp_path / "back", "overcomplete")
    assert load_file(tmp_path / "back" / "state_dict.safetensors")["thresholds"].isfinite().all()
    codes = import_dictionary(tmp_path / "back").transform(x)
    np.testing.assert_allclose(codes, relu(pre(weights, x)), atol=1e-5)


def test_atoms_of_other_lengths_are_written_with_the_setting_that_keeps_them(module, tmp_path, x):
    sae = import_dictionary(module({"class": "SAE"}))
    export_dictionary(sae, tmp_path / "back", "overcomplete")
    settings = json.loads((tmp_path / "back" / "overcomplete.json").read_text())
    assert settings["dictionary_params"] == {"normalization": "identity"}
    np.testing.assert_array_equal(import_dictionary(tmp_path / "back").components_, sae.components_)


def test_what_overcomplete_has_no_module_for_is_refused(items, tmp_path):
    with pytest.raises(DictionaryError, match="PCA has no counterpart in overcomplete"):
        export_dictionary(PCA(n_components=3).fit(items), tmp_path / "pca", "overcomplete")
