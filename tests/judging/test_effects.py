"""Ablations, against a slow loop of single forward passes."""

import numpy as np
import pytest
from scipy import sparse

from references.small_net import unit_sets
from sememe import judging
from sememe.judging.effects import others, unit_effects
from sememe.measures import registry


@pytest.mark.parametrize("layer", ["hidden", "conv"])
def test_specificity_is_that_of_units_taken_away_one_by_one(layer, hidden, conv, request):
    subject = {"hidden": hidden, "conv": conv}[layer]
    unit_set = unit_sets(subject)[1]
    coded = judging.look(subject, unit_set)
    atoms = unit_set.dictionary.components_
    found = unit_effects(subject, coded.spliced, atoms, np.arange(12), seed=0)
    specificity = registry()["effect_specificity"].from_totals(found.sums["effect[zero]"].totals())
    tail = subject.tail
    n_images, n_positions = tail.items.shape[:2]
    codes = coded.spliced.toarray().reshape(n_images, n_positions, 12)
    images = found.sums["effect[zero]"].totals().images
    for unit in range(12):
        fires = np.flatnonzero((codes[:, :, unit] != 0).any(axis=1))
        assert images[unit] == min(len(fires), subject.limits.effect_images)
        if len(fires) > subject.limits.effect_images or not len(fires):
            continue
        effect = np.zeros(4)
        for image in fires:
            ablated = tail.items[image] - codes[image, :, unit][:, None] * atoms[unit]
            after = tail(ablated[None].astype(np.float32), np.array([image]))[0]
            effect += np.abs(after - tail.logits[image])
        share = effect / effect.sum()
        expected = 1 + (share[share > 0] * np.log(share[share > 0])).sum() / np.log(4)
        assert specificity[unit] == pytest.approx(expected, abs=1e-4)


def test_where_the_rest_is_linear_the_weights_foretell_the_effect(hidden):
    unit_set = unit_sets(hidden)[0]
    coded = judging.look(hidden, unit_set)
    found = unit_effects(hidden, coded.spliced, unit_set.dictionary.components_, np.arange(8), seed=0)
    agreement = found.values["direct_effect_agreement"]
    alive = ~np.isnan(agreement)
    assert alive.any()
    np.testing.assert_allclose(agreement[alive], 1.0, atol=1e-3)


def test_no_image_is_resampled_from_itself():
    for n_images in (2, 3, 50):
        for seed in range(20):
            found = others(n_images, np.random.default_rng(seed))
            assert sorted(found) == list(range(n_images))
            assert (found != np.arange(n_images)).all()
    assert others(1, np.random.default_rng(0)).tolist() == [0]
    pairs = np.array([others(5, np.random.default_rng(seed)) for seed in range(2000)])
    shares = [(pairs[:, image] == other).mean() for image in range(5) for other in range(5) if image != other]
    np.testing.assert_allclose(shares, 0.25, atol=0.05)


def test_a_unit_that_never_fires_has_no_effect(hidden):
    silent = sparse.csr_array((160, 2), dtype=np.float32)
    found = unit_effects(hidden, silent, np.ones((2, 8), np.float32), np.arange(2), seed=0)
    assert np.isnan(registry()["flip_rate"].from_totals(found.sums["effect[zero]"].totals())).all()
    assert np.isnan(found.values["direct_effect_agreement"]).all()
