"""Reading a layer's output in a forward pass, and putting something else in its place."""

import contextlib
from collections.abc import Callable, Iterable, Iterator

from torch import Tensor, nn

from sememe.errors import NetworkError
from sememe.networks.layers import find


@contextlib.contextmanager
def capture(net: nn.Module, names: Iterable[str]) -> Iterator[dict[str, Tensor]]:
    """While the block lasts, every forward pass leaves the outputs of the named layers in the dict it yields.

    The tensors are the network's own, not copies, and carry gradients if the pass computes them::

        with capture(net, ["conv2", "fc1"]) as seen, torch.no_grad():
            net(images)
            seen["fc1"]  # (images, 128)
    """
    seen: dict[str, Tensor] = {}
    with contextlib.ExitStack() as stack:
        for name in names:
            handle = find(net, name).register_forward_hook(_keeper(seen, name))
            stack.callback(handle.remove)
        yield seen


def run_to(net: nn.Module, names: Iterable[str], images: Tensor) -> dict[str, Tensor]:
    """The outputs of the named layers, from a forward pass that ends as soon as all of them have run."""
    names = list(names)
    with capture(net, names) as seen, contextlib.ExitStack() as stack:

        def stop(module: nn.Module, arguments: object, output: object) -> None:
            if len(seen) == len(names):
                raise _Reached

        for name in names:
            stack.callback(find(net, name).register_forward_hook(stop).remove)
        with contextlib.suppress(_Reached):
            net(images)
    missing = [name for name in names if name not in seen]
    if missing:
        raise NetworkError(f"Layer {missing[0]!r} did not run in the forward pass: choose another.")
    return seen


@contextlib.contextmanager
def replace(net: nn.Module, name: str, function: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """While the block lasts, ``function`` of the named layer's output goes on in place of that output.

    Used to splice in a reconstruction, to ablate, to steer. The replacement must have the output's shape.
    """

    def hook(module: nn.Module, arguments: object, output: object) -> Tensor:
        return _same_shape(function(_tensor(output, name)), output, name)

    handle = find(net, name).register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


class _Reached(BaseException):
    """Ends a forward pass early; no Exception, so that no network swallows it."""


def _keeper(seen: dict[str, Tensor], name: str) -> Callable[[nn.Module, object, object], None]:
    def hook(module: nn.Module, arguments: object, output: object) -> None:
        seen[name] = _tensor(output, name)

    return hook


def _tensor(output: object, name: str) -> Tensor:
    if not isinstance(output, Tensor):
        raise NetworkError(
            f"Layer {name!r} returns a {type(output).__name__}, not a tensor: "
            "choose a layer inside or after it."
        )
    return output


def _same_shape(replacement: Tensor, output: object, name: str) -> Tensor:
    assert isinstance(output, Tensor)
    if replacement.shape != output.shape:
        raise NetworkError(
            f"The replacement for layer {name!r} has shape {tuple(replacement.shape)}, "
            f"but the layer gives {tuple(output.shape)}: return a tensor of the same shape."
        )
    return replacement
