"""Centre and scale where an item is the activations of several layers side by side."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from sememe.activations import Moments
from sememe.dictionaries.folding import Standardisation
from sememe.errors import DictionaryError


@dataclass(frozen=True, eq=False)
class LayerStandardisation(Standardisation):
    """Every layer has a scale of its own; ``scale`` is the first layer's.

    Attributes:
        widths: numbers of neurons of the layers.
        layer_scales: what each layer is divided by.
    """

    widths: tuple[int, ...]
    layer_scales: Float64[np.ndarray, " layers"]

    @classmethod
    def of(cls, found: Moments, widths: tuple[int, ...], mean_squares: tuple[float, ...]) -> Self:
        """The scales that give each layer, centred, that mean squared length.

        Raises:
            DictionaryError: a layer does not vary.
        """
        ends = np.cumsum(widths)
        scales = []
        for number, (end, width, mean_square) in enumerate(zip(ends, widths, mean_squares, strict=True)):
            part = slice(end - width, end)
            scale = float(np.sqrt(found.variance[part].sum() / mean_square))
            if scale <= np.finfo(np.float32).eps * np.abs(found.mean[part]).max():
                raise DictionaryError(
                    f"The items do not vary in layer {number} of {len(widths)} (neurons {end - width} to "
                    f"{end - 1}): give activations that differ."
                )
            scales.append(scale)
        return cls(found.mean, scales[0], widths, np.array(scales))

    @property
    def neuron_scales(self) -> Float64[np.ndarray, " neurons"]:
        """The scale of each neuron's layer."""
        return np.repeat(self.layer_scales, self.widths)

    def apply(self, x: Float[Tensor, "items neurons"]) -> Float[Tensor, "items neurons"]:
        """Items as training sees them."""
        return (x - torch.from_numpy(self.mean).to(x)) / torch.from_numpy(self.neuron_scales).to(x)
