"""What the page may compute by itself is small, whole, and of the layer."""

import dataclasses

import numpy as np
import pytest

from sememe.explorer.endpoint import NotThere
from sememe.explorer.server import kernel_endpoint
from sememe.explorer.server.kernel_endpoint import WhichKernel, kernel

MLP, MAP = "digit_mlp.hidden1", "digit_cnn.conv2"


def test_kernel_holds_the_network_and_the_dictionary(data):
    found = kernel(data, WhichKernel(MLP, "TopKSAE-k4"))
    assert found.layer == "hidden1"
    assert found.weights["hidden1.linear.weight"].shape == (16, 784)
    np.testing.assert_allclose(found.mean, data.layer(MLP).items.mean, rtol=1e-6)
    assert (found.dictionary.rule, found.dictionary.k) == ("topk", 4)


@pytest.mark.parametrize("rule", ["pursuit", "least_squares"])
def test_map_whose_codes_are_solved_for_is_asked_of_the_server(data, monkeypatch, rule):
    from sememe.explorer.export import kernels

    assert kernel(data, WhichKernel(MAP, "TopKSAE-k4")) is not None
    read = kernels.dictionary_kernel

    def solved(unit_set):
        return dataclasses.replace(read(unit_set), rule=rule)

    monkeypatch.setattr(kernels, "dictionary_kernel", solved)
    assert kernel(data, WhichKernel(MAP, "TopKSAE-k4")) is None
    assert kernel(data, WhichKernel(MLP, "TopKSAE-k4")) is not None


def test_large_dictionary_is_asked_of_the_server(data, monkeypatch):
    monkeypatch.setattr(kernel_endpoint, "_MOST_WORK", 1000)
    assert kernel(data, WhichKernel(MLP, "TopKSAE-k4")) is None


def test_unit_set_that_is_not_there_is_named(data):
    with pytest.raises(NotThere, match="no unit set 'NoSuch'"):
        kernel(data, WhichKernel(MLP, "NoSuch"))
