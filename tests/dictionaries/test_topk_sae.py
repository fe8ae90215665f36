import numpy as np
import pytest
from scipy import sparse

from dictionaries.conftest import mean_max_cosine
from sememe import activations, images, networks
from sememe.dictionaries.topk_sae import TopKSAE


def test_planted_components_are_recovered(truth):
    sae = TopKSAE(n_components=32, k=3, n_epochs=40, batch_size=256).fit(truth.values)
    assert mean_max_cosine(sae.components_, truth.components) > 0.95
    assert sae.score(truth.values) > -0.2


def test_planted_components_beyond_the_neurons_are_recovered(wide_truth):
    sae = TopKSAE(n_components=128, k=4, n_epochs=20, batch_size=512).fit(wide_truth.values)
    assert mean_max_cosine(sae.components_, wide_truth.components) > 0.95


def test_each_item_has_at_most_k_positive_codes(items):
    codes = TopKSAE(n_components=30, k=4, n_epochs=2, batch_size=100).fit(items).transform(items)
    assert ((codes != 0).sum(axis=1) <= 4).all()
    assert (codes >= 0).all()


def test_sparse_codes_are_the_dense_ones_without_zeros(items):
    sae = TopKSAE(n_components=30, k=4, n_epochs=2, batch_size=100).fit(items)
    dense = sae.transform(items)
    csr = sae.set_params(sparse_output=True).transform(items)
    assert isinstance(csr, sparse.csr_array)
    assert csr.dtype == np.float32
    assert csr.has_sorted_indices
    np.testing.assert_array_equal(csr.toarray(), dense)
    assert csr.nnz == np.count_nonzero(dense)


@pytest.mark.parametrize("k", [1, 12])
def test_the_smallest_and_the_largest_k_work(items, k):
    sae = TopKSAE(n_components=12, k=k, n_epochs=2, batch_size=100).fit(items)
    assert (sae.transform(items) != 0).sum(axis=1).max() <= k


def dead_share(sae: TopKSAE, items: np.ndarray) -> float:
    return float((np.asarray((sae.transform(items) != 0).sum(axis=0)) == 0).mean())


def test_few_components_die_where_the_neurons_are_sparse_themselves():
    # Two of 16 neurons are on: 16 of the 256 components could reconstruct everything, and little error is
    # left that would bring the others back.
    rng = np.random.default_rng(0)
    on = rng.random((12_000, 16)) < 2 / 16
    items = (on * rng.exponential(size=on.shape)).astype(np.float32)
    settings = {"n_components": 256, "k": 6, "max_steps": 400, "batch_size": 512}
    fitted, fresh = items[:8000], items[8000:]
    lifted = TopKSAE(**settings).fit(fitted)
    without = TopKSAE(**settings, lift=0.0).fit(fitted)
    assert dead_share(lifted, fresh) < 0.05 < 0.12 < dead_share(without, fresh)
    assert lifted.score(fresh) > without.score(fresh) - 0.03  # what it costs


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "positions"), [("fc1", None), ("conv2", 4)])
def test_fewer_than_one_in_twenty_components_die_on_mnist(layer, positions):
    train, test = images.mnist("train"), images.mnist("test")
    net = networks.digit_cnn(seed=0)
    networks.train(net, train, seed=0)
    fitted = activations.harvest(net, train, layer, positions_per_image=positions).values
    fresh = activations.harvest(net, test, layer).values
    sae = TopKSAE(n_components=512, k=8, sparse_output=True).fit(fitted)
    assert dead_share(sae, fresh) < 0.05
