"""The digit networks as NumPy functions: a forward pass of one drawing takes a fraction of a millisecond.

A layer's activation is one row an image where it is a vector, and ``(images, rows, columns, neurons)`` where
it is a map. Weights are read from the run's own files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError
from safetensors.numpy import load

from sememe.errors import FormatError
from sememe.files import read_json

# As sememe.networks.network normalises pixels; a test holds the two together.
PIXEL_MEAN, PIXEL_DEVIATION = np.float32(0.1307), np.float32(0.3081)

Array = np.ndarray
Weights = Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class LiveNetwork:
    """A network as a chain of layers.

    Attributes:
        name: its name in the registry of networks.
        layers: each layer's name and what it makes of the one before, pixels in 0..1 first.
        weights: by the names of the saved file.
        patience: forward passes of one image that a page may wait for.
    """

    patience: ClassVar[int] = 2_800

    name: str
    layers: tuple[tuple[str, Callable[[Array], Array]], ...]
    weights: Weights

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of the layers, in the order in which they run; the last are the logits."""
        return tuple(name for name, _ in self.layers)

    def forward(self, pixels: Float32[np.ndarray, "images height width"]) -> dict[str, Array]:
        """Every layer's activation for images in 0..1."""
        return self._run(pixels, self.layers)

    def onward(self, layer: str, activation: Array) -> dict[str, Array]:
        """The layers after one, when it gives ``activation``; empty after the last."""
        return self._run(activation, self.layers[self.layer_names.index(layer) + 1 :])

    def logits_from(self, layer: str, activation: Array) -> Float32[np.ndarray, "images classes"]:
        """The logits when a layer gives ``activation``."""
        last = self.layer_names[-1]
        found: Array = activation if layer == last else self.onward(layer, activation)[last]
        return found

    def values(
        self, layer: str, pixels: Float32[np.ndarray, "images 1 height width"]
    ) -> Float32[np.ndarray, "images ..."]:
        """One layer's activation for images in 0..1."""
        found: Array = self.forward(pixels[:, 0])[layer]
        return found

    def logits_with(
        self,
        layer: str,
        pixels: Float32[np.ndarray, "images 1 height width"],
        values: Float32[np.ndarray, "images ..."],
    ) -> Float32[np.ndarray, "images classes"]:
        """The logits when a layer gives ``values``, which is all that they depend on in these networks."""
        return self.logits_from(layer, values)

    def logit_weights(self, layer: str) -> Float32[np.ndarray, "classes neurons"] | None:
        """The matrix from a layer to the logits where that way is linear; None where it is not."""
        return self.weights["logits.weight"] if layer == self.layer_names[-2] else None

    def pixel_weights(self, layer: str) -> Float32[np.ndarray, "neurons height width"] | None:
        """Incoming weights as images, of a layer that reads all pixels directly; None of any other."""
        weights = self.weights.get(f"{layer}.linear.weight")
        if layer != self.layer_names[0] or weights is None or weights.ndim != 2:
            return None
        return weights.reshape(-1, 28, 28)

    @staticmethod
    def _run(x: Array, layers: tuple[tuple[str, Callable[[Array], Array]], ...]) -> dict[str, Array]:
        found = {}
        for name, function in layers:
            x = found[name] = function(x)
        return found


def softmax(logits: Float32[np.ndarray, "*images classes"]) -> Float32[np.ndarray, "*images classes"]:
    """Probabilities from logits."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Array = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def open_network(folder: Path) -> LiveNetwork | None:
    """A saved digit network; None where the folder holds another network, which NumPy does not run.

    Raises:
        FormatError: the folder is damaged.
    """
    name = read_json(folder / "config.json").get("network")
    if name not in _BUILDERS:
        return None
    path = folder / "weights.safetensors"
    try:
        weights = load(path.read_bytes())
        return LiveNetwork(name, _BUILDERS[name](weights), weights)
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise FormatError(
            f"{path} does not hold the weights of a {name} ({error!r}): train it again."
        ) from None


def _digit_mlp(w: Weights) -> tuple[tuple[str, Callable[[Array], Array]], ...]:
    def read(pixels: Array) -> Array:
        return _sigmoid(_linear(w, "hidden1.linear", _normalised(pixels).reshape(len(pixels), -1)))

    return (
        ("hidden1", read),
        ("hidden2", lambda x: _sigmoid(_linear(w, "hidden2.linear", x))),
        ("logits", lambda x: _linear(w, "logits", x)),
    )


def _digit_cnn(w: Weights) -> tuple[tuple[str, Callable[[Array], Array]], ...]:
    def hidden(pooled: Array) -> Array:
        return _relu(_linear(w, "fc1.linear", pooled.reshape(len(pooled), -1)))

    return (
        ("conv1", lambda x: _relu(_convolved(w, "conv1.linear", _normalised(x)[..., None], 2))),
        ("conv2", lambda x: _relu(_convolved(w, "conv2.linear", x, 1))),
        ("pool", _pooled),
        ("fc1", hidden),
        ("logits", lambda x: _linear(w, "logits", x)),
    )


_BUILDERS = {"digit_mlp": _digit_mlp, "digit_cnn": _digit_cnn}


def _normalised(pixels: Array) -> Array:
    return (pixels - PIXEL_MEAN) / PIXEL_DEVIATION


def _linear(w: Weights, name: str, x: Array) -> Array:
    given: Array = x @ w[f"{name}.weight"].T + w[f"{name}.bias"]
    return given


def _convolved(w: Weights, name: str, x: Array, stride: int) -> Array:
    """A convolution without padding, as one matrix product over all windows."""
    kernel = w[f"{name}.weight"]  # (neurons, channels, rows, columns)
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[2:], axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    flat = windows.reshape(-1, kernel[0].size)
    given = flat @ kernel.reshape(len(kernel), -1).T + w[f"{name}.bias"]
    return given.reshape(*windows.shape[:3], -1)


def _pooled(x: Array) -> Array:
    down = x[:, ::2] + x[:, 1::2]
    mean: Array = (down[:, :, ::2] + down[:, :, 1::2]) * np.float32(0.25)
    return mean


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


def _sigmoid(x: Array) -> Array:
    with np.errstate(
        over="ignore"
    ):  # exp of a large number is infinite, and the sigmoid then 0, as it should
        return np.asarray(1 / (1 + np.exp(-x)), np.float32)
