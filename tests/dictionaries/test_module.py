import pytest
import torch

from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import ReLU, TopK


def small_module() -> SAEModule:
    return SAEModule(
        W_enc=torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]),
        b_enc=torch.tensor([0.0, -1.0, 0.5]),
        W_dec=torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]),
        b_dec=torch.tensor([1.0, 1.0]),
        nonlinearity=ReLU(),
    )


def test_codes_and_reconstruction_by_hand():
    module = small_module()
    x = torch.tensor([[3.0, 2.0], [0.0, 1.0]])
    # less b_dec: (2, 1) and (-1, 0); pre-codes (2, 1, 3.5) and (-1, -1, -0.5)
    assert module.encode(x).tolist() == [[2.0, 1.0, 3.5], [0.0, 0.0, 0.0]]
    assert module(x)[0].tolist() == pytest.approx([2.0 + 2.1 + 1.0, 1.0 + 2.8 + 1.0])
    assert module(x)[1].tolist() == [1.0, 1.0]


def test_a_hook_reads_and_replaces_the_codes():
    module = small_module()
    module.nonlinearity.register_forward_hook(lambda _module, _inputs, codes: torch.zeros_like(codes))
    assert module(torch.tensor([[3.0, 2.0]])).tolist() == [[1.0, 1.0]]


def test_parameters_given_are_copied():
    W = torch.eye(2)
    module = SAEModule(W, torch.zeros(2), W, torch.zeros(2), TopK(1))
    with torch.no_grad():
        module.W_dec.mul_(3)
    assert torch.equal(W, torch.eye(2))
    assert torch.equal(module.W_enc, torch.eye(2))


def test_normalising_gives_unit_atoms_and_leaves_a_zero_atom_finite():
    module = small_module()
    with torch.no_grad():
        module.W_dec[0] = torch.tensor([3.0, 4.0])
        module.W_dec[1] = 0
    module.normalise_atoms()
    assert module.W_dec[0].tolist() == pytest.approx([0.6, 0.8])
    assert module.W_dec[1].tolist() == [0.0, 0.0]


def test_what_is_left_of_the_gradient_is_orthogonal_to_each_atom():
    module = small_module()
    module.normalise_atoms()
    module(torch.randn(20, 2, generator=torch.Generator().manual_seed(0))).square().sum().backward()
    module.remove_radial_gradient()
    assert (module.W_dec.grad * module.W_dec).sum(dim=1).abs().max() < 1e-5


def test_tensors_for_saelens_have_its_orientation_and_come_back():
    module = small_module()
    tensors = {name: value.clone() for name, value in module.lens_tensors().items()}
    assert tensors["W_enc"].shape == (2, 3)
    assert tensors["W_dec"].shape == (3, 2)
    other = SAEModule(torch.zeros(3, 2), torch.zeros(3), torch.zeros(3, 2), torch.zeros(2), ReLU())
    other.load_lens_tensors(tensors)
    assert all(torch.equal(value, module.state_dict()[name]) for name, value in other.state_dict().items())
