import pytest
import torch

from sememe.dictionaries.nonlinearities import ReLU, TopK

PRE = torch.tensor([[3.0, -1.0, 2.0, 5.0], [-3.0, -1.0, -2.0, -5.0], [1.0, -2.0, -3.0, -4.0]])


def test_top_k_keeps_the_largest_and_no_negative():
    assert TopK(2)(PRE).tolist() == [[3.0, 0.0, 0.0, 5.0], [0.0] * 4, [1.0, 0.0, 0.0, 0.0]]


def test_relu_keeps_the_positive():
    assert ReLU()(PRE)[0].tolist() == [3.0, 0.0, 2.0, 5.0]


@pytest.mark.parametrize("nonlinearity", [ReLU(), TopK(2)])
def test_positively_homogeneous(nonlinearity):
    plain = nonlinearity(PRE)
    nonlinearity.scale_(4.0)
    assert torch.equal(nonlinearity(4 * PRE), 4 * plain)
