import torch
from torch.nn import functional as F

from sememe.dictionaries.sparse_codes import SparseCodes, pre_codes_at


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_decoding_equals_the_product_with_dense_codes():
    codes = SparseCodes(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0, 2, 1]), torch.tensor([0, 2, 2, 3]))
    dense = torch.tensor([[1.0, 0.0, 2.0], [0.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
    atoms = draw(3, 5).float()
    torch.testing.assert_close(codes.decode(atoms), dense @ atoms)


def test_a_stored_zero_is_no_firing():
    codes = SparseCodes(torch.tensor([0.0, 2.0]), torch.tensor([0, 2]), torch.tensor([0, 1, 2]))
    assert codes.fired(4).tolist() == [False, False, True, False]
    assert codes.mean_l0().item() == 0.5


def test_sparse_gradients_of_the_encoder_equal_those_through_the_whole_product():
    x, W, b = (draw(6, 4), draw(5, 4, seed=1), draw(5, seed=2))
    weights = draw(6, 2, seed=3)
    gradients = []
    for sparse in (True, False):
        leaves = [t.clone().requires_grad_() for t in (x, W, b)]
        pre = F.linear(*leaves)
        components = pre.detach().topk(2, dim=1).indices
        values = pre_codes_at(*leaves, pre.detach(), components) if sparse else pre.gather(1, components)
        (values * weights).sum().backward()
        gradients.append([leaf.grad for leaf in leaves])
    for mine, autograd in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, autograd)
