import numpy as np
import pytest
import torch

from sememe.dictionaries.codebook import CodebookVQ
from sememe.dictionaries.product_vq import ProductVQ, balanced_axes
from sememe.errors import DictionaryError


def products(turned: bool, seed: int = 0) -> np.ndarray:
    """Two independent parts of four neurons, each at one of 8 centres; turned, no neuron is of one part."""
    rng = np.random.default_rng(seed)
    centres = 3 * rng.normal(size=(2, 8, 4))
    parts = [centres[part][rng.integers(0, 8, 3000)] for part in range(2)]
    items = np.concatenate(parts, axis=1) + 0.02 * rng.normal(size=(3000, 8)) + 5
    rotation, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    return (items @ rotation if turned else items).astype(np.float32)


def test_independent_groups_of_neurons_are_coded_apart():
    items = products(turned=False)
    settings = {"n_components": 32, "n_epochs": 20, "batch_size": 300}
    product = ProductVQ(k=2, parts="neurons", **settings).fit(items)
    assert product.score(items) > -0.01
    # 64 combinations are too many for one codebook of 32.
    assert CodebookVQ(**settings).fit(items).score(items) < 10 * product.score(items)


def test_atoms_of_groups_of_neurons_are_zero_elsewhere(items):
    product = ProductVQ(n_components=12, k=2, parts="neurons").fit(items)
    assert (product.components_[:6, 5:] == 0).all()
    assert (product.components_[6:, :5] == 0).all()
    assert (product.components_[:6, :5] != 0).any(axis=1).all()


def test_atoms_of_different_parts_are_orthogonal(items):
    product = ProductVQ(n_components=20, k=5).fit(items)
    atoms = product.components_.reshape(5, 4, 10)
    for one in range(5):
        for other in range(one):
            np.testing.assert_allclose(atoms[one] @ atoms[other].T, 0, atol=1e-5)


def test_each_part_takes_its_nearest_codeword_and_so_their_sum_is_the_nearest_of_all_sums(items):
    product = ProductVQ(n_components=8, k=2, batch_size=100).fit(items)
    first, second = product.components_[:4], product.components_[4:]
    sums = (first[:, None] + second[None]).reshape(16, 10) + product.offset_
    best = np.linalg.norm(items[:, None].astype(float) - sums[None], axis=2).argmin(axis=1)
    codes = product.transform(items)
    np.testing.assert_array_equal(codes[:, :4].argmax(axis=1), best // 4)
    np.testing.assert_array_equal(codes[:, 4:].argmax(axis=1), best % 4)


def test_the_library_assigns_items_as_the_fitted_parts_do(items):
    from vector_quantize_pytorch import VectorQuantize

    product = ProductVQ(n_components=12, k=2, parts="neurons").fit(items)
    library = VectorQuantize(10, 6, codebook_dim=5, heads=2, separate_codebook_per_head=True).eval()
    atoms = torch.from_numpy(product.components_)
    library.codebook = torch.stack([atoms[:6, :5], atoms[6:, 5:]])
    _, indices, _ = library(torch.from_numpy(items - product.offset_)[None])
    found = product.transform(items).reshape(600, 2, 6).argmax(axis=2)
    np.testing.assert_array_equal(found, indices[0].numpy())


def test_principal_parts_do_not_depend_on_the_order_of_the_neurons():
    items = products(turned=True)
    settings = {"n_components": 32, "k": 2, "n_epochs": 5, "batch_size": 300}
    order = np.random.default_rng(1).permutation(8)
    as_is = ProductVQ(**settings).fit(items).score(items)
    assert ProductVQ(**settings).fit(items[:, order]).score(items[:, order]) == pytest.approx(as_is, rel=0.05)


def test_with_as_many_codewords_parts_lose_less_than_one_codebook(truth):
    items = truth.values.astype(np.float32)
    settings = {"n_components": 64, "n_epochs": 5, "batch_size": 500}
    one = CodebookVQ(**settings).fit(items).score(items)
    assert ProductVQ(k=8, **settings).fit(items).score(items) > one


def test_principal_directions_are_dealt_so_that_products_of_variances_agree():
    # Variances 16, 8, 4, 2 along the neurons: {16, 2} and {8, 4} have the same product.
    spread = np.sqrt(np.array([4.0, 16.0, 2.0, 8.0]))
    corners = np.array([[a, b, c, d] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1) for d in (-1, 1)])
    axes = balanced_axes(torch.tensor(corners * spread, dtype=torch.float32), 2).numpy()
    np.testing.assert_allclose(axes @ axes.T, np.eye(4), atol=1e-6)
    assert np.abs(axes).argmax(axis=1).tolist() == [1, 2, 3, 0]


def test_bad_groups_are_refused_with_those_that_would_do(items):
    with pytest.raises(DictionaryError, match=r"k must divide .* but 3 arrived: 1, 2, 5, 10 would do"):
        ProductVQ(n_components=12, k=3).fit(items)
    with pytest.raises(DictionaryError, match="n_components must be a multiple of k"):
        ProductVQ(n_components=13, k=2).fit(items)
    with pytest.raises(DictionaryError, match=r"at most k times the number of items \(1200\), but 1202"):
        ProductVQ(n_components=1202, k=2).fit(items)
    with pytest.raises(DictionaryError, match="parts must be one of 'principal', 'neurons'"):
        ProductVQ(n_components=12, k=2, parts="random").fit(items)
