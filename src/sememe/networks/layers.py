"""The layers of any network by name: what there is, what shape it gives, which can be studied."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from sememe.errors import NetworkError, nearest
from sememe.networks.inference import inference

Kind = Literal["vector", "map", "tokens", "other"]

_KIND_BY_AXES: dict[int, Kind] = {2: "vector", 3: "tokens", 4: "map"}


@dataclass(frozen=True)
class Layer:
    """One named module of a network, as a forward pass on an example saw it."""

    name: str
    """Dotted name, as in ``named_modules()``."""
    module: str
    """Class of the module: ``Conv2d``."""
    kind: Kind
    """``vector`` (an activation an image), ``map`` (one a position), ``tokens`` (one a token), ``other``."""
    shape: tuple[int, ...] | None
    """Of the output, without the images axis; None where there is no tensor."""
    n_parameters: int
    """Weights and biases in it, inner modules included."""
    unusable: str
    """Why it cannot be studied, as the end of a sentence on it; empty where it can."""

    @property
    def n_neurons(self) -> int | None:
        """Coordinates of an activation: features of a vector or a token, channels of a map."""
        if self.shape is None or self.unusable:
            return None
        return self.shape[-1] if self.kind == "tokens" else self.shape[0]


def layers(net: nn.Module, example: Float[Tensor, "images channels height width"]) -> tuple[Layer, ...]:
    """Every named module of a network, in the order of ``named_modules()``.

    One forward pass is made on ``example``, a batch of one image or more in 0..1 where the network is; the
    network is left as it was. What it raises on an example that it cannot take comes through.
    """
    outputs: dict[str, list[object]] = {name: [] for name, _ in net.named_modules() if name}
    with contextlib.ExitStack() as stack:
        for name, module in net.named_modules():
            if name:
                stack.callback(module.register_forward_hook(_collector(outputs[name])).remove)
        with inference(net):
            net(example)
    return tuple(_layer(name, module, outputs[name]) for name, module in net.named_modules() if name)


def find(net: nn.Module, name: str) -> nn.Module:
    """The module of that dotted name.

    Raises:
        NetworkError: there is none; the message lists near names.
    """
    modules = {known: module for known, module in net.named_modules() if known}
    if name in modules:
        return modules[name]
    near = nearest(name, modules, n=3, cutoff=0.4) or list(modules)[:3]
    raise NetworkError(
        f"{type(net).__name__} has no layer {name!r}; near names: {', '.join(near) or 'none'} "
        "(run `sememe layers` for all of them)."
    )


def _collector(outputs: list[object]) -> Callable[[nn.Module, object, object], None]:
    return lambda module, arguments, output: outputs.append(output)


def _layer(name: str, module: nn.Module, outputs: list[object]) -> Layer:
    kind: Kind = "other"
    shape, unusable = None, ""
    if not outputs:
        unusable = "does not run in the forward pass"
    elif len(outputs) > 1:
        unusable = f"runs {len(outputs)} times in one forward pass"
    elif not isinstance(outputs[0], Tensor):
        unusable = f"returns a {type(outputs[0]).__name__}, not a tensor"
    else:
        shape = tuple(outputs[0].shape[1:])
        kind = _KIND_BY_AXES.get(outputs[0].ndim, "other")
        if kind == "other":
            unusable = f"gives {outputs[0].ndim} axes; 2 to 4 are understood"
    n_parameters = sum(parameter.numel() for parameter in module.parameters())
    return Layer(name, type(module).__name__, kind, shape, n_parameters, unusable)
