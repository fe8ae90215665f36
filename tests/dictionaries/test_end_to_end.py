import copy

import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from torch import nn

from sememe.activations import harvest, splice
from sememe.dictionaries.archetypal_sae import ArchetypalSAE
from sememe.dictionaries.batch_topk_sae import BatchTopKSAE
from sememe.dictionaries.crosscoder import Crosscoder
from sememe.dictionaries.end_to_end import fit_end_to_end
from sememe.dictionaries.frozen_decoder_sae import FrozenDecoderSAE
from sememe.dictionaries.jump_relu_sae import JumpReLUSAE
from sememe.dictionaries.l1_sae import L1SAE
from sememe.dictionaries.topk_sae import TopKSAE
from sememe.dictionaries.transcoder import Transcoder
from sememe.errors import DictionaryError, NetworkError
from sememe.images import ImageSet

SETTINGS = {"n_components": 24, "k": 3, "n_epochs": 20, "batch_size": 100, "learning_rate": 0.02}


class Narrow(nn.Module):
    """Twelve neurons of which the answer reads only the two that vary least."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Sequential(nn.Flatten(), nn.Linear(16, 12))
        self.later = nn.Linear(12, 5)
        self.logits = nn.Linear(5, 3)
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.normal_(0, 1, generator=generator)
            self.layer[1].weight[:2] *= 0.2
            self.later.weight[:, :2] *= 10
            self.later.weight[:, 2:] = 0

    def forward(self, images):
        return self.logits(self.later(self.layer(images)))


@pytest.fixture(scope="module")
def net() -> Narrow:
    return Narrow()


@pytest.fixture(scope="module")
def images() -> ImageSet:
    return ImageSet(np.random.default_rng(0).integers(0, 256, (1000, 4, 4)).astype(np.uint8))


def divergence(sae, net, images) -> float:
    """KL between the network's answers without and with the reconstruction."""
    before = log_softmax(splice(net, images, "layer", lambda x: x), axis=1)
    after = log_softmax(
        splice(net, images, "layer", lambda x: sae.inverse_transform(sae.transform(x))), axis=1
    )
    return float((np.exp(before) * (before - after)).sum(axis=1).mean())


def plain(net, images, kind=TopKSAE, **changed):
    return kind(**SETTINGS | changed).fit(harvest(net, images, "layer").values)


def test_what_the_network_reads_is_kept_and_what_it_ignores_is_not(net, images):
    by_error = plain(net, images)
    by_network = fit_end_to_end(TopKSAE(**SETTINGS), net, images, "layer", kl_coefficient=10, batch_size=100)
    assert divergence(by_network, net, images) < 0.3 * divergence(by_error, net, images)
    x = harvest(net, images, "layer").values
    assert by_network.score(x) < by_error.score(x)
    assert by_network.n_steps_ == 200


def test_without_the_networks_loss_it_is_the_plain_training(net, images):
    x = harvest(net, images, "layer").values
    found = fit_end_to_end(TopKSAE(**SETTINGS), net, images, "layer", kl_coefficient=0, batch_size=100)
    assert found.score(x) == pytest.approx(plain(net, images).score(x), abs=0.02)


def test_a_later_layer_can_be_kept_in_place_of_the_answer(net, images):
    def error_downstream(sae):
        later, changed = (
            splice(nn.Sequential(net.layer, net.later), images, "0", f)
            for f in (lambda x: x, lambda x: sae.inverse_transform(sae.transform(x)))
        )
        return ((later - changed) ** 2).sum() / ((later - later.mean(axis=0)) ** 2).sum()

    found = fit_end_to_end(
        TopKSAE(**SETTINGS),
        net,
        images,
        "layer",
        kl_coefficient=0,
        downstream=["later"],
        downstream_coefficient=10,
        batch_size=100,
    )
    assert error_downstream(found) < 0.3 * error_downstream(plain(net, images))


def test_a_fitted_autoencoder_goes_on_from_where_it_is(net, images):
    sae = plain(net, images)
    atoms, before = sae.components_.copy(), divergence(sae, net, images)
    records = []
    found = fit_end_to_end(
        sae.set_params(max_steps=60, learning_rate=5e-3),
        net,
        images,
        "layer",
        kl_coefficient=10,
        batch_size=100,
        log=records.append,
    )
    assert found is sae
    assert sae.n_steps_ == 260
    assert divergence(sae, net, images) < 0.7 * before
    assert (sae.components_ * atoms).sum(axis=1).mean() > 0.5
    np.testing.assert_allclose(np.linalg.norm(sae.components_, axis=1), 1, rtol=1e-5)
    assert [record["step"] for record in records] == [50, 60]
    assert records[-1]["kl"] == pytest.approx(divergence(sae, net, images), rel=0.5)


@pytest.mark.parametrize("kind", [BatchTopKSAE, JumpReLUSAE, L1SAE, ArchetypalSAE])
def test_every_family_can_be_trained_so(net, images, kind):
    known = kind._get_param_names()
    settings = {name: value for name, value in SETTINGS.items() if name in known} | {"n_epochs": 2}
    found = fit_end_to_end(kind(**settings), net, images, "layer", batch_size=100)
    assert found.transform(harvest(net, images, "layer").values).shape == (1000, 24)
    assert found.n_steps_ == 20


def test_what_is_frozen_stays_frozen(net, images):
    sae = plain(net, images, FrozenDecoderSAE)
    atoms = sae.components_.copy()
    np.testing.assert_array_equal(fit_end_to_end(sae, net, images, "layer").components_, atoms)


def test_the_network_is_left_as_it_was(net, images):
    used = copy.deepcopy(net).train()
    fit_end_to_end(TopKSAE(**SETTINGS | {"n_epochs": 1}), used, images, "layer")
    assert used.training
    for parameter, before in zip(used.parameters(), net.parameters(), strict=True):
        assert torch.equal(parameter, before)
        assert parameter.requires_grad
        assert parameter.grad is None


def test_the_seed_decides(net, images):
    def atoms(seed):
        sae = TopKSAE(**SETTINGS | {"n_epochs": 1, "random_state": seed})
        return fit_end_to_end(sae, net, images, "layer").components_

    np.testing.assert_array_equal(atoms(1), atoms(1))
    assert not np.allclose(atoms(1), atoms(2))


def test_what_cannot_be_trained_so_is_refused_and_left_as_it_was(net, images):
    x = harvest(net, images, "layer").values
    settings = SETTINGS | {"n_epochs": 1}
    for sae, message in (
        (Transcoder(**settings), "Transcoder has more than one layer"),
        (Crosscoder(**settings), "Crosscoder has more than one layer"),
        (ArchetypalSAE(**settings).fit(x), "ArchetypalSAE cannot go on from where it is"),
        (TopKSAE(**settings).fit(x[:, :7]), "X has 12 features, but TopKSAE is expecting 7"),
        (TopKSAE(**settings | {"k": 25}), "k must be at most n_components"),
    ):
        before = dict(vars(sae))
        with pytest.raises(DictionaryError, match=message):
            fit_end_to_end(sae, net, images, "layer")
        assert vars(sae) == before
    for arguments, message in (
        ({"kl_coefficient": -1}, "kl_coefficient must be at least 0"),
        ({"downstream_coefficient": float("nan")}, "downstream_coefficient must be a finite number"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
    ):
        with pytest.raises(DictionaryError, match=message):
            fit_end_to_end(TopKSAE(**settings), net, images, "layer", **arguments)
    for arguments in ({"layer": "lair"}, {"layer": "layer", "downstream": ["latter"]}):
        with pytest.raises(NetworkError, match="has no layer"):
            fit_end_to_end(TopKSAE(**settings), net, images, **arguments)
