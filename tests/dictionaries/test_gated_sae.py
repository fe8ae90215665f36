import pytest
import torch

from dictionaries.conftest import mean_max_cosine
from sememe.dictionaries.gated_sae import Gate, GatedObjective, GatedSAE
from sememe.dictionaries.module import SAEModule
from sememe.errors import DictionaryError


def test_planted_components_are_recovered(wide_truth):
    sae = GatedSAE(n_components=128, n_epochs=20, batch_size=512).fit(wide_truth.values)
    assert mean_max_cosine(sae.components_, wide_truth.components) > 0.95


def gate_of_two() -> Gate:
    gate = Gate(2)
    with torch.no_grad():
        gate.b_gate.copy_(torch.tensor([-1.0, 0.5]))
        gate.b_mag.copy_(torch.tensor([0.25, 0.0]))
        gate.r_mag.copy_(torch.tensor([0.0, 0.6931472]))
    return gate


def test_gates_decide_who_fires_and_magnitudes_how_strongly():
    codes = gate_of_two()(torch.tensor([[2.0, 1.0], [0.9, -0.6], [1.5, -0.25]]))
    assert codes.tolist() == [pytest.approx([2.25, 2.0]), [0.0, 0.0], pytest.approx([1.75, 0.0])]


def test_scaling_keeps_the_gate_homogeneous():
    gate, z = gate_of_two(), torch.tensor([[2.0, 1.0], [0.9, -0.6]])
    plain = gate(z)
    gate.scale_(3.0)
    torch.testing.assert_close(gate(3 * z), 3 * plain)


def test_the_loss_has_the_three_terms_of_the_paper():
    eye = torch.eye(2)
    module = SAEModule(eye, None, eye, torch.zeros(2), gate_of_two())
    x = torch.tensor([[2.0, 1.0]])
    # codes (2.25, 2): error 0.25^2 + 1; gates (1, 1.5): L1 2.5, and their reconstruction errs by (1, 0.5)
    losses = GatedObjective(l1_coefficient=0.4)(module, x, None, 0.0)
    assert losses.squared_error.item() == pytest.approx((0.0625 + 1) / 2)
    assert losses.total.item() == pytest.approx((0.0625 + 1 + 0.4 * 2.5 + 1.25) / 2)


def test_the_term_of_the_gates_moves_neither_atoms_nor_offset():
    eye = torch.eye(2)
    module = SAEModule(eye, None, eye, torch.zeros(2), gate_of_two())
    with torch.no_grad():
        module.nonlinearity.b_mag.fill_(-100.0)  # no component fires, and the first term has no gradient
    GatedObjective(l1_coefficient=0.4)(module, torch.tensor([[2.0, 1.0]]), None, 0.0).total.backward()
    assert module.W_dec.grad.abs().max() == 0
    assert module.W_enc.grad.abs().max() > 0


def test_an_unsuitable_hyperparameter_is_named(items):
    with pytest.raises(DictionaryError, match="l1_coefficient must be at least 0"):
        GatedSAE(l1_coefficient=-0.1).fit(items)
