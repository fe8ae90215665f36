import numpy as np
import pytest
import torch

from dictionaries.conftest import mean_max_cosine
from sememe.dictionaries.jump_relu_sae import JumpReLU, JumpReLUObjective, JumpReLUSAE
from sememe.dictionaries.module import SAEModule
from sememe.errors import DictionaryError


def test_planted_components_are_recovered(wide_truth):
    sae = JumpReLUSAE(n_components=128, n_epochs=20, batch_size=512).fit(wide_truth.values)
    assert mean_max_cosine(sae.components_, wide_truth.components) > 0.95


def test_what_does_not_exceed_the_threshold_is_zero_and_the_rest_is_unchanged():
    jump = JumpReLU(3, threshold=1.0, bandwidth=0.5)
    assert jump(torch.tensor([[0.5, 1.0, 2.0], [-3.0, 1.25, 0.0]])).tolist() == [[0, 0, 2], [0, 1.25, 0]]


def test_gradients_of_the_threshold_by_hand():
    jump = JumpReLU(2, threshold=1.0, bandwidth=0.5)
    # Within half a bandwidth of the threshold: 1.2 and 0.8 of component 0, none of component 1.
    pre = torch.tensor([[1.2, 3.0], [0.8, 0.1]], requires_grad=True)
    jump(pre).sum().backward()
    assert jump.threshold.grad.tolist() == pytest.approx([-1.0 / 0.5 * 2, 0.0])
    assert pre.grad.tolist() == [[1, 1], [0, 0]]
    jump.threshold.grad, pre.grad = None, None
    jump.count(pre).sum().backward()
    assert jump.threshold.grad.tolist() == pytest.approx([-2 / 0.5, 0.0])
    assert pre.grad is None or pre.grad.abs().max() == 0


def test_the_straight_through_gradient_is_that_of_the_expected_loss():
    # Of many items with smooth pre-codes, the mean loss is a smooth function of the threshold.
    z = torch.randn(400_000, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    target = 0.7 * torch.relu(z)

    def loss(threshold: float) -> torch.Tensor:
        jump = JumpReLU(1, threshold, bandwidth=0.1).double()
        total = ((jump(z) - target).square() + jump.count(z)).mean()
        total.backward()
        return total.detach(), jump.threshold.grad.item()

    difference = (loss(0.85)[0] - loss(0.75)[0]).item() / 0.1
    assert loss(0.8)[1] == pytest.approx(difference, rel=0.1)


def test_the_loss_counts_the_firings():
    jump = JumpReLU(2, threshold=0.5, bandwidth=0.5)
    eye = torch.eye(2)
    module = SAEModule(eye, torch.zeros(2), eye, torch.zeros(2), jump)
    x = torch.tensor([[1.0, 0.25], [2.0, 3.0]])
    losses = JumpReLUObjective(l0_coefficient=4.0, l0_warmup=0.5)(module, x, None, 0.25)
    assert losses.l0.item() == 1.5
    # Half of the warm-up is over: the coefficient is 2.
    assert losses.total.item() == pytest.approx(0.0625 / 4 + 2.0 / 2 * 1.5)


def test_a_larger_coefficient_is_sparser(items):
    l0 = []
    for coefficient in (0.1, 3.0):
        sae = JumpReLUSAE(n_components=20, l0_coefficient=coefficient, n_epochs=20, batch_size=100).fit(items)
        l0.append((sae.transform(items) != 0).sum(axis=1).mean())
    assert l0[1] < l0[0]


def test_thresholds_are_in_units_of_activation_and_never_negative(items):
    sae = JumpReLUSAE(n_components=20, n_epochs=10, batch_size=100).fit(items)
    threshold = sae.module_.nonlinearity.threshold.detach().numpy()
    assert (threshold >= 0).all()
    codes = sae.transform(items)
    smallest = np.where(codes > 0, codes, np.inf).min(axis=0)
    assert (smallest > threshold).all()


def test_an_unsuitable_hyperparameter_is_named(items):
    for name in ("bandwidth", "threshold"):
        with pytest.raises(DictionaryError, match=f"{name} must be above 0"):
            JumpReLUSAE(**{name: 0.0}).fit(items)
