import json
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sklearn.exceptions import NotFittedError

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.registry import registry
from sememe.dictionaries.storage import load, save
from sememe.dictionaries.topk_sae import TopKSAE
from sememe.errors import DictionaryError, FormatError

# Small noisy items need not have independent components.
pytestmark = pytest.mark.filterwarnings("ignore:FastICA did not converge")

_SMALL = {"n_components": 8, "k": 2, "n_epochs": 2, "batch_size": 100}


def small(kind: type[Dictionary]) -> Dictionary:
    known = kind._get_param_names()
    return kind(**{name: value for name, value in _SMALL.items() if name in known})


@pytest.mark.parametrize("name", sorted(registry()))
def test_what_is_loaded_is_what_was_saved(name, items, tmp_path):
    saved = small(registry()[name]).fit(items, items)  # the latter for transcoders
    save(saved, tmp_path / "here")
    loaded = load(tmp_path / "here")
    assert type(loaded) is type(saved)
    assert loaded.get_params() == saved.get_params()
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == [
        "cfg.json",
        "sae_weights.safetensors",
    ]
    codes = saved.transform(items)
    np.testing.assert_array_equal(loaded.transform(items), codes)
    np.testing.assert_array_equal(loaded.inverse_transform(codes), saved.inverse_transform(codes))
    for attribute, value in vars(saved).items():
        if attribute.endswith("_") and isinstance(value, np.ndarray | float | int):
            np.testing.assert_array_equal(getattr(loaded, attribute), value, err_msg=attribute)


@pytest.fixture
def folder(items, tmp_path):
    save(TopKSAE(**_SMALL).fit(items), tmp_path / "sae")
    return tmp_path / "sae"


def test_files_have_the_keys_and_the_orientation_of_saelens(folder):
    tensors = load_file(folder / "sae_weights.safetensors")
    shapes = {name: tuple(value.shape) for name, value in tensors.items()}
    assert shapes == {"W_enc": (10, 8), "b_enc": (8,), "W_dec": (8, 10), "b_dec": (10,)}
    configuration = json.loads((folder / "cfg.json").read_text())
    assert configuration["architecture"] == "topk"
    assert (configuration["d_in"], configuration["d_sae"], configuration["k"]) == (10, 8, 2)
    assert configuration["apply_b_dec_to_input"] is True
    assert configuration["normalize_activations"] == "none"
    assert configuration["metadata"]["sae_lens_version"]


def test_saelens_formula_on_the_file_gives_our_codes(folder, items):
    w = {name: value.numpy() for name, value in load_file(folder / "sae_weights.safetensors").items()}
    pre = (items - w["b_dec"]) @ w["W_enc"] + w["b_enc"]
    kept = np.argsort(-pre, axis=1)[:, :2]
    codes = np.zeros_like(pre)
    np.put_along_axis(codes, kept, np.maximum(np.take_along_axis(pre, kept, axis=1), 0), axis=1)
    np.testing.assert_allclose(load(folder).transform(items), codes, rtol=1e-5, atol=1e-5)


def test_training_goes_on_after_loading(folder, items):
    sae = load(folder)
    steps = sae.n_steps_
    assert sae.partial_fit(items).n_steps_ == steps + 6


def test_an_unfitted_dictionary_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError):
        save(TopKSAE(), tmp_path / "sae")
    assert not (tmp_path / "sae").exists()


def test_a_parameter_that_json_cannot_hold_is_refused(items, tmp_path):
    sae = TopKSAE(**_SMALL).fit(items)
    sae.set_params(device=torch.device("cpu"))
    with pytest.raises(DictionaryError, match="The parameter device cannot be saved"):
        save(sae, tmp_path / "sae")


def rewrite(folder, **changes) -> None:
    tensors = load_file(folder / "sae_weights.safetensors")
    for name, value in changes.items():
        if value is None:
            del tensors[name]
        else:
            tensors[name] = value
    save_file(tensors, folder / "sae_weights.safetensors")


def test_a_tensor_of_another_shape_is_named_with_both_shapes(folder):
    rewrite(folder, W_enc=torch.zeros(8, 10))
    with pytest.raises(FormatError, match=r"tensor W_enc should have shape \(10, 8\), but has \(8, 10\)"):
        load(folder)


@pytest.mark.parametrize("dtype", [torch.float64, torch.int64, torch.complex64])
def test_a_tensor_of_another_type_is_refused(folder, dtype):
    rewrite(folder, W_dec=torch.zeros(8, 10, dtype=dtype))
    with pytest.raises(FormatError, match=f"tensor W_dec should be float32, but is {dtype}"):
        load(folder)


@pytest.mark.parametrize(
    "change", [{"n_components": "x"}, {"n_components": 9}, {"splits": 3}, {"splits": [1, 2]}]
)
def test_parameters_that_do_not_go_together_are_refused(items, tmp_path, change, plain_calls):
    save(small(registry()["Crosscoder"]).fit(items), tmp_path / "here")
    configuration = json.loads((tmp_path / "here" / "cfg.json").read_text())
    configuration["sememe"]["parameters"].update(change)
    (tmp_path / "here" / "cfg.json").write_text(json.dumps(configuration))
    with pytest.raises(FormatError, match="gives Crosscoder parameters that do not go together"):
        load(tmp_path / "here")


def test_a_missing_and_an_unknown_tensor_are_named(folder):
    rewrite(folder, b_enc=None)
    with pytest.raises(FormatError, match=r"has no tensor b_enc: expected one of shape \(8,\)"):
        load(folder)
    rewrite(folder, b_enc=torch.zeros(8), threshold=torch.zeros(8))
    with pytest.raises(FormatError, match="a tensor threshold that does not belong"):
        load(folder)


def test_a_weight_that_is_not_finite_is_refused(folder):
    rewrite(folder, b_enc=torch.full((8,), torch.nan))
    with pytest.raises(FormatError, match="tensor b_enc holds NaN or infinity"):
        load(folder)


@pytest.mark.parametrize("bytes_kept", [3, 100, -1])
def test_truncated_weights_are_refused(folder, bytes_kept):
    path = folder / "sae_weights.safetensors"
    path.write_bytes(path.read_bytes()[:bytes_kept])
    with pytest.raises(FormatError, match=r"sae_weights.safetensors is not a whole safetensors file"):
        load(folder)


def test_a_pickle_is_never_opened(folder):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was run",))

    path = folder / "sae_weights.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(FormatError, match="is a pickle"):
        load(folder)
    torch.save({"W_enc": torch.zeros(2)}, path)
    with pytest.raises(FormatError, match="is a pickle"):
        load(folder)


def test_missing_and_foreign_files_are_refused(folder, tmp_path):
    with pytest.raises(FormatError, match="There is no file"):
        load(tmp_path / "nowhere")
    (folder / "sae_weights.safetensors").unlink()
    with pytest.raises(FormatError, match=r"There is no file .*sae_weights.safetensors"):
        load(folder)
    (folder / "cfg.json").write_text('{"architecture": "topk"}')
    with pytest.raises(FormatError, match="was not written by Sememe"):
        load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["sememe"].update(format=99), "has format 99, but this version of Sememe reads 1"),
        (
            lambda c: c["sememe"].update(dictionary="Oracle"),
            "holds a dictionary 'Oracle', which is not among",
        ),
        (lambda c: c["sememe"]["parameters"].pop("k"), "does not give the parameter k of TopKSAE"),
        (lambda c: c["sememe"].pop("parameters"), "does not give the parameters of TopKSAE"),
        (
            lambda c: c["sememe"]["parameters"].update(momentum=0.5),
            "a parameter momentum that TopKSAE does not have in this version of Sememe",
        ),
        (lambda c: c.update(d_in="ten"), "should give d_in as a positive integer, but 'ten' stands there"),
        (lambda c: c["sememe"]["parameters"].update(k="x"), "cannot be used: k must be an integer, but 'x'"),
        (lambda c: c["sememe"]["parameters"].update(k=0), "cannot be used: k must be at least 1"),
        (lambda c: c["sememe"]["fitted"].update(n_steps=1e400), "does not say how TopKSAE was fitted"),
        (lambda c: c.update(d_in=10**9), r"should have shape \(1000000000, 8\)"),
        (lambda c: c["sememe"].pop("fitted"), "does not say how TopKSAE was fitted"),
        (lambda c: c["sememe"]["fitted"].update(mean=[1.0]), "does not say how TopKSAE was fitted"),
        (lambda c: c.update(d_sae=9), r"tensor W_enc should have shape \(10, 9\), but has \(10, 8\)"),
    ],
)
def test_a_tampered_configuration_is_refused(folder, change, message, plain_calls):
    configuration = json.loads((folder / "cfg.json").read_text())
    change(configuration)
    (folder / "cfg.json").write_text(json.dumps(configuration))
    with pytest.raises(FormatError, match=message):
        load(folder)


def test_a_dictionary_of_an_earlier_version_has_the_defaults_of_later_parameters(folder, items):
    codes = load(folder).transform(items)
    configuration = json.loads((folder / "cfg.json").read_text())
    for name in ("lift", "multi_topk_coefficient", "optimizer"):
        del configuration["sememe"]["parameters"][name]
    (folder / "cfg.json").write_text(json.dumps(configuration))
    loaded = load(folder)
    assert loaded.get_params() == TopKSAE(**_SMALL).get_params()
    np.testing.assert_array_equal(loaded.transform(items), codes)
    save(loaded, folder)
    assert json.loads((folder / "cfg.json").read_text())["sememe"]["parameters"]["optimizer"] == "adam"
