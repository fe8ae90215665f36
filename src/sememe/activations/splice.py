"""The way back: items put in the place of a layer's output, and what the network then says."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn

from sememe.activations.forward import evaluation
from sememe.images import ImageSet
from sememe.networks import replace


def splice(
    net: nn.Module,
    images: ImageSet,
    layer: str,
    function: Callable[[np.ndarray], np.ndarray],
    *,
    batch_size: int = 500,
    device: str = "auto",
) -> Float32[np.ndarray, "images classes"]:
    """The logits of a network whose layer gives ``function(items)`` in place of its items.

    Args:
        net: any module that takes float images ``(images, channels, height, width)`` in 0..1.
        images: the images to pass through.
        layer: dotted name of a layer that gives vectors, maps or tokens.
        function: from float32 ``(items, neurons)`` to the same shape, a row an item in the order of
            :func:`~sememe.activations.harvest`, all positions of an image among them. The reconstruction of a
            dictionary, an ablation or a steering.
        batch_size: images in a forward pass.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        NetworkError: an unknown layer, or a function that changes the shape.
    """

    def spliced(output: Float[Tensor, "images ..."]) -> Float[Tensor, "images ..."]:
        last = output if output.ndim < 4 else output.permute(0, 2, 3, 1)
        items = last.reshape(-1, last.shape[-1]).float().cpu().numpy()
        given = torch.from_numpy(np.ascontiguousarray(function(items), dtype=np.float32))
        given = given.reshape(*last.shape[:-1], -1).to(output)
        return given if output.ndim < 4 else given.permute(0, 3, 1, 2)

    logits = []
    with evaluation(net, device) as prepare, replace(net, layer, spliced):
        for start in range(0, len(images), batch_size):
            pixels = torch.from_numpy(images.floats(slice(start, start + batch_size)))
            logits.append(net(prepare(pixels)).float().cpu())
    return torch.cat(logits).numpy()
