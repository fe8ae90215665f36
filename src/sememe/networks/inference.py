"""Running a network without changing it."""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from sememe.errors import NetworkError


@contextlib.contextmanager
def inference(net: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients while the block lasts; every module's own mode afterwards."""
    modes = {module: module.training for module in net.modules()}
    net.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, training in modes.items():
            module.training = training


def device_of(net: nn.Module) -> torch.device:
    """Where a network's weights are; the CPU if it has none."""
    return next((p.device for p in net.parameters()), torch.device("cpu"))


def try_out(net: nn.Module, example: Tensor) -> object:
    """What the network makes of a batch.

    Raises:
        NetworkError: it cannot take it, in place of PyTorch's error; the message gives the shape.
    """
    try:
        with inference(net):
            return net(example.to(device_of(net)))
    except (RuntimeError, ValueError) as error:
        if isinstance(error, NetworkError):
            raise
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise NetworkError(
            f"{type(net).__name__} cannot take images of shape {tuple(example.shape[1:])} (channels, height, "
            f"width): {reason}; give images of the size and channel count that it was made for."
        ) from error
