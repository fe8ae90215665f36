import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from references.peer_encoders import top_k
from sememe.dictionaries import L1SAE, TopKSAE
from sememe.dictionaries.formats import export_dictionary, import_dictionary
from sememe.errors import DictionaryError, FormatError


@pytest.fixture
def sparse_coder(tmp_path, weights):
    """Writes the folder of one layer as sparsify does; gives its path."""

    def write(tensors=None, folder=tmp_path, **options):
        chosen = {
            "encoder.weight": weights.W_enc.T,
            "encoder.bias": weights.b_enc,
            "W_dec": weights.W_dec,
            "b_dec": weights.b_dec,
        } | (tensors or {})
        cfg = {
            "activation": "topk",
            "expansion_factor": 32,
            "normalize_decoder": True,
            "num_latents": 9,
            "k": 3,
        }
        cfg |= {"multi_topk": False, "skip_connection": False, "transcode": False, "d_in": 5} | options
        folder.mkdir(exist_ok=True)
        (folder / "cfg.json").write_text(json.dumps(cfg))
        content = {name: torch.as_tensor(value.copy()).contiguous() for name, value in chosen.items()}
        save_file(content, folder / "sae.safetensors")
        return folder

    return write


def test_codes_are_those_of_the_formula(sparse_coder, weights, x):
    sae = import_dictionary(sparse_coder())
    assert isinstance(sae, TopKSAE)
    assert sae.k == 3
    codes = top_k((x - weights.b_dec) @ weights.W_enc + weights.b_enc, 3)
    np.testing.assert_allclose(sae.transform(x), codes, atol=1e-5)
    np.testing.assert_array_equal(sae.components_, weights.W_dec)
    np.testing.assert_array_equal(sae.offset_, weights.b_dec)


def test_without_a_number_of_latents_the_expansion_factor_tells(sparse_coder, weights):
    with pytest.raises(FormatError, match=r"encoder.weight should have shape \(10, 5\), but has \(9, 5\)"):
        import_dictionary(sparse_coder(num_latents=0, expansion_factor=2))
    wider = {"encoder.weight": np.tile(weights.W_enc.T, (2, 1))[:10], "W_dec": np.ones((10, 5), np.float32)}
    wider["encoder.bias"] = np.zeros(10, np.float32)
    folder = sparse_coder(wider, num_latents=0, expansion_factor=2)
    assert import_dictionary(folder).components_.shape == (10, 5)


def test_a_decoder_that_is_transposed_as_in_other_libraries_is_refused(sparse_coder, weights):
    with pytest.raises(FormatError, match=r"tensor W_dec should have shape \(9, 5\), but has \(5, 9\)"):
        import_dictionary(sparse_coder({"W_dec": weights.W_dec.T}))


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("activation", "groupmax", "compete in groups"),
        ("signed", True, "keep their sign"),
        ("skip_connection", True, "from its codes alone"),
    ],
)
def test_options_without_a_counterpart_are_refused(sparse_coder, option, value, says):
    with pytest.raises(FormatError, match=f"{option} is {value!r}, but only .*{says}"):
        import_dictionary(sparse_coder(**{option: value}))


def test_a_skip_connection_that_the_settings_do_not_tell_of_is_refused(sparse_coder):
    with pytest.raises(FormatError, match="tensor W_skip that does not belong"):
        import_dictionary(sparse_coder({"W_skip": np.eye(5, dtype=np.float32)}))


def test_a_folder_of_layers_names_them(sparse_coder, tmp_path):
    for layer in ("layers.3", "layers.11"):
        sparse_coder(folder=tmp_path / layer)
    with pytest.raises(FormatError, match=r"holds 2 dictionaries \(layers.11, layers.3\): import one"):
        import_dictionary(tmp_path)
    assert isinstance(import_dictionary(tmp_path / "layers.3"), TopKSAE)


def test_a_truncated_file_is_refused(sparse_coder):
    path = sparse_coder() / "sae.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FormatError, match="truncated"):
        import_dictionary(path)


def test_what_is_exported_is_imported_bit_for_bit(items, tmp_path):
    sae = TopKSAE(n_components=12, k=4, n_epochs=1).fit(items)
    export_dictionary(sae, tmp_path / "coder", "sparsify")
    tensors = load_file(tmp_path / "coder" / "sae.safetensors")
    assert tensors["encoder.weight"].shape == tensors["W_dec"].shape == (12, 10)
    back = import_dictionary(tmp_path / "coder")
    np.testing.assert_array_equal(back.transform(items), sae.transform(items))
    assert back.k == 4


def test_only_top_k_is_written(items, tmp_path):
    sae = L1SAE(n_components=12, n_epochs=1).fit(items)
    with pytest.raises(DictionaryError, match="L1SAE has no counterpart in sparsify, which has topk"):
        export_dictionary(sae, tmp_path / "coder", "sparsify")
