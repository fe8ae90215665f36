"""Transcoders in the files of SAELens and sparsify."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from references.peer_encoders import relu, top_k
from sememe.dictionaries import SkipTranscoder, Transcoder
from sememe.dictionaries.formats import export_dictionary, import_dictionary
from sememe.errors import DictionaryError, FormatError

D_IN, D_SAE, D_OUT = 5, 9, 4


def tensors(seed=0, d_out=D_OUT):
    rng = np.random.default_rng(seed)
    shapes = {"W_enc": (D_IN, D_SAE), "b_enc": D_SAE, "W_dec": (D_SAE, d_out), "b_dec": d_out}
    shapes["W_skip"] = (d_out, D_IN)
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def write(folder, weights_name, cfg, arrays):
    folder.mkdir(exist_ok=True)
    (folder / "cfg.json").write_text(json.dumps(cfg))
    content = {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in arrays.items()}
    save_file(content, folder / weights_name)
    return folder


def lens(folder, skip, **options):
    t = tensors()
    if not skip:
        del t["W_skip"]
    cfg = {"architecture": "skip_transcoder" if skip else "transcoder", "apply_b_dec_to_input": False}
    cfg |= {"d_in": D_IN, "d_sae": D_SAE, "d_out": D_OUT, "normalize_activations": "none"}
    cfg |= {"metadata": {"sae_lens_version": "6.12.1"}} | options
    return write(folder, "sae_weights.safetensors", cfg, t), t


def sparsify(folder, skip, **options):
    t = tensors(d_out=D_IN)
    theirs = {"encoder.weight": t["W_enc"].T, "encoder.bias": t["b_enc"], "W_dec": t["W_dec"]}
    theirs |= {"b_dec": t["b_dec"]} | ({"W_skip": t["W_skip"]} if skip else {})
    cfg = {"activation": "topk", "num_latents": D_SAE, "k": 3, "d_in": D_IN, "transcode": True}
    cfg |= {"skip_connection": skip} | options
    return write(folder, "sae.safetensors", cfg, theirs), t


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("theirs", [lens, sparsify])
def test_codes_and_predictions_are_those_of_the_formula(theirs, skip, tmp_path, x):
    folder, t = theirs(tmp_path / "theirs", skip)
    transcoder = import_dictionary(folder)
    assert type(transcoder) is (SkipTranscoder if skip else Transcoder)
    pre = x @ t["W_enc"] + t["b_enc"]
    codes = relu(pre) if theirs is lens else top_k(pre, 3)
    np.testing.assert_allclose(transcoder.transform(x), codes, atol=1e-5)
    expected = codes @ t["W_dec"] + t["b_dec"] + (x @ t["W_skip"].T if skip else 0)
    np.testing.assert_allclose(transcoder.predict(x), expected, atol=1e-5)


@pytest.mark.parametrize("kind", [Transcoder, SkipTranscoder])
@pytest.mark.parametrize(("format", "sparsity"), [("saelens", "l1"), ("sparsify", "topk")])
def test_what_is_exported_is_imported_with_the_same_codes(kind, format, sparsity, items, tmp_path):
    later = items[:, ::-1] * 2 if format == "sparsify" else items[:, :3] * 2
    fitted = kind(n_components=12, k=2, sparsity=sparsity, n_epochs=1).fit(items, later)
    export_dictionary(fitted, tmp_path / "theirs", format)
    back = import_dictionary(tmp_path / "theirs")
    assert (type(back), back.sparsity) == (kind, sparsity)
    np.testing.assert_allclose(back.transform(items), fitted.transform(items), atol=1e-5)
    np.testing.assert_allclose(back.predict(items), fitted.predict(items), atol=1e-5)


@pytest.mark.parametrize(("format", "sparsity"), [("saelens", "topk"), ("sparsify", "l1")])
def test_a_sparsity_that_the_library_does_not_have_is_refused(format, sparsity, items, tmp_path):
    fitted = Transcoder(n_components=12, k=2, sparsity=sparsity, n_epochs=1).fit(items, items)
    with pytest.raises(DictionaryError, match=f"sparsity='{sparsity}' has no counterpart"):
        export_dictionary(fitted, tmp_path / "theirs", format)
    assert not (tmp_path / "theirs").exists()


def test_sparsify_knows_only_layers_of_one_width(items, tmp_path):
    fitted = Transcoder(n_components=12, k=2, n_epochs=1).fit(items, items[:, :3])
    with pytest.raises(DictionaryError, match="goes from 10 neurons to 3"):
        export_dictionary(fitted, tmp_path / "theirs", "sparsify")


@pytest.mark.parametrize("format", ["dictionary_learning", "overcomplete"])
def test_libraries_without_transcoders_are_named(format, items, tmp_path):
    fitted = Transcoder(n_components=12, k=2, n_epochs=1).fit(items, items)
    with pytest.raises(DictionaryError, match=f"Transcoder has no counterpart in {format}"):
        export_dictionary(fitted, tmp_path / "theirs", format)


def test_options_that_cannot_be_followed_are_refused(tmp_path):
    with pytest.raises(FormatError, match="k is 10, but there are only 9 components"):
        import_dictionary(sparsify(tmp_path / "k", False, k=10)[0])
    with pytest.raises(FormatError, match="normalize_activations is 'layer_norm', but only 'none'"):
        import_dictionary(lens(tmp_path / "norm", False, normalize_activations="layer_norm")[0])
    with pytest.raises(FormatError, match="architecture is 'jumprelu_transcoder', but only standard"):
        import_dictionary(lens(tmp_path / "jump", False, architecture="jumprelu_transcoder")[0])
    with pytest.raises(FormatError, match="d_out should be a positive integer"):
        import_dictionary(lens(tmp_path / "out", False, d_out=None)[0])
    with pytest.raises(FormatError, match="W_skip"):
        import_dictionary(lens(tmp_path / "skip", True, architecture="transcoder")[0])
    with pytest.raises(FormatError, match="W_skip"):
        import_dictionary(sparsify(tmp_path / "untold", True, skip_connection=False)[0])
