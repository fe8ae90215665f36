import numpy as np
import pytest
import torch

from dictionaries.conftest import mean_max_cosine
from sememe.dictionaries.matching_pursuit_sae import MatchingPursuitModule, MatchingPursuitSAE
from sememe.errors import DictionaryError


def test_planted_components_are_recovered(wide_truth):
    settings = {"n_components": 128, "k": 4, "n_epochs": 20, "batch_size": 512}
    sae = MatchingPursuitSAE(**settings).fit(wide_truth.values)
    assert mean_max_cosine(sae.components_, wide_truth.components) > 0.95


def test_codes_by_hand():
    atoms = torch.tensor([[1.0, 0.0], [0.6, 0.8]])
    codes = MatchingPursuitModule(atoms, k=2).encode(torch.tensor([[1.0, 2.0], [-1.0, -1.0]]))
    # The second atom takes 0.6 + 1.6 = 2.2 and leaves (-0.32, 0.24), which the second atom does not point
    # along either: both projections, -0.32 and 0, give nothing more.
    assert codes[0].tolist() == pytest.approx([0.0, 2.2], abs=1e-6)
    assert codes[1].tolist() == [0.0, 0.0]


def test_codes_are_those_of_the_plain_loop(items):
    sae = MatchingPursuitSAE(n_components=20, k=3, n_epochs=3, batch_size=100).fit(items)
    codes = sae.transform(items[:20])
    for x, code in zip(items[:20], codes, strict=True):
        residual, expected = (x - sae.offset_).astype(np.float64), np.zeros(20)
        for _ in range(3):
            j = int(np.argmax(sae.components_ @ residual))
            value = max(0.0, float(sae.components_[j] @ residual))
            expected[j] += value
            residual = residual - value * sae.components_[j]
        np.testing.assert_allclose(code, expected, rtol=1e-3, atol=1e-3)


def test_there_is_no_encoder_beside_the_atoms(items):
    sae = MatchingPursuitSAE(n_components=20, k=3, n_epochs=2, batch_size=100).fit(items)
    assert dict(sae.module_.named_parameters()).keys() == {"W_dec", "b_dec"}


def test_gradients_through_the_unrolled_steps_are_those_of_differences():
    generator = torch.Generator().manual_seed(0)
    atoms = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    x = torch.randn(4, 3, generator=generator, dtype=torch.float64)

    def error(W_dec: torch.Tensor) -> torch.Tensor:
        module = MatchingPursuitModule(W_dec.detach(), k=2)
        del module.W_dec
        module.W_dec = W_dec
        return module._pursue(x)[1].square().sum()

    assert torch.autograd.gradcheck(error, torch.nn.functional.normalize(atoms, dim=1).requires_grad_())


def test_an_unsuitable_hyperparameter_is_named(items):
    with pytest.raises(DictionaryError, match=r"k must be at most n_components \(4\)"):
        MatchingPursuitSAE(n_components=4, k=5).fit(items)
