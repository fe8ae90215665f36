import numpy as np
import pytest
import torch

from sememe.dictionaries.codebook import CodebookVQ
from sememe.dictionaries.topk_codebook import TopKCodebook, largest_cosines
from sememe.errors import DictionaryError


def clusters(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = 10 * rng.normal(size=(5, 12))
    centres -= centres.mean(axis=0)
    drawn = centres[np.arange(2000) % 5] + 0.1 * rng.normal(size=(2000, 12)) + 20
    return centres, drawn.astype(np.float32)


def test_planted_clusters_are_found():
    centres, items = clusters()
    found = TopKCodebook(n_components=15, k=1, n_epochs=60, batch_size=200, learning_rate=0.02).fit(items)
    distances = np.linalg.norm(centres[:, None] - found.components_[None], axis=2).min(axis=1)
    assert distances.max() < 0.5
    assert found.score(items) > -0.005


def test_codes_are_the_largest_cosines(items):
    codebook = TopKCodebook(n_components=20, k=4, batch_size=100).fit(items)
    centred = items - codebook.offset_
    lengths = np.linalg.norm(codebook.components_, axis=1)
    cosines = centred @ codebook.components_.T / lengths / np.linalg.norm(centred, axis=1, keepdims=True)
    codes = codebook.transform(items)
    for code, cosine in zip(codes, cosines, strict=True):
        assert cosine[code == 1].min() >= cosine[code == 0].max() - 1e-6


def test_the_length_of_a_codeword_has_no_say():
    codewords = torch.tensor([[100.0, 100.0], [0.1, 0.0], [0.0, 5.0]])
    assert largest_cosines(torch.tensor([[2.0, 0.0], [0.0, 0.3]]), codewords, 1).tolist() == [[1], [2]]


def test_reconstruction_is_the_sum_of_the_codewords(items):
    codebook = TopKCodebook(n_components=20, k=4, batch_size=100).fit(items)
    codes = codebook.transform(items[:10])
    for code, x_hat in zip(codes, codebook.inverse_transform(codes), strict=True):
        expected = codebook.components_[code == 1].sum(axis=0) + codebook.offset_
        np.testing.assert_allclose(x_hat, expected, rtol=1e-5)


def test_training_lowers_the_error(items):
    settings = {"n_components": 40, "k": 4, "batch_size": 100}
    # A step this small leaves the codewords at the items that they begin as.
    start = TopKCodebook(**settings, n_epochs=1, learning_rate=1e-9).fit(items).score(items)
    assert TopKCodebook(**settings, n_epochs=20).fit(items).score(items) > 0.85 * start


def test_sums_lose_less_than_single_codewords(truth):
    items = truth.values.astype(np.float32)
    settings = {"n_components": 64, "n_epochs": 10, "batch_size": 500}
    assert TopKCodebook(k=4, **settings).fit(items).score(items) > CodebookVQ(**settings).fit(items).score(
        items
    )


def test_codewords_without_items_are_replaced(monkeypatch):
    _, items = clusters()
    # All codewords but two begin where no item points.
    begun = []

    def from_items(self, n, items, standardisation, rng):
        drawn = original(self, n, items, standardisation, rng)
        if not begun:
            drawn[2:] = drawn[0] * 1e-3
        begun.append(n)
        return drawn

    original = TopKCodebook._from_items
    monkeypatch.setattr(TopKCodebook, "_from_items", from_items)
    codebook = TopKCodebook(n_components=10, k=1, n_epochs=10, batch_size=200).fit(items)
    assert begun[0] == 10
    assert len(begun) > 1
    assert (codebook.usage_ > 0).sum() > 5


def test_a_training_that_diverges_is_refused(items):
    codebook = TopKCodebook(n_components=10, k=2, n_epochs=3, learning_rate=1e30)
    with pytest.raises(DictionaryError, match="The training diverged"):
        codebook.fit(items)
    assert not hasattr(codebook, "components_")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 601}, r"n_components must be at most the number of items \(600\)"),
        ({"n_components": 4, "k": 5}, r"k must be at most n_components \(4\), but 5 arrived"),
        ({"learning_rate": 0}, "learning_rate must be above 0"),
        ({"warmup": 2}, "warmup must be at most 1"),
        ({"decay": -1}, "decay must be at least 0"),
    ],
)
def test_a_wrong_hyperparameter_is_named(items, parameters, message):
    with pytest.raises(DictionaryError, match=message):
        TopKCodebook(**parameters).fit(items)
