"""Between the units in which an autoencoder is trained and those of the layer.

Training sees ``(x - mean) / scale``. As the encoder is positively homogeneous, the same function of raw
activations has its biases and thresholds multiplied by ``scale`` and ``b_dec`` moved to
``mean + scale b_dec``; atoms keep their length and codes come out in units of activation.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from sememe.dictionaries.module import SAEModule


@dataclass(frozen=True, eq=False)
class Standardisation:
    """The centre that is subtracted from every item and the one number that it is then divided by."""

    mean: Float64[np.ndarray, " neurons"]
    scale: float

    def apply(self, x: Float[Tensor, "items neurons"]) -> Float[Tensor, "items neurons"]:
        """Items as training sees them."""
        return (x - torch.from_numpy(self.mean).to(x)) * (1 / self.scale)


@torch.no_grad()
def fold(module: SAEModule, standardisation: Standardisation) -> None:
    """Turn a module of standardised items into the same function of raw ones, in place."""
    mean, scale = torch.from_numpy(standardisation.mean), standardisation.scale
    module.b_dec.copy_(mean.to(module.b_dec.device) + scale * module.b_dec.double())
    module.scale_biases(scale)


@torch.no_grad()
def unfold(module: SAEModule, standardisation: Standardisation) -> None:
    """Undo ``fold``, in place, up to rounding."""
    mean, scale = torch.from_numpy(standardisation.mean), standardisation.scale
    module.b_dec.copy_((module.b_dec.double() - mean.to(module.b_dec.device)) / scale)
    module.scale_biases(1 / scale)
