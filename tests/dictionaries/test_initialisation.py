import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from sememe.dictionaries.initialisation import data_atoms, geometric_median, random_atoms, tied


def test_random_atoms_have_unit_length_and_depend_on_the_seed_only():
    atoms = random_atoms(40, 7, seed=1)
    torch.testing.assert_close(atoms.norm(dim=1), torch.ones(40))
    torch.manual_seed(99)
    assert torch.equal(atoms, random_atoms(40, 7, seed=1))
    assert not torch.equal(atoms, random_atoms(40, 7, seed=2))


def test_data_atoms_are_directions_of_items():
    rng = np.random.default_rng(0)
    items = rng.normal(size=(30, 5)).astype(np.float32)
    cosines = data_atoms(items, 10, seed=0).numpy() @ (items / np.linalg.norm(items, axis=1, keepdims=True)).T
    assert (cosines.max(axis=1) > 0.9999).all()
    assert len(set(cosines.argmax(axis=1).tolist())) == 10


def test_too_few_or_zero_items_are_filled_up_with_random_directions():
    atoms = data_atoms(np.zeros((3, 5), dtype=np.float32), 8, seed=0)
    torch.testing.assert_close(atoms.norm(dim=1), torch.ones(8))


def test_tied_parameters_share_values_but_not_memory():
    parameters = tied(torch.eye(3))
    parameters["W_enc"].mul_(2)
    assert torch.equal(parameters["W_dec"], torch.eye(3))
    assert parameters["b_enc"].shape == (3,)


def test_geometric_median_of_three_points_on_a_line_is_the_middle_one():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [10.0, 0.0]], dtype=np.float32)
    assert geometric_median(points, tolerance=1e-9, max_steps=5000) == pytest.approx([1.0, 0.0], abs=1e-3)


def test_geometric_median_agrees_with_a_minimiser_and_withstands_an_outlier():
    rng = np.random.default_rng(1)
    points = np.concatenate([rng.normal(size=(60, 3)), [[1000.0, 0.0, 0.0]]]).astype(np.float32)
    best = minimize(
        lambda m: np.linalg.norm(points.astype(np.float64) - m, axis=1).mean(), np.zeros(3), tol=1e-12
    )
    median = geometric_median(points)
    assert median == pytest.approx(best.x, abs=1e-3)
    assert abs(median[0]) < 1 < points.mean(axis=0)[0]


def test_geometric_median_of_equal_points_is_the_point():
    assert geometric_median(np.full((4, 2), 3.0, dtype=np.float32)) == pytest.approx([3.0, 3.0])
