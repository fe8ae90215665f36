"""A forward pass that hands over each layer's output when it is computed and ends after the last one."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn

from sememe.errors import NetworkError
from sememe.networks.device import resolve_device
from sememe.networks.layers import find


def visit(net: nn.Module, visitors: Mapping[str, Callable[[Tensor], None]], images: Tensor) -> None:
    """Run the network on a batch and call each visitor with its layer's output, as soon as there is one.

    The output is read before the network goes on: a later in-place ReLU cannot change what a visitor saw, and
    a map of which only a few positions are kept need not outlive its layer. What comes after the last named
    layer is not computed.

    Raises:
        NetworkError: an unknown layer, or one that did not run.
    """
    waiting = set(visitors)

    def hook_of(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(module: nn.Module, arguments: object, output: Tensor) -> None:
            visitors[name](output)
            waiting.discard(name)
            if not waiting:
                raise _Done

        return hook

    with contextlib.ExitStack() as stack:
        for name in visitors:
            stack.callback(find(net, name).register_forward_hook(hook_of(name)).remove)
        with contextlib.suppress(_Done):
            net(images)
    if waiting:
        raise NetworkError(f"Layer {min(waiting)!r} did not run in the forward pass: choose another.")


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


class _Done(BaseException):
    """Ends a forward pass early; not an Exception, so that no network swallows it."""
