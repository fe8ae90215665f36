import numpy as np
import pytest
from sklearn.manifold import trustworthiness as reference

from sememe.errors import MeasureError
from sememe.explanations import atom_map, trustworthiness


def test_trustworthiness_is_scikit_learns():
    rng = np.random.default_rng(0)
    points, plane = rng.normal(size=(60, 8)), rng.normal(size=(60, 2))
    assert trustworthiness(points, plane, 5) == pytest.approx(reference(points, plane, n_neighbors=5))


def test_plane_points_are_fully_trusted():
    points = np.random.default_rng(1).normal(size=(40, 2))
    assert trustworthiness(points, points) == 1


def test_pca_is_the_two_widest_directions():
    rng = np.random.default_rng(2)
    atoms = rng.normal(size=(50, 6))
    found = atom_map(atoms, "pca")
    directions = atoms / np.linalg.norm(atoms, axis=1, keepdims=True)
    variances = np.linalg.eigvalsh(np.cov(directions.T))
    ratio = found.place.var(axis=0, ddof=1)
    assert ratio[0] / ratio[1] == pytest.approx(variances[-1] / variances[-2], rel=1e-5)
    assert np.linalg.norm(found.place, axis=1).max() == pytest.approx(1)


def test_tsne_keeps_planted_groups_together_and_repeats_itself():
    rng = np.random.default_rng(3)
    groups = np.repeat(np.eye(3, 12) * 5, 20, axis=0) + rng.normal(scale=0.2, size=(60, 12))
    found = atom_map(groups, "tsne", seed=1)
    assert found.trustworthiness > 0.8
    centres = found.place.reshape(3, 20, 2).mean(axis=1)
    nearest = np.linalg.norm(found.place[:, None] - centres[None], axis=2).argmin(axis=1)
    assert (nearest == np.repeat([0, 1, 2], 20)).mean() > 0.95
    np.testing.assert_array_equal(found.place, atom_map(groups, "tsne", seed=1).place)


def test_few_points_have_no_trustworthiness():
    assert np.isnan(atom_map(np.eye(4), "pca").trustworthiness)


def test_two_atoms_make_no_map():
    with pytest.raises(MeasureError, match="at least 3 atoms; there are 2"):
        atom_map(np.eye(2))
