"""A network that is run stays as it is."""

import pytest
import torch

from networks.bars import small_classifier
from sememe.errors import NetworkError
from sememe.networks.inference import inference, try_out


def test_modes_come_back_even_after_an_error():
    net = small_classifier().train()
    net[3].eval()
    modes = []
    net.register_forward_hook(lambda *_: modes.append((net.training, torch.is_inference_mode_enabled())))
    with pytest.raises(RuntimeError), inference(net):
        net(torch.zeros(1, 1, 8, 8)) + net(torch.zeros(1, 1, 9, 9))
    assert modes == [(False, True)]
    assert net.training
    assert not net[3].training


def test_images_that_do_not_fit_are_named_by_their_shape():
    with pytest.raises(NetworkError, match=r"Sequential cannot take images of shape \(3, 5, 5\).*made for"):
        try_out(small_classifier(), torch.zeros(2, 3, 5, 5))
