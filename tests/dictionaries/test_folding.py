import copy

import numpy as np
import torch

from sememe.dictionaries.folding import Standardisation, fold, unfold
from sememe.dictionaries.initialisation import random_atoms, tied
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import TopK


def trained() -> SAEModule:
    module = SAEModule(**tied(random_atoms(9, 5, seed=1)), nonlinearity=TopK(3)).double()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    module.normalise_atoms()
    return module


STANDARDISATION = Standardisation(np.array([3.0, -2.0, 100.0, 0.0, 5.5]), 7.25)


def test_the_folded_module_is_the_same_function_of_raw_items():
    module = trained()
    folded = copy.deepcopy(module)
    fold(folded, STANDARDISATION)
    mean, scale = torch.from_numpy(STANDARDISATION.mean), STANDARDISATION.scale
    raw = mean + scale * torch.randn(50, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    standardised = STANDARDISATION.apply(raw)
    torch.testing.assert_close(folded.encode(raw), scale * module.encode(standardised))
    torch.testing.assert_close(folded(raw), mean + scale * module(standardised))
    assert torch.equal(folded.W_dec, module.W_dec)


def test_unfolding_undoes_folding():
    module = trained()
    there_and_back = copy.deepcopy(module)
    fold(there_and_back, STANDARDISATION)
    unfold(there_and_back, STANDARDISATION)
    for mine, original in zip(there_and_back.parameters(), module.parameters(), strict=True):
        torch.testing.assert_close(mine, original)


def test_standardised_items_have_mean_zero_and_unit_variance(items):
    mean = items.mean(axis=0, dtype=np.float64)
    scale = float(np.sqrt(items.var(axis=0, dtype=np.float64).mean()))
    x = Standardisation(mean, scale).apply(torch.from_numpy(items))
    assert x.dtype == torch.float32
    assert x.mean(dim=0).abs().max() < 1e-5
    assert abs(x.square().mean().item() - 1) < 1e-5
