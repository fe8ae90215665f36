import json

import numpy as np
import pytest
import torch

from sememe.dictionaries.crosscoder import Crosscoder
from sememe.dictionaries.storage import load, save
from sememe.errors import DictionaryError, FormatError

SETTINGS = {"n_components": 12, "k": 3, "n_epochs": 4, "batch_size": 100, "splits": (4, 6)}
WIDTHS = (12, 20)


@pytest.fixture(scope="module")
def two_layers():
    """24 planted components: 12 in both layers, 6 in the first alone, 6 in the second, of other units."""
    rng = np.random.default_rng(0)
    first, second = (rng.normal(size=(24, width)) for width in WIDTHS)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second /= np.linalg.norm(second, axis=1, keepdims=True)
    first[18:], second[12:18] = 0, 0
    codes = (rng.random((8000, 24)) < 0.12) * rng.uniform(0.5, 1.5, (8000, 24))
    atoms = np.concatenate([first, 30 * second], axis=1)
    x = codes @ atoms + np.repeat([1, -50], WIDTHS)
    return x.astype(np.float32), atoms


@pytest.fixture(scope="module")
def scaled_items(items):
    return items * np.repeat([1, 100], [4, 6]).astype(np.float32)


@pytest.mark.parametrize("sparsity", ["topk", "l1"])
def test_shared_features_are_one_component_and_layers_of_others_are_told_apart(two_layers, sparsity):
    x, planted = two_layers
    found = Crosscoder(
        n_components=48,
        splits=WIDTHS,
        k=4,
        sparsity=sparsity,
        l1_coefficient=0.5,
        n_epochs=15,
        batch_size=256,
    ).fit(x)
    scales = np.repeat(found.layer_scales_, WIDTHS)
    planted, atoms = planted / scales, found.components_ / scales
    planted /= np.linalg.norm(planted, axis=1, keepdims=True)
    cosines = planted @ (atoms / np.linalg.norm(atoms, axis=1, keepdims=True)).T
    assert cosines.max(axis=1).mean() > 0.95
    shares = found.layer_shares_[cosines.argmax(axis=1)]
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (shares[:12].min(axis=1) > 0.3).all()
    assert (np.median(shares[12:18, 0]), np.median(shares[18:, 1])) > (0.9, 0.9)
    assert (found.fvu_by_layer(x) < 0.1).all()


def test_layers_count_alike_whatever_their_units(scaled_items, items):
    found, other = Crosscoder(**SETTINGS).fit(scaled_items), Crosscoder(**SETTINGS).fit(items)
    np.testing.assert_allclose(found.layer_scales_ / other.layer_scales_, [1, 100], rtol=1e-3)
    np.testing.assert_allclose(found.fvu_by_layer(scaled_items), other.fvu_by_layer(items), atol=0.01)
    np.testing.assert_allclose(found.layer_shares_, other.layer_shares_, atol=0.05)


def test_fvu_by_layer_is_that_of_each_layers_neurons(scaled_items):
    found = Crosscoder(**SETTINGS).fit(scaled_items)
    x = scaled_items.astype(np.float64)
    squares = (x - found.inverse_transform(found.transform(scaled_items))) ** 2
    spread = (x - x.mean(axis=0)) ** 2
    expected = [squares[:, part].sum() / spread[:, part].sum() for part in (slice(0, 4), slice(4, 10))]
    np.testing.assert_allclose(found.fvu_by_layer(scaled_items), expected, rtol=1e-4)
    constant = scaled_items.copy()
    constant[:, :4] = 1
    assert np.isnan(found.fvu_by_layer(constant)).tolist() == [True, False]


@pytest.mark.parametrize("sparsity", ["topk", "l1"])
def test_the_module_computes_the_codes_and_the_reconstruction(scaled_items, sparsity):
    found = Crosscoder(**SETTINGS, sparsity=sparsity).fit(scaled_items)
    with torch.no_grad():
        codes = found.module_.encode(torch.from_numpy(scaled_items)).numpy()
        x_hat = found.module_(torch.from_numpy(scaled_items)).numpy()
    np.testing.assert_allclose(found.transform(scaled_items), codes, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(found.inverse_transform(codes), x_hat, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(found.components_, axis=1), 1, rtol=1e-5)


def test_k_components_an_item(scaled_items):
    codes = Crosscoder(**SETTINGS, sparse_output=True).fit(scaled_items).transform(scaled_items)
    assert np.diff(codes.indptr).max() == 3


def test_without_splits_there_is_one_layer(items):
    found = Crosscoder(n_components=12, k=3, n_epochs=4, batch_size=100).fit(items)
    assert (found.layer_shares_ == 1).all()
    assert found.fvu_by_layer(items)[0] == pytest.approx(-found.score(items), rel=1e-4)


def test_what_is_loaded_knows_its_layers(scaled_items, tmp_path):
    for sparsity in ("topk", "l1"):
        found = Crosscoder(**SETTINGS, sparsity=sparsity).fit(scaled_items)
        save(found, tmp_path / "here")
        loaded = load(tmp_path / "here")
        np.testing.assert_array_equal(loaded.transform(scaled_items), found.transform(scaled_items))
        np.testing.assert_array_equal(loaded.layer_shares_, found.layer_shares_)
        np.testing.assert_array_equal(loaded.fvu_by_layer(scaled_items), found.fvu_by_layer(scaled_items))
    configuration = json.loads((tmp_path / "here" / "cfg.json").read_text())
    configuration["sememe"]["fitted"]["layer_scales"].append(1.0)
    (tmp_path / "here" / "cfg.json").write_text(json.dumps(configuration))
    with pytest.raises(FormatError, match="does not say how Crosscoder was fitted"):
        load(tmp_path / "here")


def test_a_resumed_training_ends_as_an_uninterrupted_one(scaled_items, tmp_path):
    settings = SETTINGS | {"patience": 50, "held_out": 100, "n_epochs": 8}

    def stop(record):
        if record["step"] >= 17:
            raise KeyboardInterrupt

    whole, cut = Crosscoder(**settings).fit(scaled_items), Crosscoder(**settings)
    with pytest.raises(KeyboardInterrupt):
        cut.fit(scaled_items, checkpoint=tmp_path / "here", checkpoint_every=7, log=stop)
    cut.fit(scaled_items, checkpoint=tmp_path / "here", checkpoint_every=7)
    np.testing.assert_array_equal(cut.transform(scaled_items), whole.transform(scaled_items))


def test_data_initialisation_begins_at_items(items):
    found = Crosscoder(**SETTINGS | {"initialisation": "data", "learning_rate": 1e-12}).fit(items)
    scales = np.repeat(found.layer_scales_, [4, 6])
    directions, atoms = (items - items.mean(axis=0)) / scales, found.components_ / scales
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    assert (atoms @ directions.T).max(axis=1).min() > 0.999


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"splits": (4, 5)},
            r"splits must add up to the 10 neurons of the items, but \(4, 5\) arrived, .* 9",
        ),
        ({"splits": (0, 10)}, "splits must be at least 1, but 0 arrived"),
        ({"splits": (5.0, 5)}, "splits must be an integer, but 5.0 arrived"),
        ({"sparsity": "l0"}, "sparsity must be one of 'topk', 'l1'"),
        ({"centring": "geometric_median"}, "centring must be one of 'mean'"),
        ({"k": 13}, r"k must be at most n_components \(12\)"),
        ({"l1_coefficient": -1}, "l1_coefficient must be at least 0"),
        ({"k_aux": 0}, "k_aux must be at least 1"),
        ({"auxk_coefficient": -1}, "auxk_coefficient must be at least 0"),
    ],
)
def test_an_unsuitable_hyperparameter_is_named(items, plain_calls, changed, message):
    with pytest.raises(DictionaryError, match=message):
        Crosscoder(**SETTINGS | changed).fit(items)


def test_it_is_fitted_whole():
    assert not hasattr(Crosscoder(), "partial_fit")
