import numpy as np
import pytest
import torch

from sememe.dictionaries.codebook import CodebookVQ
from sememe.dictionaries.residual_vq import ResidualVQ
from sememe.errors import DictionaryError


def sums(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every item is one of 6 coarse centres, plus one of 6 fine ones a tenth as far away, plus noise."""
    rng = np.random.default_rng(seed)
    coarse, fine = 10 * rng.normal(size=(6, 8)), rng.normal(size=(6, 8))
    drawn = coarse[rng.integers(0, 6, 3000)] + fine[rng.integers(0, 6, 3000)]
    return coarse, fine, (drawn + 5 + 0.01 * rng.normal(size=drawn.shape)).astype(np.float32)


def test_two_stages_find_what_was_planted_coarse_and_fine():
    _, _, items = sums()
    residual = ResidualVQ(n_components=24, k=2, n_epochs=20, batch_size=300).fit(items)
    # 12 codewords a stage can tell the 36 combinations apart, which 24 of one codebook cannot.
    assert residual.score(items) > -0.005
    lengths = np.linalg.norm(residual.components_, axis=1)
    assert lengths[:12].mean() > 5 * lengths[12:].mean()


def test_each_stage_takes_the_codeword_nearest_to_what_is_left():
    _, _, items = sums()
    residual = ResidualVQ(n_components=24, k=3, batch_size=300).fit(items)
    codes = residual.transform(items)
    for x, code in zip(items[:50].astype(float), codes[:50], strict=True):
        left = x - residual.offset_
        for stage in range(3):
            codewords = residual.components_[8 * stage : 8 * stage + 8]
            taken = np.linalg.norm(left - codewords, axis=1).argmin()
            assert np.flatnonzero(code[8 * stage : 8 * stage + 8]).tolist() == [taken]
            left = left - codewords[taken]


def test_the_library_assigns_items_as_the_fitted_stages_do():
    from vector_quantize_pytorch import ResidualVQ as Library

    _, _, items = sums()
    residual = ResidualVQ(n_components=24, k=3, batch_size=300).fit(items)
    library = Library(dim=8, num_quantizers=3, codebook_size=8).eval()
    for stage, layer in enumerate(library.layers):
        layer.codebook = torch.from_numpy(residual.components_[8 * stage : 8 * stage + 8])
    _, indices, _ = library(torch.from_numpy(items - residual.offset_)[None])
    found = residual.transform(items).reshape(len(items), 3, 8).argmax(axis=2)
    np.testing.assert_array_equal(found, indices[0].numpy())


def test_with_as_many_codewords_stages_lose_less_than_one_codebook(truth):
    settings = {"n_components": 64, "n_epochs": 5, "batch_size": 500}
    items = truth.values.astype(np.float32)
    one = CodebookVQ(**settings).fit(items).score(items)
    assert ResidualVQ(k=4, **settings).fit(items).score(items) > 0.8 * one


def test_one_stage_is_the_plain_codebook():
    _, _, items = sums()
    settings = {"n_components": 8, "batch_size": 300}
    residual, codebook = ResidualVQ(k=1, **settings).fit(items), CodebookVQ(**settings).fit(items)
    np.testing.assert_array_equal(residual.components_, codebook.components_)
    np.testing.assert_array_equal(residual.transform(items), codebook.transform(items))


def test_codebooks_of_unequal_size_and_more_codewords_than_items_are_refused(items):
    with pytest.raises(DictionaryError, match=r"a multiple of k, .* but 10 and k=3 arrived"):
        ResidualVQ(n_components=10, k=3).fit(items)
    with pytest.raises(DictionaryError, match=r"at most k times the number of items \(1200\), but 1202"):
        ResidualVQ(n_components=1202, k=2).fit(items)
    with pytest.raises(DictionaryError, match="k must be at least 1, but 0 arrived"):
        ResidualVQ(k=0).fit(items)
