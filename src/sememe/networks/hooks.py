"""Reading a layer's output in a forward pass, and putting something else in its place."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from torch import Tensor, nn

from sememe.errors import NetworkError
from sememe.networks.layers import find


@contextlib.contextmanager
def capture(net: nn.Module, names: Iterable[str]) -> Iterator[dict[str, Tensor]]:
    """While the block lasts, each forward pass leaves the outputs of the named layers in the dict it yields.

    The tensors are the network's own, not copies: they carry gradients if the pass computes them, and a later
    in-place operation of the network changes them too. ::

        with capture(net, ["conv2", "fc1"]) as seen, torch.no_grad():
            net(images)
            seen["fc1"]  # (images, 128)

    Raises:
        NetworkError: an unknown layer; in the forward pass, a layer that returns no tensor or runs twice.
    """
    seen: dict[str, Tensor] = {}
    with contextlib.ExitStack() as stack:
        stack.callback(net.register_forward_pre_hook(lambda module, arguments: seen.clear()).remove)
        for name in names:
            stack.callback(find(net, name).register_forward_hook(_keeper(seen, name)).remove)
        yield seen


def visit(net: nn.Module, visitors: Mapping[str, Callable[[Tensor], None]], images: Tensor) -> None:
    """Run the network on a batch and call each visitor with its layer's output, as soon as there is one.

    The output is read before the network goes on: a later in-place ReLU cannot change what a visitor saw, and
    a map of which only a few positions are kept need not outlive its layer. What comes after the last named
    layer is not computed.

    Raises:
        NetworkError: an unknown layer, or one that did not run.
    """
    waiting = set(visitors)

    def hook_of(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(module: nn.Module, arguments: object, output: object) -> None:
            visitors[name](_tensor(output, name))
            waiting.discard(name)
            if not waiting:
                raise _Reached

        return hook

    with contextlib.ExitStack() as stack:
        for name in visitors:
            stack.callback(find(net, name).register_forward_hook(hook_of(name)).remove)
        with contextlib.suppress(_Reached):
            net(images)
    if waiting:
        raise NetworkError(f"Layer {min(waiting)!r} did not run in the forward pass: choose another.")


def run_to(net: nn.Module, names: Iterable[str], images: Tensor) -> dict[str, Tensor]:
    """The outputs of the named layers, from a forward pass that ends as soon as all of them have run."""
    seen: dict[str, Tensor] = {}
    visit(net, {name: partial(seen.__setitem__, name) for name in names}, images)
    return seen


@contextlib.contextmanager
def replace(net: nn.Module, name: str, function: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """While the block lasts, ``function`` of the named layer's output goes on in place of that output.

    To splice in a reconstruction, to ablate, to steer. The function must not change its argument in place.

    Raises:
        NetworkError: an unknown layer; in the forward pass, a layer that returns no tensor, or a replacement
            of another shape.
    """

    def hook(module: nn.Module, arguments: object, output: object) -> Tensor:
        given = _tensor(output, name)
        replacement = function(given)
        if replacement.shape != given.shape:
            raise NetworkError(
                f"The replacement for layer {name!r} has shape {tuple(replacement.shape)}, "
                f"but the layer gives {tuple(given.shape)}: return a tensor of the same shape."
            )
        return replacement

    handle = find(net, name).register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


class _Reached(BaseException):
    """Ends a forward pass early; no Exception, so that no network swallows it."""


def _keeper(seen: dict[str, Tensor], name: str) -> Callable[[nn.Module, object, object], None]:
    def keep(module: nn.Module, arguments: object, output: object) -> None:
        if name in seen:
            raise NetworkError(
                f"Layer {name!r} runs twice in one forward pass: choose a layer that runs once."
            )
        seen[name] = _tensor(output, name)

    return keep


def _tensor(output: object, name: str) -> Tensor:
    if not isinstance(output, Tensor):
        raise NetworkError(
            f"Layer {name!r} returns a {type(output).__name__}, not a tensor: "
            "choose a layer inside or after it."
        )
    return output
