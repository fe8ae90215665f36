import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from torch import nn

from sememe.activations import harvest, splice
from sememe.dictionaries.end_to_end_objective import EndToEndObjective, held_still
from sememe.dictionaries.folding import Standardisation
from sememe.dictionaries.initialisation import random_atoms, tied
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import TopK
from sememe.dictionaries.topk_sae import TopKObjective
from sememe.images import ImageSet


class SmallNet(nn.Module):
    """A map of 6 channels, a ReLU in place after it, a hidden layer of 8 neurons, 4 classes."""

    def __init__(self) -> None:
        super().__init__()
        self.map = nn.Conv2d(1, 6, 3, stride=2)
        self.activation = nn.ReLU(inplace=True)
        self.hidden = nn.Linear(6 * 3 * 3, 8)
        self.logits = nn.Linear(8, 4)
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.normal_(0, 0.7, generator=generator)

    def forward(self, images):
        return self.logits(torch.relu(self.hidden(self.activation(self.map(images)).flatten(1))))


@pytest.fixture(scope="module")
def images() -> ImageSet:
    return ImageSet(np.random.default_rng(0).integers(0, 256, (40, 7, 7)).astype(np.uint8))


def spliced_divergence(net, images, layer, function) -> float:
    """KL(p || p_hat) in float64, from the logits of ``activations.splice``."""
    log_p, log_q = (
        log_softmax(splice(net, images, layer, f).astype(np.float64), axis=1) for f in (lambda x: x, function)
    )
    return float((np.exp(log_p) * (log_p - log_q)).sum(axis=1).mean())


@pytest.mark.parametrize(("layer", "d_in"), [("map", 6), ("hidden", 8)])
def test_the_loss_is_the_familys_and_the_divergence_and_the_error_downstream(images, layer, d_in):
    net, family = SmallNet(), TopKObjective(2, 1, 0.0)
    module = SAEModule(**tied(random_atoms(12, d_in, seed=0)), nonlinearity=TopK(2))
    standardisation = Standardisation(np.arange(d_in) / 10, 1.5)
    x = torch.from_numpy(images.floats(slice(None)))

    def back(items):
        with torch.no_grad():
            standardised = standardisation.apply(torch.from_numpy(items))
            return (module(standardised) * 1.5).numpy() + standardisation.mean.astype(np.float32)

    kl = spliced_divergence(net, images, layer, back)
    original = harvest(net, images, "logits").values
    changed = splice(net, images, layer, back)
    downstream = ((original - changed) ** 2).sum() / ((original - original.mean(axis=0)) ** 2).sum()

    plain = EndToEndObjective(family, net, layer, standardisation, 3.0)
    both = EndToEndObjective(family, net, layer, standardisation, 3.0, ("logits",), 0.5)
    for objective, expected in ((plain, 3 * kl), (both, 3 * kl + 0.5 * downstream)):
        items = objective.items_of(x)
        np.testing.assert_allclose(items.numpy(), harvest(net, images, layer).values, rtol=1e-5, atol=1e-5)
        standardised = standardisation.apply(items)
        own = family(module, standardised, None, 0.0)
        losses = objective(module, standardised, None, 0.0)
        assert (losses.total - own.total).item() == pytest.approx(expected, rel=1e-4)
        assert objective.kl == pytest.approx(kl, rel=1e-4)
        assert losses.squared_error == own.squared_error


def test_the_gradient_is_that_of_the_divergence(images):
    net, family = SmallNet().double(), TopKObjective(2, 1, 0.0)
    module = SAEModule(**tied(random_atoms(12, 8, seed=0)), nonlinearity=TopK(2)).double()
    objective = EndToEndObjective(family, net, "hidden", Standardisation(np.zeros(8), 1.0), 2.0)
    x = objective.items_of(torch.from_numpy(images.floats(slice(None))).double()).double()
    objective(module, x, None, 0.0).total.backward()
    found = module.b_dec.grad[3].item()

    def loss_at(step):
        with torch.no_grad():
            module.b_dec[3] += step
            value = objective(module, x, None, 0.0).total.item()
            module.b_dec[3] -= step
        return value

    assert found == pytest.approx((loss_at(1e-6) - loss_at(-1e-6)) / 2e-6, rel=1e-5)


def test_the_network_is_held_still_and_then_as_it_was():
    net = SmallNet().train()
    net.hidden.eval()
    net.map.weight.requires_grad_(False)
    with held_still(net):
        assert not any(parameter.requires_grad for parameter in net.parameters())
        assert not any(module.training for module in net.modules())
    assert (net.training, net.hidden.training) == (True, False)
    assert [p.requires_grad for p in net.parameters()] == [False] + [True] * 5
