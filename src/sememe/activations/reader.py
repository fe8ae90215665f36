"""How the output of a layer becomes items: vectors, maps and tokens."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from sememe.activations.activations import Items, Pool
from sememe.activations.positions import Sampling, draw, ink_weights
from sememe.activations.receptive_field import ReceptiveField, probe
from sememe.errors import ActivationsError
from sememe.networks.layers import Layer


@dataclass(frozen=True)
class Reader:
    """Turns a layer's output into items.

    Attributes:
        layer: name of the layer.
        n_neurons: coordinates of an activation.
        n_items: items an image.
        grid: height and width of the map that items are positions of; None where an image has one item.
        receptive_field: of the map's positions; None for tokens and where there is no map.
        sampling: which positions are kept; None for all.
        pool: how all positions become one item; None if they do not.
    """

    layer: str
    n_neurons: int
    n_items: int
    grid: tuple[int, int] | None
    receptive_field: ReceptiveField | None
    sampling: Sampling | None
    pool: Pool | None

    def read(
        self,
        output: Float[Tensor, "images ..."],
        first_image: int,
        pixels: Float32[np.ndarray, "_ channels height width"],
    ) -> Items:
        """The items of a batch of images, the first of which has this row in its set."""
        positions = _as_positions(output)
        n_images = len(pixels)
        if len(positions) != n_images:
            raise ActivationsError(
                f"Layer {self.layer!r} gave {len(positions)} rows for {n_images} images: choose a layer "
                "whose first axis is images."
            )
        if positions.shape[1:] != (*(self.grid or positions.shape[1:3]), self.n_neurons):
            raise ActivationsError(
                f"Layer {self.layer!r} gave a map of {tuple(positions.shape[1:3])} after one of {self.grid}: "
                "all images must give the same shape."
            )
        images = np.arange(first_image, first_image + n_images, dtype=np.int64)
        if self.grid is None:
            return Items(_numpy(_pooled(positions, self.pool)), images, None)
        height, width = self.grid
        if self.sampling is None:
            flat = np.tile(np.arange(height * width), (n_images, 1))
            values = positions.reshape(-1, self.n_neurons)
        else:
            weights = self._weights(positions, pixels, self.sampling)
            flat = draw(weights, first_image, self.n_items, self.sampling.seed)
            image = torch.from_numpy(np.repeat(np.arange(n_images), self.n_items)).to(output.device)
            chosen = torch.from_numpy(flat.reshape(-1)).to(output.device)
            values = positions[image, chosen // width, chosen % width]
        position = np.stack(np.divmod(flat.reshape(-1), width), axis=1).astype(np.int64)
        return Items(_numpy(values), np.repeat(images, self.n_items), position)

    def _weights(
        self,
        positions: Float[Tensor, "images rows columns neurons"],
        pixels: Float32[np.ndarray, "images channels height width"],
        sampling: Sampling,
    ) -> Float[np.ndarray, "images positions"]:
        if sampling.weighted == "ink":
            assert self.receptive_field is not None
            return ink_weights(pixels, self.receptive_field)
        if sampling.weighted == "norm":
            return _numpy(positions.float().norm(dim=3).flatten(1))
        return np.ones((len(positions), positions.shape[1] * positions.shape[2]))


def reader_of(
    layer: Layer,
    run: Callable[[Tensor], Tensor],
    example: Tensor,
    sampling: Sampling | None,
    pool: Pool | None,
) -> Reader:
    """How to read a layer of which an example's output is known.

    Args:
        layer: the layer's record.
        run: the layer's output for a batch of images, to probe its receptive field with.
        example: one image as the network takes it.
        sampling: positions to keep where the layer has more; None for all.
        pool: ``mean`` or ``max`` over a map or over tokens; vectors stay as they are.
    """
    if layer.unusable:
        raise ActivationsError(
            f"Layer {layer.name!r} {layer.unusable}: choose another (sememe layers lists them)."
        )
    assert layer.shape is not None
    assert layer.n_neurons is not None
    if layer.kind == "vector" or pool is not None:
        kept = pool if layer.kind != "vector" else None
        return Reader(layer.name, layer.n_neurons, 1, None, None, None, kept)
    if layer.kind == "tokens":
        grid, field = (1, layer.shape[0]), None
    else:
        grid, field = (layer.shape[1], layer.shape[2]), probe(run, example)
    n_positions = grid[0] * grid[1]
    if sampling is None or sampling.per_image >= n_positions:
        return Reader(layer.name, layer.n_neurons, n_positions, grid, field, None, None)
    if sampling.weighted == "ink" and field is None:
        raise ActivationsError(
            f"Which pixels the positions of layer {layer.name!r} see is not known, so that they cannot be "
            "weighted by ink: use uniform or norm."
        )
    return Reader(layer.name, layer.n_neurons, sampling.per_image, grid, field, sampling, None)


def _as_positions(output: Float[Tensor, "images ..."]) -> Float[Tensor, "images rows columns neurons"]:
    """A view with the neurons last, whatever the layer gives: a vector is a map of one position."""
    if output.ndim == 2:
        return output[:, None, None]
    if output.ndim == 3:
        return output[:, None]
    return output.permute(0, 2, 3, 1)


def _pooled(
    positions: Float[Tensor, "images rows columns neurons"], pool: Pool | None
) -> Float[Tensor, "images neurons"]:
    if pool == "max":
        return positions.amax(dim=(1, 2))
    return positions.mean(dim=(1, 2), dtype=torch.float32) if pool == "mean" else positions[:, 0, 0]


def _numpy(tensor: Float[Tensor, "..."]) -> Float32[np.ndarray, "..."]:
    return tensor.float().cpu().numpy()
