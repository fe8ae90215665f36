import numpy as np
import pytest
import torch
from sklearn.linear_model import orthogonal_mp

from references.pursuit import pursue_by_residuals
from sememe.dictionaries.initialisation import random_atoms
from sememe.dictionaries.pursuit import largest_projections, least_squares, orthogonal_matching_pursuit


def draw(items: int, d: int, seed=0) -> torch.Tensor:
    return torch.randn(items, d, generator=torch.Generator().manual_seed(seed))


def dense(components: torch.Tensor, codes: torch.Tensor, n: int) -> torch.Tensor:
    return codes.new_zeros(len(codes), n).scatter_add(1, components, codes)


def test_largest_projections_by_hand():
    atoms = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    components, values = largest_projections(torch.tensor([[2.0, 3.0], [-1.0, -5.0]]), atoms, 2)
    assert components[0].tolist() == [1, 0]
    assert values[0].tolist() == [3.0, 2.0]
    # Of the second item only the third atom points its way; the other choice is worth nothing.
    assert components[1, 0] == 2
    assert values[1].tolist() == [1.0, 0.0]


def test_least_squares_solves_each_item_as_numpy_does():
    atoms, x = random_atoms(20, 8, seed=0), draw(15, 8)
    components, _ = largest_projections(x, atoms, 3)
    codes = least_squares(x, atoms, components)
    for row in range(15):
        chosen = atoms[components[row]].numpy()
        expected = np.linalg.lstsq(chosen.T, x[row].numpy(), rcond=None)[0]
        np.testing.assert_allclose(codes[row].numpy(), expected, rtol=1e-3, atol=1e-4)


def test_an_atom_chosen_twice_over_does_no_harm():
    atoms = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    codes = least_squares(torch.tensor([[4.0, 1.0]]), atoms, torch.tensor([[0, 1, 2]]))
    assert codes.sum().item() == pytest.approx(5.0, abs=1e-4)
    assert codes[0, 2].item() == pytest.approx(1.0, abs=1e-4)


def test_pursuit_is_scikit_learns_where_projections_are_positive():
    # With every atom's opposite among the atoms, a choice by magnitude is a choice of a positive projection.
    half = random_atoms(12, 8, seed=3)
    atoms, x = torch.cat([half, -half]), draw(30, 8, seed=1)
    components, codes = orthogonal_matching_pursuit(x, atoms, 4)
    mine = dense(components, codes, 24)
    signed = (mine[:, :12] - mine[:, 12:]).numpy()
    expected = orthogonal_mp(half.numpy().T.astype(float), x.numpy().T.astype(float), n_nonzero_coefs=4).T
    np.testing.assert_allclose(signed, expected, rtol=1e-3, atol=1e-4)


def test_pursuit_reconstructs_no_worse_than_refitted_projections():
    atoms, x = random_atoms(64, 16, seed=0), draw(200, 16)
    errors = []
    for k in (1, 4, 8):
        components, codes = orthogonal_matching_pursuit(x, atoms, k)
        refitted = least_squares(x, atoms, largest_projections(x, atoms, k)[0])
        pursued = (dense(components, codes, 64) @ atoms - x).square().sum()
        errors.append(pursued.item())
        projected = dense(largest_projections(x, atoms, k)[0], refitted, 64) @ atoms
        assert pursued <= (projected - x).square().sum() * 1.0001
    assert errors[0] > errors[1] > errors[2]


def test_pursuit_stops_when_nothing_is_left_or_no_atom_points_there():
    atoms = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    _, codes = orthogonal_matching_pursuit(torch.tensor([[3.0, 0.0], [0.0, 0.0], [-1.0, -2.0]]), atoms, 2)
    assert codes[0].tolist() == pytest.approx([3.0, 0.0])
    assert codes[1:].abs().max() == 0


@pytest.mark.parametrize(("d", "n", "k"), [(8, 24, 5), (32, 200, 12), (5, 40, 9)])
def test_pursuit_in_projections_is_pursuit_by_residuals(d, n, k):
    atoms, x = random_atoms(n, d, seed=2), draw(300, d, seed=3)
    mine = dense(*orthogonal_matching_pursuit(x, atoms, k), n)
    reference = dense(*pursue_by_residuals(x.double(), atoms.double(), k), n)
    torch.testing.assert_close(mine.double(), reference, atol=1e-5, rtol=1e-5)


def test_atoms_that_are_almost_alike_are_coded_to_float32s_precision():
    # Families of atoms at angles of a degree: codes of float32 alone are off by parts in ten thousand.
    rng = np.random.default_rng(0)
    atoms = np.repeat(rng.normal(size=(20, 16)), 8, axis=0) + rng.normal(scale=0.02, size=(160, 16))
    atoms = torch.from_numpy(atoms / np.linalg.norm(atoms, axis=1, keepdims=True)).float()
    x = draw(500, 16, seed=5)
    mine = dense(*orthogonal_matching_pursuit(x, atoms, 10), 160)
    reference = dense(*pursue_by_residuals(x.double(), atoms.double(), 10), 160)
    assert mine.max() > 20
    torch.testing.assert_close(mine.double(), reference, atol=1e-4, rtol=1e-6)


def test_of_atoms_that_only_rounding_tells_apart_the_first_is_chosen():
    # The same numbers in another order: each atom projects to the same, and is rounded otherwise.
    numbers = random_atoms(1, 200, seed=4)[0]
    orders = [torch.randperm(200, generator=torch.Generator().manual_seed(seed)) for seed in range(50)]
    atoms, x = torch.stack([numbers[order] for order in orders]), torch.full((1, 200), numbers.sum().item())
    assert (x @ atoms.T).argmax() != 0
    components, codes = orthogonal_matching_pursuit(x, atoms, 1)
    assert components.tolist() == [[0]]
    assert codes.item() == pytest.approx((x @ atoms.T)[0, 0].item(), rel=1e-4)


def test_an_item_without_a_positive_projection_has_no_codes():
    atoms = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    _, codes = orthogonal_matching_pursuit(torch.tensor([[-1.0, -2.0], [0.0, 0.0]]), atoms, 2)
    assert codes.tolist() == [[0.0, 0.0], [0.0, 0.0]]
