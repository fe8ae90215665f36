"""A network made ready for a forward pass, and left as it was."""

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from sememe.networks.device import resolve_device


@contextlib.contextmanager
def evaluation(net: nn.Module, device: str) -> Iterator[Callable[[Tensor], Tensor]]:
    """The network in evaluation mode on a device, without gradients; as it was once the block ends.

    Yields a function that brings a float32 batch to the network's device and floating-point type.
    """
    modes = {module: module.training for module in net.modules()}
    parameter = next(iter(net.parameters()), torch.empty(0))
    target = resolve_device(device)
    dtype = parameter.dtype if parameter.is_floating_point() else torch.float32
    moved = target.type != parameter.device.type
    try:
        net.eval()
        if moved:
            net.to(target)
        with torch.inference_mode():
            yield lambda batch: batch.to(target, dtype)
    finally:
        if moved:
            net.to(parameter.device)
        for module, training in modes.items():
            module.training = training
