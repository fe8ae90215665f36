"""What holds for every quantiser: codes are assignments, and a fit leaves nothing behind but itself."""

import json

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.utils.estimator_checks import check_estimator

from sememe.dictionaries.codebook import CodebookVQ
from sememe.dictionaries.fsq import FSQ
from sememe.dictionaries.product_vq import ProductVQ
from sememe.dictionaries.residual_vq import ResidualVQ
from sememe.dictionaries.storage import load, save
from sememe.dictionaries.topk_codebook import TopKCodebook
from sememe.dictionaries.vector_quantiser import VectorQuantiser, nearest
from sememe.errors import DictionaryError, FormatError

# A small quantiser of each family, and how many components an item has.
FAMILIES = {
    "CodebookVQ": (CodebookVQ(n_components=12, n_epochs=2, batch_size=100), 1),
    "ResidualVQ": (ResidualVQ(n_components=12, k=3, n_epochs=2, batch_size=100), 3),
    "ProductVQ": (ProductVQ(n_components=12, k=2, n_epochs=2, batch_size=100), 2),
    "FSQ": (FSQ(levels=(5, 4, 3), n_epochs=2, batch_size=100), 3),
    "TopKCodebook": (TopKCodebook(n_components=12, k=3, n_epochs=2, batch_size=100), 3),
}


@pytest.fixture(params=sorted(FAMILIES))
def quantiser(request) -> VectorQuantiser:
    family = FAMILIES[request.param][0]
    return type(family)(**family.get_params())


def test_an_item_has_the_same_number_of_ones_as_every_other_and_zeros_else(quantiser, items):
    codes = quantiser.fit(items).transform(items)
    active = FAMILIES[type(quantiser).__name__][1]
    assert codes.shape == (600, 12)
    assert ((codes == 1).sum(axis=1) == active).all()
    assert ((codes == 0).sum(axis=1) == 12 - active).all()


def test_sparse_codes_hold_the_ones_alone(quantiser, items):
    dense = quantiser.fit(items).transform(items)
    quantiser.sparse_output = True
    csr = quantiser.transform(items)
    assert isinstance(csr, sparse.csr_array)
    assert csr.has_sorted_indices
    assert csr.nnz == dense.sum()
    np.testing.assert_array_equal(csr.toarray(), dense)


def test_usage_counts_the_items_of_each_component(quantiser, items):
    codes = quantiser.fit(items).transform(items)
    np.testing.assert_allclose(quantiser.usage_, codes.mean(axis=0), atol=1e-6)


def test_perplexity_by_hand():
    quantiser = CodebookVQ()
    for usage, expected in (([1.0, 0, 0, 0], 1), ([0.25] * 4, 4), ([0.5, 0.5, 0, 0], 2), ([1.0, 1, 0], 2)):
        quantiser.usage_ = np.array(usage)
        assert quantiser.perplexity_ == pytest.approx(expected)
    quantiser.usage_ = np.array([0.5, 0.25, 0.25])
    assert quantiser.perplexity_ == pytest.approx(2**1.5)


def test_atoms_are_in_the_units_of_the_layer(quantiser, items):
    # Powers of two, so that float32 rounds the same way: everything but the atoms' unit must agree.
    moved = (items * 1024).astype(np.float32)
    near = quantiser.fit(items).inverse_transform(quantiser.transform(items))
    far = quantiser.fit(moved).inverse_transform(quantiser.transform(moved))
    np.testing.assert_allclose(far, 1024 * near, rtol=1e-3)
    np.testing.assert_allclose(quantiser.mean_, moved.mean(axis=0), rtol=1e-4)
    assert quantiser.scale_ == pytest.approx(float((moved - moved.mean(axis=0)).std()), rel=1e-4)


def test_the_mean_of_what_is_reconstructed_is_near_the_mean_of_the_items(quantiser, items):
    reconstructed = quantiser.fit(items).inverse_transform(quantiser.transform(items))
    assert np.abs(reconstructed.mean(axis=0) - items.mean(axis=0)).max() < 0.3 * items.std()


def test_a_seed_decides_the_fit_and_the_global_generators_are_left_alone(quantiser, items):
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    one = quantiser.fit(items).components_
    torch.rand(3)
    same = quantiser.fit(items).components_
    np.testing.assert_array_equal(one, same)
    torch.set_rng_state(torch_state)
    other = quantiser.set_params(random_state=1).fit(items).components_
    assert not np.array_equal(one, other)
    assert torch.equal(torch.get_rng_state(), torch_state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002


def test_a_failed_fit_leaves_the_global_generator_alone(items):
    state = torch.get_rng_state()
    bad = items.copy()
    bad[599, 3] = np.nan
    with pytest.raises(DictionaryError, match="1 NaN and 0 inf"):
        CodebookVQ(n_components=4).fit(bad)
    assert torch.equal(torch.get_rng_state(), state)


def test_what_is_loaded_codes_bit_for_bit_and_keeps_its_record(quantiser, items, tmp_path):
    save(quantiser.fit(items), tmp_path / "here")
    loaded = load(tmp_path / "here")
    np.testing.assert_array_equal(loaded.transform(items), quantiser.transform(items))
    np.testing.assert_array_equal(loaded.components_, quantiser.components_)
    np.testing.assert_array_equal(loaded.usage_, quantiser.usage_)
    np.testing.assert_array_equal(loaded.mean_, quantiser.mean_)
    assert (loaded.perplexity_, loaded.scale_) == (quantiser.perplexity_, quantiser.scale_)
    assert loaded.get_params() == quantiser.get_params()


def test_a_record_of_usage_that_does_not_fit_is_refused(quantiser, items, tmp_path):
    save(quantiser.fit(items), tmp_path / "here")
    path = tmp_path / "here" / "cfg.json"
    configuration = json.loads(path.read_text())
    configuration["sememe"]["fitted"]["usage"].pop()
    path.write_text(json.dumps(configuration))
    with pytest.raises(FormatError, match=f"does not say how {type(quantiser).__name__} was fitted"):
        load(tmp_path / "here")


def test_a_store_is_streamed_and_as_good_as_a_matrix(quantiser, items, store):
    from_store = quantiser.fit(store).score(items)
    np.testing.assert_array_equal(quantiser.transform(store), quantiser.transform(items))
    assert from_store == pytest.approx(quantiser.fit(items).score(items), abs=0.1)


def test_scikit_learns_checks_pass_with_several_components_an_item(plain_calls):
    # Not those that need n_components to be a multiple of k: the checks set it to 1.
    check_estimator(FSQ(levels=(4, 3), n_epochs=1), on_skip=None)


def test_nearest_is_the_least_distance_and_of_equals_the_first():
    x = np.array([[0.0, 0.0], [3.0, 3.0], [1.0, 0.0]], dtype=np.float32)
    codewords = np.array([[2.0, 0.0], [0.0, 0.5], [4.0, 3.0], [0.0, 0.5]], dtype=np.float32)
    assert nearest(x, codewords).tolist() == [1, 2, 0]


@pytest.mark.parametrize(("name", "value"), [("n_epochs", 0), ("batch_size", 0)])
def test_a_wrong_hyperparameter_is_named(quantiser, items, name, value):
    with pytest.raises(DictionaryError, match=f"{name} must be at least 1, but 0 arrived"):
        quantiser.set_params(**{name: value}).fit(items)
    assert not hasattr(quantiser, "components_")


def test_items_that_do_not_vary_are_refused(quantiser):
    with pytest.raises(DictionaryError, match="The items do not vary"):
        quantiser.fit(np.ones((50, 10)))
