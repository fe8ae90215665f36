"""Forward passes that pages ask for: by NumPy where it knows the network, else by torch, else not at all.

Torch takes seconds and two hundred megabytes to load; only the first page that asks for it pays.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from sememe.errors import FormatError, RunError
from sememe.explorer.live.network import open_network
from sememe.files import read_json

Pixels = Float32[np.ndarray, "images channels height width"]
Values = Float32[np.ndarray, "images ..."]  # (images, neurons), or (images, rows, columns, neurons)
Logits = Float32[np.ndarray, "images classes"]

_BATCH = 32  # images of one pass by torch


class CannotRun(RunError):
    """No forward pass can be made; the sentence says why."""


@runtime_checkable
class Forward(Protocol):
    """A network that says what a layer gives, and what follows when the layer gives something else."""

    patience: ClassVar[int]  # forward passes of one image that a page may wait for

    def values(self, layer: str, pixels: Pixels) -> Values:
        """The layer's activation for images in 0..1, neurons last."""
        ...

    def logits_with(self, layer: str, pixels: Pixels, values: Values) -> Logits:
        """The logits of images whose layer gives ``values``."""
        ...

    def logit_weights(self, layer: str) -> Float32[np.ndarray, "classes neurons"] | None:
        """The matrix from a layer to the logits where that way is known to be linear."""
        ...


def open_forward(folder: Path) -> Forward:
    """The network of a folder, by NumPy or by torch.

    Raises:
        CannotRun: the folder is not there, or holds weights of a network that only its author can build.
    """
    name = network_name(folder)
    if name is None:
        raise CannotRun(
            f"The network {folder.name} cannot be built again from this run, so that nothing can be passed "
            "through it here."
        )
    return open_network(folder) or TorchNetwork(folder)


def network_name(folder: Path) -> str | None:
    """The registered name of a saved network; None where there is no such network, or it has none."""
    if not (folder / "config.json").is_file():
        return None
    configuration = read_json(folder / "config.json")
    name = configuration.get("network") if isinstance(configuration, dict) else None
    return name if isinstance(name, str) else None


class TorchNetwork:
    """A network of the registry that NumPy does not know, run by torch on the processor.

    Raises:
        CannotRun: the folder holds none.
    """

    patience: ClassVar[int] = 200

    def __init__(self, folder: Path) -> None:
        from sememe import networks

        try:
            self._net: Any = networks.load(folder)
        except FormatError as error:
            raise CannotRun(f"The network {folder.name} cannot be run here: {error}") from None

    def values(self, layer: str, pixels: Pixels) -> Values:
        """The layer's activation for images in 0..1, neurons last."""
        from sememe import networks

        def look(start: int) -> np.ndarray:
            batch = self._tensor(pixels[start : start + _BATCH])
            return _neurons_last(networks.run_to(self._net, [layer], batch)[layer]).numpy()

        return self._batches(len(pixels), look)

    def logits_with(self, layer: str, pixels: Pixels, values: Values) -> Logits:
        """The logits of images whose layer gives ``values``."""
        from sememe import networks

        def spliced(start: int) -> np.ndarray:
            given = self._tensor(values[start : start + _BATCH])
            given = given.permute(0, 3, 1, 2) if given.ndim == 4 else given
            with networks.replace(self._net, layer, lambda output: given.to(output)):
                found: np.ndarray = self._net(self._tensor(pixels[start : start + _BATCH])).numpy()
            return found

        return self._batches(len(pixels), spliced)

    def logit_weights(self, layer: str) -> Float32[np.ndarray, "classes neurons"] | None:
        """Not known: effects are measured."""
        return None

    @staticmethod
    def _tensor(array: np.ndarray) -> Any:
        import torch

        return torch.from_numpy(np.array(array, np.float32))

    @staticmethod
    def _batches(count: int, function: Callable[[int], np.ndarray]) -> np.ndarray:
        import torch

        with torch.inference_mode():
            return np.concatenate([function(start) for start in range(0, count, _BATCH)])


def _neurons_last(output: Any) -> Any:
    return (output.permute(0, 2, 3, 1) if output.ndim == 4 else output).float().contiguous()
