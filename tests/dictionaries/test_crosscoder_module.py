import numpy as np
import pytest
import torch

from sememe.dictionaries.crosscoder_module import CrosscoderModule, WeightedTopK
from sememe.dictionaries.initialisation import random_atoms
from sememe.dictionaries.layer_standardisation import LayerStandardisation


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def module() -> CrosscoderModule:
    made = CrosscoderModule(random_atoms(9, 5, seed=0), (2, 3), WeightedTopK(2, 9)).double()
    with torch.no_grad():
        made.W_dec.mul_(drawn(9, 5, seed=1))
        made.b_enc.copy_(drawn(9, seed=2))
        made.b_dec.copy_(drawn(5, seed=3))
        made.normalise_atoms()
    return made


def test_selection_is_by_weighted_codes_and_values_are_not():
    nonlinearity = WeightedTopK(2, 3)
    nonlinearity.weights.copy_(torch.tensor([1.0, 1.0, 3.0]))
    codes = nonlinearity(torch.tensor([[2.0, 1.5, 1.0], [-1.0, 0.5, -2.0], [2.0, 1.5, 0.1]]))
    torch.testing.assert_close(codes, torch.tensor([[2.0, 0.0, 1.0], [0.0, 0.5, 0.0], [2.0, 1.5, 0.0]]))


def test_weights_are_the_atoms_lengths_summed_over_layers():
    made = module()
    expected = made.W_dec[:, :2].norm(dim=1) + made.W_dec[:, 2:].norm(dim=1)
    torch.testing.assert_close(made.nonlinearity.weights, expected.detach())
    torch.testing.assert_close(made.layer_norms().sum(dim=1), expected)


def test_folding_changes_units_and_not_the_function():
    made = module()
    mean, scales = np.arange(5.0), np.array([3.0, 0.5])
    x = drawn(20, 5, seed=4)
    with torch.no_grad():
        codes, x_hat = made.encode(x), made(x)
    made.fold(LayerStandardisation(mean, 3.0, (2, 3), scales))
    of_neurons = torch.tensor([3.0, 3.0, 0.5, 0.5, 0.5], dtype=torch.float64)
    raw = torch.from_numpy(mean) + of_neurons * x
    torch.testing.assert_close(made(raw), torch.from_numpy(mean) + of_neurons * x_hat)
    assert torch.equal(made.encode(raw) != 0, codes != 0)
    torch.testing.assert_close(made.W_dec.norm(dim=1), torch.ones(9, dtype=torch.float64))
    # What a code adds to an item, in units of activation, is as long as the code says.
    item, component = (codes != 0).nonzero()[0]
    added = made.encode(raw)[item, component] * made.W_dec[component]
    assert added.norm().item() == pytest.approx(made.encode(raw)[item, component].item())
