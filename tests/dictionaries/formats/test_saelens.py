import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from references.peer_encoders import gated, jump_relu, matching_pursuit, relu, top_k
from sememe.dictionaries import L1SAE, PCA, TopKSAE
from sememe.dictionaries.batch_topk_sae import BatchTopKSAE
from sememe.dictionaries.formats import export_dictionary, import_dictionary
from sememe.dictionaries.gated_sae import GatedSAE
from sememe.dictionaries.jump_relu_sae import JumpReLUSAE
from sememe.dictionaries.matching_pursuit_sae import MatchingPursuitSAE
from sememe.dictionaries.matryoshka_sae import MatryoshkaSAE
from sememe.errors import DictionaryError, FormatError

TENSORS = {
    "standard": ("W_enc", "b_enc", "W_dec", "b_dec"),
    "topk": ("W_enc", "b_enc", "W_dec", "b_dec"),
    "jumprelu": ("W_enc", "b_enc", "W_dec", "b_dec", "threshold"),
    "gated": ("W_enc", "b_gate", "r_mag", "b_mag", "W_dec", "b_dec"),
    "matching_pursuit": ("W_dec", "b_dec"),
}
KINDS = {"standard": "L1SAE", "topk": "TopKSAE", "jumprelu": "JumpReLUSAE", "gated": "GatedSAE"}


@pytest.fixture
def lens(tmp_path, weights):
    """Writes a folder as SAELens 6 does; gives its path."""

    def write(architecture="standard", tensors=None, **options):
        chosen = {name: getattr(weights, name) for name in TENSORS.get(architecture, TENSORS["standard"])}
        chosen |= tensors or {}
        cfg = {
            "architecture": architecture,
            "d_in": 5,
            "d_sae": 9,
            "dtype": "float32",
            "device": "cpu",
            "apply_b_dec_to_input": True,
            "normalize_activations": "none",
            "reshape_activations": "none",
            "metadata": {"sae_lens_version": "6.12.1", "sae_lens_training_version": "6.12.1"},
        }
        if architecture == "topk":
            cfg |= {"k": 3, "rescale_acts_by_decoder_norm": False}
        cfg = {key: value for key, value in (cfg | options).items() if value is not ...}
        (tmp_path / "cfg.json").write_text(json.dumps(cfg))
        content = {name: torch.as_tensor(value).contiguous() for name, value in chosen.items()}
        save_file(content, tmp_path / "sae_weights.safetensors")
        return tmp_path

    return write


def expected_codes(architecture, w, x, centred=True):
    z = (x - w.b_dec * centred) @ w.W_enc
    return {
        "standard": lambda: relu(z + w.b_enc),
        "topk": lambda: top_k(z + w.b_enc, 3),
        "jumprelu": lambda: jump_relu(z + w.b_enc, w.threshold),
        "gated": lambda: gated(z, w.b_gate, w.r_mag, w.b_mag),
    }[architecture]()


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("architecture", KINDS)
def test_codes_are_those_of_the_formula(lens, weights, x, architecture, centred):
    sae = import_dictionary(lens(architecture, apply_b_dec_to_input=centred))
    assert type(sae).__name__ == KINDS[architecture]
    codes = expected_codes(architecture, weights, x, centred)
    np.testing.assert_allclose(sae.transform(x), codes, atol=1e-5)
    np.testing.assert_allclose(sae.inverse_transform(codes), codes @ weights.W_dec + weights.b_dec, atol=1e-5)
    assert sae.n_features_in_ == 5
    assert 0 < (codes != 0).mean() < 1


def test_top_k_scaled_by_the_length_of_atoms_selects_and_codes_by_it(lens, weights, x):
    sae = import_dictionary(lens("topk", rescale_acts_by_decoder_norm=True))
    lengths = np.linalg.norm(weights.W_dec, axis=1)
    codes = top_k(((x - weights.b_dec) @ weights.W_enc + weights.b_enc) * lengths, 3)
    np.testing.assert_allclose(sae.transform(x), codes, atol=1e-5)
    back = (codes / lengths) @ weights.W_dec + weights.b_dec
    np.testing.assert_allclose(sae.inverse_transform(codes), back, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(sae.components_, axis=1), 1, rtol=1e-6)


def test_atoms_of_no_length_cannot_rescale(lens, weights):
    weights.W_dec[4] = 0
    with pytest.raises(FormatError, match="1 rows of W_dec are zero, which rescale_acts_by_decoder_norm"):
        import_dictionary(lens("topk", rescale_acts_by_decoder_norm=True))


def test_scale_of_the_items_is_folded_in_where_the_checkpoint_has_it(lens, weights, x):
    folder = lens(normalize_activations="expected_average_only_in")
    (folder / "activation_scaler.json").write_text('{"scaling_factor": 2.5, "has_whitening": false}')
    sae = import_dictionary(folder)
    codes = relu((2.5 * x - weights.b_dec) @ weights.W_enc + weights.b_enc)
    np.testing.assert_allclose(sae.transform(x), codes, atol=1e-5)
    back = (codes @ weights.W_dec + weights.b_dec) / 2.5
    np.testing.assert_allclose(sae.inverse_transform(codes), back, atol=1e-5)


@pytest.mark.parametrize("factor", ["null", "0", '"2"', "true"])
def test_a_scale_that_is_no_number_is_refused(lens, factor):
    folder = lens(normalize_activations="expected_average_only_in")
    (folder / "activation_scaler.json").write_text(f'{{"scaling_factor": {factor}}}')
    with pytest.raises(FormatError, match="scaling_factor should be a positive number"):
        import_dictionary(folder)


PURSUIT = {"residual_threshold": 0, "stop_on_duplicate_support": False, "max_iterations": 3}


@pytest.mark.parametrize("centred", [True, False])
def test_matching_pursuit_of_a_number_of_steps(lens, weights, x, centred):
    weights.W_dec /= np.linalg.norm(weights.W_dec, axis=1, keepdims=True)
    sae = import_dictionary(lens("matching_pursuit", apply_b_dec_to_input=centred, **PURSUIT))
    assert (type(sae).__name__, sae.k) == ("MatchingPursuitSAE", 3)
    offset = weights.b_dec * centred
    codes = matching_pursuit(x - offset, weights.W_dec, 3)
    np.testing.assert_allclose(sae.transform(x), codes, atol=1e-5)
    np.testing.assert_allclose(sae.inverse_transform(codes), codes @ weights.W_dec + offset, atol=1e-5)
    assert import_dictionary(lens("matching_pursuit", **(PURSUIT | {"max_iterations": None}))).k == 5


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"residual_threshold": ...}, "residual_threshold is 0.01, but only 0"),
        ({"stop_on_duplicate_support": True}, "stop_on_duplicate_support is True, but only False"),
        ({"normalize_activations": "expected_average_only_in"}, "a pursuit of scaled items is another one"),
    ],
)
def test_matching_pursuit_that_stops_by_itself_is_refused(lens, options, says):
    with pytest.raises(FormatError, match=says):
        import_dictionary(lens("matching_pursuit", **(PURSUIT | options)))


@pytest.mark.parametrize(
    ("normalisation", "says"),
    [
        ("expected_average_only_in", "is kept in activation_scaler.json, which is not there"),
        ("layer_norm", "its own standard deviation"),
        ("constant_norm_rescale", "its own length"),
        ("covariance_whitening", "fold_activation_whitening"),
        ("something_new", "not known here"),
    ],
)
def test_normalisation_that_cannot_be_folded_is_refused(lens, normalisation, says):
    with pytest.raises(FormatError, match=f"normalize_activations is '{normalisation}'.*{says}"):
        import_dictionary(lens(normalize_activations=normalisation))


def test_settings_of_version_5_are_read_as_its_successor_reads_them(lens, weights, x):
    old = {"metadata": ..., "architecture": ..., "apply_b_dec_to_input": ..., "normalize_activations": False}
    old |= {"activation_fn_str": "topk", "activation_fn_kwargs": {"k": 2}, "finetuning_scaling_factor": False}
    sae = import_dictionary(lens(**old))
    assert isinstance(sae, TopKSAE)
    codes = top_k((x - weights.b_dec) @ weights.W_enc + weights.b_enc, 2)
    np.testing.assert_allclose(sae.transform(x), codes, atol=1e-5)
    assert isinstance(import_dictionary(lens(metadata=..., architecture=...)), L1SAE)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"activation_fn_str": "tanh-relu"}, "activation_fn is 'tanh-relu', but only relu, topk"),
        ({"normalize_activations": True}, "normalize_activations is 'expected_average_only_in'"),
        ({"finetuning_scaling_factor": True}, "finetuning_scaling_factor is True"),
        ({"activation_fn_str": "topk"}, "k should be a positive integer, but holds None"),
    ],
)
def test_settings_of_version_5_without_a_counterpart_are_refused(lens, options, says):
    with pytest.raises(FormatError, match=says):
        import_dictionary(lens(metadata=..., **options))


def test_a_scaling_factor_of_ones_is_dropped_and_another_refused(lens):
    assert isinstance(import_dictionary(lens(tensors={"scaling_factor": np.ones(9)})), L1SAE)
    with pytest.raises(FormatError, match="tensor scaling_factor is not 1 throughout"):
        import_dictionary(lens(tensors={"scaling_factor": np.full(9, 2.0)}))


def test_thresholds_of_early_versions_are_logarithms(lens, weights, x):
    cfg = (lens("jumprelu") / "cfg.json").read_text()
    folder = lens("standard", tensors={"log_threshold": np.log(weights.threshold)})
    (folder / "cfg.json").write_text(cfg)
    codes = import_dictionary(folder).transform(x)
    np.testing.assert_allclose(codes, expected_codes("jumprelu", weights, x), atol=1e-5)


@pytest.mark.parametrize("architecture", ["batchtopk", "matryoshka_batchtopk"])
def test_a_training_checkpoint_says_how_to_save_it_for_use(lens, architecture):
    with pytest.raises(FormatError, match=f"{architecture} is the checkpoint.*save_inference_model"):
        import_dictionary(lens(architecture))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"architecture": "temporal"}, "architecture is 'temporal', but only standard, topk, jumprelu"),
        ({"d_in": 6}, r"tensor W_enc should have shape \(6, 9\), but has \(5, 9\)"),
        ({"d_sae": 0}, "d_sae should be a positive integer, but holds 0"),
        ({"d_in": ...}, "d_in should be a positive integer, but is missing"),
        ({"architecture": "topk", "k": 10}, "k is 10 in the file, but there are only 9 components"),
        ({"architecture": "topk", "k": True}, "k should be a positive integer, but holds True"),
        ({"apply_b_dec_to_input": "no"}, "apply_b_dec_to_input should be true or false, but holds 'no'"),
        ({"metadata": 6}, "metadata should be an object of settings, but holds 6"),
    ],
)
def test_wrong_settings_are_named(lens, options, says):
    with pytest.raises(FormatError, match=says):
        import_dictionary(lens(**options))


def test_wrong_tensors_are_named_with_what_was_expected(lens, weights):
    with pytest.raises(FormatError, match=r"W_enc should have shape \(5, 9\), but has \(9, 5\)"):
        import_dictionary(lens(tensors={"W_enc": weights.W_enc.T}))
    with pytest.raises(FormatError, match="tensor b_dec holds NaN or infinity"):
        import_dictionary(lens(tensors={"b_dec": np.full(5, np.inf)}))
    with pytest.raises(FormatError, match="tensor W_skip that does not belong"):
        import_dictionary(lens(tensors={"W_skip": np.eye(5)}))
    folder = lens("jumprelu")
    cfg = (folder / "cfg.json").read_text()
    (lens("standard") / "cfg.json").write_text(cfg)
    with pytest.raises(FormatError, match=r"no tensor threshold: expected one of shape \(9,\)"):
        import_dictionary(folder)


def test_a_truncated_or_pickled_file_is_refused(lens):
    path = lens() / "sae_weights.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(FormatError, match="truncated"):
        import_dictionary(path.parent)
    torch.save({"W_enc": torch.zeros(5, 9)}, path)
    with pytest.raises(FormatError, match="is a pickle"):
        import_dictionary(path.parent)
    (path.parent / "cfg.json").write_text("[1, 2]")
    with pytest.raises(FormatError, match="JSON object of settings"):
        import_dictionary(path.parent, format="saelens")


def test_half_precision_is_read_and_a_file_of_the_folder_will_do(lens, weights, x):
    halves = {name: torch.as_tensor(getattr(weights, name)).bfloat16() for name in TENSORS["standard"]}
    folder = lens(tensors=halves, dtype="bfloat16")
    save_file({"sparsity": torch.zeros(9)}, folder / "sparsity.safetensors")
    sae = import_dictionary(folder / "sae_weights.safetensors")
    assert sae.components_.dtype == np.float32
    np.testing.assert_array_equal(sae.components_, halves["W_dec"].float())


@pytest.mark.parametrize("kind", [TopKSAE, L1SAE, JumpReLUSAE, GatedSAE, MatchingPursuitSAE])
def test_what_is_exported_is_imported_bit_for_bit(items, tmp_path, kind):
    sae = kind(n_components=12, n_epochs=1, **({"k": 4} if "k" in kind._get_param_names() else {})).fit(items)
    export_dictionary(sae, tmp_path / "lens", "saelens")
    assert sorted(p.name for p in (tmp_path / "lens").iterdir()) == ["cfg.json", "sae_weights.safetensors"]
    cfg = json.loads((tmp_path / "lens" / "cfg.json").read_text())
    # Without a version its loader would take the path of old files.
    assert int(cfg["metadata"]["sae_lens_version"].split(".")[0]) >= 6
    assert "sememe" not in cfg
    back = import_dictionary(tmp_path / "lens")
    assert type(back) is kind
    np.testing.assert_array_equal(back.transform(items), sae.transform(items))
    np.testing.assert_array_equal(back.components_, sae.components_)
    np.testing.assert_array_equal(back.offset_, sae.offset_)


def test_what_saelens_has_no_architecture_for_is_refused(items, tmp_path):
    with pytest.raises(DictionaryError, match=r"PCA has no counterpart in SAELens.*dictionaries\.save"):
        export_dictionary(PCA(n_components=3).fit(items), tmp_path / "pca", "saelens")
    assert not (tmp_path / "pca").exists()


@pytest.mark.parametrize("kind", [BatchTopKSAE, MatryoshkaSAE])
def test_what_is_thresholded_is_exported_as_jumprelu_with_the_learned_threshold(items, tmp_path, kind):
    sae = kind(n_components=12, n_epochs=1, k=4).fit(items)
    export_dictionary(sae, tmp_path / "lens")
    assert json.loads((tmp_path / "lens" / "cfg.json").read_text())["architecture"] == "jumprelu"
    threshold = load_file(tmp_path / "lens" / "sae_weights.safetensors")["threshold"].numpy()
    assert threshold.shape == (12,)
    codes = sae.transform(items)
    fires = codes > 0
    assert (codes[fires] > np.broadcast_to(threshold, codes.shape)[fires]).all()
    assert threshold.max() > 0
    back = import_dictionary(tmp_path / "lens")
    assert type(back) is JumpReLUSAE
    np.testing.assert_allclose(back.transform(items), codes, atol=1e-5)
