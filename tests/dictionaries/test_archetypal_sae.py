import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment, nnls

from sememe.dictionaries.archetypal_sae import ArchetypalSAE, Hull
from sememe.dictionaries.topk_sae import TopKSAE
from sememe.errors import DictionaryError

SETTINGS = {"n_components": 16, "k": 2, "n_epochs": 10, "batch_size": 100}


def archetypes() -> torch.Tensor:
    return torch.randn(12, 5, generator=torch.Generator().manual_seed(0))


def test_without_relaxation_atoms_are_directions_within_the_hull():
    mixture = 3 * torch.randn(7, 12, generator=torch.Generator().manual_seed(1))
    far = 100 * torch.ones(7, 5)
    for atom in Hull(archetypes(), bound=0.0)(mixture, far):
        weights, residual = nnls(archetypes().numpy().T.astype(float), atom.numpy().astype(float))
        assert residual < 1e-5
        assert (weights >= 0).all()


def test_relaxation_is_bounded():
    hull, mixture = Hull(archetypes(), bound=0.5), torch.zeros(7, 12)
    far = 100 * torch.randn(7, 5, generator=torch.Generator().manual_seed(2))
    centre = archetypes().mean(dim=0)
    expected = torch.nn.functional.normalize(centre + 0.5 * far / far.norm(dim=1, keepdim=True), dim=1)
    torch.testing.assert_close(hull(mixture, far), expected)
    near = 0.01 * far / far.norm(dim=1, keepdim=True)
    torch.testing.assert_close(hull(mixture, near), torch.nn.functional.normalize(centre + near, dim=1))


def test_training_begins_near_archetypes():
    hull = Hull(archetypes(), bound=0.1)
    directions = torch.nn.functional.normalize(archetypes(), dim=1)
    started = hull(*hull.right_inverse(directions[[3, 8]]))
    assert (started * directions[[3, 8]]).sum(dim=1).min() > 0.99


def matched_cosine(one: np.ndarray, other: np.ndarray) -> float:
    cosines = one @ other.T
    return float(cosines[linear_sum_assignment(-cosines)].mean())


def test_two_seeds_agree_better_than_those_of_topk(items):
    def agreement(kind, **changed) -> float:
        fits = [kind(**SETTINGS, **changed, random_state=seed).fit(items).components_ for seed in (0, 1)]
        return matched_cosine(*fits)

    assert agreement(ArchetypalSAE, relaxation=0.0, n_archetypes=16) > agreement(TopKSAE)


def test_the_fitted_module_is_a_plain_one(items):
    sae = ArchetypalSAE(**SETTINGS).fit(items)
    assert dict(sae.module_.named_parameters()).keys() == {"W_enc", "b_enc", "W_dec", "b_dec"}
    np.testing.assert_allclose(np.linalg.norm(sae.components_, axis=1), 1, rtol=1e-5)
    assert sae.score(items) > -0.5


def test_there_is_no_partial_fit():
    assert not hasattr(ArchetypalSAE(), "partial_fit")


def test_an_unsuitable_hyperparameter_is_named(items):
    with pytest.raises(DictionaryError, match=r"n_archetypes must be at most the number of items \(600\)"):
        ArchetypalSAE(**SETTINGS, n_archetypes=601).fit(items)
    with pytest.raises(DictionaryError, match="relaxation must be at least 0"):
        ArchetypalSAE(**SETTINGS, relaxation=-1).fit(items)
