"""The layers of any network by name: what there is, what shape it gives, which can be studied."""

import difflib
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sememe.errors import NetworkError


@dataclass(frozen=True)
class Layer:
    """One named module of a network, as a forward pass on an example saw it."""

    name: str
    """Dotted name, as in ``named_modules()``."""
    module: str
    """Class of the module: ``Conv2d``."""
    kind: str
    """``vector`` (an activation an image), ``map`` (one a position), ``tokens`` (one a token), ``other``."""
    shape: tuple[int, ...] | None
    """Of the output, without the images axis; None where there is no tensor."""
    n_parameters: int
    """Weights and biases in it, inner modules included."""
    unusable: str
    """Why it cannot be studied; empty where it can."""

    @property
    def n_neurons(self) -> int | None:
        """Coordinates of an activation: features of a vector or a token, channels of a map."""
        if self.shape is None or self.unusable:
            return None
        return self.shape[-1] if self.kind == "tokens" else self.shape[0]


_KIND_BY_AXES = {2: "vector", 3: "tokens", 4: "map"}


def layers(net: nn.Module, example: Tensor) -> tuple[Layer, ...]:
    """Every named module of a network in the order of ``named_modules()``.

    ``example`` is a batch that the network accepts, e.g. float32 (1, 1, 28, 28); one forward pass is made, in
    evaluation mode and without gradients.
    """
    outputs: dict[str, list[object]] = {name: [] for name, _ in net.named_modules() if name}

    def keep(name: str):  # type: ignore[no-untyped-def]
        return lambda module, arguments, output: outputs[name].append(output)

    handles = [m.register_forward_hook(keep(name)) for name, m in net.named_modules() if name]
    training = net.training
    net.eval()
    try:
        with torch.no_grad():
            net(example)
    finally:
        net.train(training)
        for handle in handles:
            handle.remove()
    return tuple(_layer(name, m, outputs[name]) for name, m in net.named_modules() if name)


def find(net: nn.Module, name: str) -> nn.Module:
    """The module of that dotted name; an unknown name is a :class:`NetworkError` that lists near names."""
    modules = dict(net.named_modules())
    if name and name in modules:
        return modules[name]
    known = [known for known in modules if known]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or known[:3]
    raise NetworkError(
        f"{type(net).__name__} has no layer {name!r}; near names: {', '.join(near)} "
        "(sememe layers lists all of them)."
    )


def _layer(name: str, module: nn.Module, outputs: list[object]) -> Layer:
    kind, shape, unusable = "other", None, ""
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
    n_parameters = sum(p.numel() for p in module.parameters())
    return Layer(name, type(module).__name__, kind, shape, n_parameters, unusable)
