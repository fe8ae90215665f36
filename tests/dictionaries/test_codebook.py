import numpy as np
import pytest
import torch

from sememe.dictionaries.codebook import CodebookVQ
from sememe.dictionaries.items import Items
from sememe.dictionaries.kmeans import KMeans
from sememe.errors import DictionaryError


def clusters(n_clusters: int = 5, n: int = 1000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = 10 * rng.normal(size=(n_clusters, 6)) + 20
    drawn = centres[rng.integers(0, n_clusters, n)] + 0.1 * rng.normal(size=(n, 6))
    return centres, drawn.astype(np.float32)


def test_planted_centres_are_found():
    centres, items = clusters()
    codebook = CodebookVQ(n_components=15, n_epochs=10, batch_size=200).fit(items)
    codewords = codebook.components_ + codebook.offset_
    distances = np.linalg.norm(centres[:, None] - codewords[None], axis=2).min(axis=1)
    assert distances.max() < 0.3
    assert codebook.score(items) > -0.001


def test_an_item_is_its_nearest_codeword():
    _, items = clusters()
    codebook = CodebookVQ(n_components=8, batch_size=200).fit(items)
    codewords = codebook.components_ + codebook.offset_
    closest = np.linalg.norm(items[:, None] - codewords[None], axis=2).argmin(axis=1)
    codes = codebook.transform(items)
    np.testing.assert_array_equal(codes.argmax(axis=1), closest)
    np.testing.assert_allclose(codebook.inverse_transform(codes), codewords[closest], rtol=1e-6)


def test_the_library_assigns_items_as_the_fitted_codebook_does():
    from vector_quantize_pytorch import VectorQuantize

    _, items = clusters(n_clusters=20)
    codebook = CodebookVQ(n_components=16, batch_size=200).fit(items)
    library = VectorQuantize(dim=6, codebook_size=16).eval()
    library.codebook = torch.from_numpy(codebook.components_)
    _, indices, _ = library(torch.from_numpy(items - codebook.offset_)[None])
    np.testing.assert_array_equal(codebook.transform(items).argmax(axis=1), indices[0].numpy())


def test_it_is_as_good_as_k_means():
    _, items = clusters(n_clusters=40, n=4000)
    settings = {"n_components": 32, "batch_size": 500}
    assert CodebookVQ(**settings).fit(items).score(items) > 1.2 * KMeans(**settings).fit(items).score(items)


def test_codewords_with_next_to_no_items_are_replaced(monkeypatch):
    centres, items = clusters(n_clusters=2, n=4000)
    # k-means begins with items of one cluster alone, so that a single codeword is left for all of the other.
    of_one = items[np.linalg.norm(items - centres[0], axis=1) < 5]
    monkeypatch.setattr(Items, "sample", lambda self, n, rng: of_one[:n])
    settings = {"n_components": 16, "batch_size": 500}
    never, revived = (CodebookVQ(**settings, revive_below=share).fit(items) for share in (0, 0.8))
    near_other = [
        (np.linalg.norm(found.components_ + found.offset_ - centres[1], axis=1) < 5).sum()
        for found in (never, revived)
    ]
    assert near_other[0] == 1
    assert near_other[1] > 1
    assert revived.perplexity_ > never.perplexity_


def test_every_item_its_own_codeword_at_most():
    _, items = clusters(n=30)
    assert CodebookVQ(n_components=30).fit(items).transform(items).shape == (30, 30)
    with pytest.raises(DictionaryError, match=r"n_components must be at most the number of items \(30\)"):
        CodebookVQ(n_components=31).fit(items)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_components", 0, "n_components must be at least 1, but 0 arrived"),
        ("decay", 1.5, "decay must be at most 1, but 1.5 arrived"),
        ("revive_below", -0.1, "revive_below must be at least 0, but -0.1 arrived"),
    ],
)
def test_a_wrong_hyperparameter_is_named(items, name, value, message):
    with pytest.raises(DictionaryError, match=message):
        CodebookVQ(**{name: value}).fit(items)
