import copy
import pickle

import numpy as np
import pytest
import torch

from sememe.dictionaries.l1_sae import L1SAE
from sememe.dictionaries.topk_sae import TopKSAE
from sememe.errors import DictionaryError

SMALL = {"n_components": 12, "n_epochs": 3, "batch_size": 100}


def test_atoms_have_unit_length_and_codes_are_in_units_of_activation(items):
    sae = TopKSAE(k=3, **SMALL).fit(items)
    np.testing.assert_allclose(np.linalg.norm(sae.components_, axis=1), 1, rtol=1e-5)
    larger = TopKSAE(k=3, **SMALL).fit(1000 * items)
    np.testing.assert_allclose(
        larger.transform(1000 * items), 1000 * sae.transform(items), rtol=0.02, atol=20
    )
    assert larger.scale_ == pytest.approx(1000 * sae.scale_, rel=1e-5)


def test_a_shift_of_all_items_shifts_the_offset_alone(items):
    sae = TopKSAE(k=3, **SMALL).fit(items)
    shifted = TopKSAE(k=3, **SMALL).fit(items + 64)
    np.testing.assert_allclose(shifted.offset_, sae.offset_ + 64, atol=0.01)
    assert shifted.score(items + 64) == pytest.approx(sae.score(items), abs=0.01)


def test_the_module_computes_the_codes_and_the_reconstruction(items):
    for sae in (TopKSAE(k=3, **SMALL), L1SAE(**SMALL)):
        sae.fit(items)
        x = torch.from_numpy(items)
        with torch.no_grad():
            np.testing.assert_allclose(
                sae.module_.encode(x).numpy(), sae.transform(items), rtol=1e-4, atol=1e-5
            )
            back = sae.module_(x).numpy()
        np.testing.assert_allclose(back, sae.inverse_transform(sae.transform(items)), rtol=1e-4, atol=1e-4)
        np.testing.assert_array_equal(sae.module_.W_dec.detach().numpy(), sae.components_)
        np.testing.assert_array_equal(sae.module_.b_dec.detach().numpy(), sae.offset_)


def test_a_large_mean_costs_no_fidelity(items):
    near = TopKSAE(k=3, **SMALL).fit(items)
    far = TopKSAE(k=3, **SMALL).fit(items + 1000)
    assert far.score(items + 1000) == pytest.approx(near.score(items), abs=0.02)


def test_geometric_median_centring_differs_from_the_mean(items):
    skewed = items.copy()
    skewed[:30] += 50
    mean = TopKSAE(k=3, **SMALL).fit(skewed)
    median = TopKSAE(k=3, **SMALL, centring="geometric_median").fit(skewed)
    np.testing.assert_allclose(mean.mean_, skewed.mean(axis=0), rtol=1e-5)
    assert np.linalg.norm(median.mean_ - items.mean(axis=0)) < 1
    assert median.scale_ == pytest.approx(mean.scale_)


def test_data_initialisation_begins_at_items(items):
    sae = TopKSAE(k=3, **{**SMALL, "learning_rate": 1e-12, "initialisation": "data"}).fit(items)
    directions = items - items.mean(axis=0)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    assert (sae.components_ @ directions.T).max(axis=1).min() > 0.999


def test_partial_fit_learns_and_keeps_adams_state(items):
    sae = TopKSAE(k=3, **SMALL)
    for _ in range(2):
        sae.partial_fit(items)
    early = sae.score(items)
    for _ in range(20):
        sae.partial_fit(items)
    assert sae.n_steps_ == 22 * 6
    assert sae.score(items) > early


def test_partial_fit_in_pieces_survives_copying_between_them(items):
    whole, parts = TopKSAE(k=3, **SMALL), TopKSAE(k=3, **SMALL)
    whole.partial_fit(items[:300]).partial_fit(items[300:])
    parts.partial_fit(items[:300])
    parts = pickle.loads(pickle.dumps(copy.deepcopy(parts))).partial_fit(items[300:])
    np.testing.assert_array_equal(whole.components_, parts.components_)


def test_partial_fit_goes_on_after_fit(items):
    sae = TopKSAE(k=3, **SMALL).fit(items)
    before = sae.score(items)
    for _ in range(20):
        sae.partial_fit(items)
    assert sae.score(items) > before


def test_fit_begins_anew_after_partial_fit(items):
    sae = TopKSAE(k=3, **SMALL).partial_fit(items).fit(items)
    np.testing.assert_array_equal(sae.components_, TopKSAE(k=3, **SMALL).fit(items).components_)


def test_a_failed_partial_fit_leaves_the_estimator_as_it_was(items):
    sae = TopKSAE(k=3, **SMALL).partial_fit(items)
    codes, steps = sae.transform(items), sae.n_steps_
    with pytest.raises(DictionaryError, match="expecting 10 features"):
        sae.partial_fit(items[:, :3])
    bad = items.copy()
    bad[-1, 0] = np.inf
    with pytest.raises(DictionaryError, match="1 inf"):
        sae.partial_fit(bad)
    np.testing.assert_array_equal(sae.transform(items), codes)
    assert sae.n_steps_ == steps


def test_seeds_may_be_generators_or_absent(items):
    TopKSAE(k=3, **SMALL, random_state=None).fit(items)
    one = TopKSAE(k=3, **SMALL, random_state=np.random.default_rng(5)).fit(items)
    same = TopKSAE(k=3, **SMALL, random_state=np.random.default_rng(5)).fit(items)
    np.testing.assert_array_equal(one.components_, same.components_)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"k": 13}, r"k must be at most n_components \(12\), but 13 arrived"),
        ({"k": 0}, "k must be at least 1, but 0 arrived"),
        ({"k": 2.5}, "k must be an integer, but 2.5 arrived"),
        ({"n_components": 0}, "n_components must be at least 1"),
        ({"n_epochs": 0}, "n_epochs must be at least 1"),
        ({"max_steps": -1}, "max_steps must be at least 1"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"learning_rate": 0}, "learning_rate must be above 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be a finite number"),
        ({"warmup": 1.5}, "warmup must be at most 1"),
        ({"clip_norm": 0}, "clip_norm must be above 0"),
        ({"centring": "median"}, "centring must be one of 'mean', 'geometric_median', but 'median' arrived"),
        ({"initialisation": "zeros"}, "initialisation must be one of"),
        ({"dead_after": 0}, "dead_after must be at least 1"),
        ({"patience": 1, "held_out": 599}, r"held_out must be at most the number of items, less 2 \(598\)"),
        ({"device": "abacus"}, "device must be 'auto', 'cpu' or 'cuda', but 'abacus' arrived"),
        ({"random_state": -1}, "random_state must be at least 0"),
        ({"k_aux": 0}, "k_aux must be at least 1"),
        ({"auxk_coefficient": -1}, "auxk_coefficient must be at least 0"),
    ],
)
def test_an_unsuitable_hyperparameter_is_named(items, changed, message):
    sae = TopKSAE(k=3, **SMALL).set_params(**changed)
    with pytest.raises(DictionaryError, match=message):
        sae.fit(items)
    assert not hasattr(sae, "components_")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_device_that_is_not_there_is_named(items):
    with pytest.raises(DictionaryError, match="no device 'cuda' here"):
        TopKSAE(k=3, **SMALL, device="cuda").fit(items)
    assert TopKSAE(k=3, **SMALL, device="auto").fit(items).module_.b_dec.device.type == "cpu"


def test_a_training_that_diverges_says_what_to_do(items):
    sae = L1SAE(**SMALL, learning_rate=1e30)
    with pytest.raises(DictionaryError, match=r"diverged at step .*: lower learning_rate"):
        sae.fit(items)
    assert not hasattr(sae, "components_")
