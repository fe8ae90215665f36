"""Dictionaries in NumPy give the codes that torch gives."""

import numpy as np
import pytest

from sememe import dictionaries
from sememe.errors import FormatError
from sememe.explorer.live.dictionary import n_components_of, open_dictionary

SIZED = {"n_components": 24, "random_state": 0}
TRAINED = {**SIZED, "max_steps": 15, "batch_size": 64}
KINDS = [
    dictionaries.Neurons(),
    dictionaries.Neurons(k=3),
    dictionaries.PCA(k=3),
    dictionaries.TopKSAE(k=4, **TRAINED),
    dictionaries.TopKSAE(k=24, **TRAINED),
    dictionaries.ArchetypalSAE(k=4, **TRAINED),
    dictionaries.BatchTopKSAE(k=4, **TRAINED),
    dictionaries.MatryoshkaSAE(k=4, **TRAINED),
    dictionaries.L1SAE(**TRAINED),
    dictionaries.JumpReLUSAE(**TRAINED),
    dictionaries.GatedSAE(**TRAINED),
    dictionaries.PAnnealedSAE(**TRAINED),
    dictionaries.RandomDictionary(k=5, **SIZED),
    dictionaries.RandomDictionary(k=5, codes="least_squares", **SIZED),
    dictionaries.RandomDictionary(k=5, codes="projection", **SIZED),
    dictionaries.RotatedNeurons(k=3),
    dictionaries.StoredActivations(k=5, **SIZED),
    dictionaries.RandomDictionary(k=5, codes="least_squares", **SIZED),
    dictionaries.RandomDictionary(k=5, codes="projection", **SIZED),
    dictionaries.FrozenDecoderSAE(k=4, **TRAINED),
    dictionaries.FastICA(k=4, random_state=0),
    dictionaries.RotatedNeurons(k=4, random_state=0),
    dictionaries.KMeans(**SIZED),
    dictionaries.CodebookVQ(**SIZED),
    dictionaries.NMF(n_components=6, random_state=0),
    dictionaries.SparseCoding(k=3, **SIZED),  # has no NumPy form: opened by torch
]


@pytest.fixture(scope="module")
def items():
    rng = np.random.default_rng(0)
    return np.maximum(rng.normal(size=(300, 6)) @ rng.normal(size=(6, 12)), 0).astype(np.float32)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: repr(kind)[:40])
def test_codes_equal_those_of_the_dictionary_itself(kind, items, tmp_path):
    dictionary = kind.fit(items)
    dictionaries.save(dictionary, tmp_path / "saved")
    opened = open_dictionary(tmp_path / "saved")
    assert n_components_of(tmp_path / "saved") == opened.n_components
    expected = dictionary.transform(items)
    expected = expected if isinstance(expected, np.ndarray) else expected.toarray()
    np.testing.assert_allclose(opened.transform(items).toarray(), expected, atol=2e-4, rtol=1e-3)
    np.testing.assert_allclose(opened.decode(expected), dictionary.inverse_transform(expected), atol=1e-5)


def test_a_damaged_file_is_named(items, tmp_path):
    dictionaries.save(dictionaries.PCA().fit(items), tmp_path / "saved")
    (tmp_path / "saved" / "sae_weights.safetensors").write_bytes(b"")
    with pytest.raises(FormatError, match=r"sae_weights\.safetensors does not hold a PCA"):
        open_dictionary(tmp_path / "saved")


def test_a_foreign_configuration_is_refused(tmp_path):
    (tmp_path / "cfg.json").write_text('{"architecture": "standard"}')
    with pytest.raises(FormatError, match=r"cfg\.json was not written by Sememe"):
        open_dictionary(tmp_path)
