"""From a network and images to the activations of its layers, in one forward pass over the images."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import get_args

import torch
from torch import Tensor, nn

from sememe.activations.activations import Activations, Pool
from sememe.activations.collector import Collector
from sememe.activations.forward import evaluation
from sememe.activations.positions import Sampling, Weighting
from sememe.activations.reader import Reader, reader_of
from sememe.activations.store import ARRAYS, open_store
from sememe.errors import ActivationsError
from sememe.files import whole_folder
from sememe.images import ImageSet
from sememe.networks.hooks import visit
from sememe.networks.layers import find
from sememe.networks.layers import layers as layers_of
from sememe.progress import Progress, silent

# What harvests may take in memory, all layers together; beyond it they have to go to disk.
MEMORY_LIMIT = 4 << 30
# What the pixels of a batch take at most, unless its size is given; the maps of a CNN take ten times as much.
BATCH_BYTES = 16 << 20


def harvest(
    net: nn.Module,
    images: ImageSet,
    layer: str,
    *,
    positions_per_image: int | None = None,
    weighted: Weighting = "uniform",
    pool: Pool | None = None,
    seed: int = 0,
    to: Path | str | None = None,
    batch_size: int | None = None,
    device: str = "auto",
    progress: Progress = silent,
) -> Activations:
    """The activations of one layer on a set of images.

    A layer that gives a vector ``(images, neurons)`` has one item an image; a map ``(images, channels, rows,
    columns)`` has one at every position, with the channels as neurons; tokens ``(images, tokens, neurons)``
    have one each.

    Args:
        net: any module that takes float images ``(images, channels, height, width)`` in 0..1. It is run in
            evaluation mode without gradients and left as it was.
        images: the images, each of which is one row of ``Activations.image``.
        layer: dotted name, as in ``net.named_modules()``.
        positions_per_image: positions or tokens to keep of each image, drawn without replacement; None, or as
            many as there are, keeps all.
        weighted: ``uniform``, by ``ink`` under the receptive field, or by the activation's ``norm``. pool:
        ``mean`` or ``max`` over positions or tokens, which makes one item an image. seed: of the positions,
        which depend on it and on the image's row alone. to: a folder for a store on disk, whose size memory
        does not limit; replaced if it is there. None keeps
            the activations in memory.
        batch_size: images in a forward pass; None for 512, or fewer where they are large (16 MiB of pixels).
        device: ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``.
        progress: told the share of images that are done.

    Raises:
        NetworkError: the network has no such layer; the message lists near names.
        ActivationsError: the network does not take these images, the layer's output is not a tensor of 2 to 4
            axes, activations are NaN or infinite, or they are too many for memory.
    """
    return harvest_layers(
        net,
        images,
        [layer],
        positions_per_image=positions_per_image,
        weighted=weighted,
        pool=pool,
        seed=seed,
        to=None if to is None else {layer: to},
        batch_size=batch_size,
        device=device,
        progress=progress,
    )[layer]


def harvest_layers(
    net: nn.Module,
    images: ImageSet,
    layers: Sequence[str],
    *,
    positions_per_image: int | None = None,
    weighted: Weighting = "uniform",
    pool: Pool | None = None,
    seed: int = 0,
    to: Path | str | Mapping[str, Path | str] | None = None,
    batch_size: int | None = None,
    device: str = "auto",
    progress: Progress = silent,
) -> dict[str, Activations]:
    """The activations of several layers, from one forward pass that ends after the last of them.

    Takes what :func:`harvest` takes and raises what it raises; positions and pooling concern the layers that
    have a map or tokens. ``to`` is a folder that gets a store for each layer, under its name, or a folder for
    each layer by name; those that it leaves out are kept in memory.
    """
    names = list(dict.fromkeys(layers))
    sampling = None if positions_per_image is None else Sampling(positions_per_image, weighted, seed)
    folders = _folders(names, to)
    batch_size = _default_batch(images) if batch_size is None else batch_size
    _check(names, pool, batch_size)
    with evaluation(net, device) as prepare, contextlib.ExitStack() as stack:
        readers = _readers(net, images, names, prepare, sampling, pool)
        _check_memory([reader for reader in readers if reader.layer not in folders], len(images))
        collectors = []
        for reader in readers:
            path = folders.get(reader.layer)
            folder = None if path is None else stack.enter_context(whole_folder(path, may_hold=ARRAYS))
            collectors.append(Collector(reader, images, folder))
        for start in range(0, len(images), batch_size):
            pixels = images.floats(slice(start, start + batch_size))
            visitors = {c.reader.layer: partial(c.add, start, pixels) for c in collectors}
            visit(net, visitors, prepare(torch.from_numpy(pixels)))
            done = min(start + batch_size, len(images))
            progress(done / len(images), f"harvest: {done:,} of {len(images):,} images")
        harvested = {c.reader.layer: c.finish() for c in collectors}
    return {name: open_store(folders[name]) if name in folders else harvested[name] for name in names}


def _readers(
    net: nn.Module,
    images: ImageSet,
    names: list[str],
    prepare: Callable[[Tensor], Tensor],
    sampling: Sampling | None,
    pool: Pool | None,
) -> list[Reader]:
    example = prepare(torch.from_numpy(images.floats(slice(0, 1))))
    for name in names:
        find(net, name)
    try:
        known = {layer.name: layer for layer in layers_of(net, example)}
    except RuntimeError as error:
        raise ActivationsError(
            f"{type(net).__name__} does not take the {images.n_channels} x {images.height} x {images.width} "
            f"images of {images.name}: {error}"
        ) from error
    return [reader_of(known[name], partial(_output, net, name), example, sampling, pool) for name in names]


def _output(net: nn.Module, name: str, batch: Tensor) -> Tensor:
    seen: list[Tensor] = []
    visit(net, {name: seen.append}, batch)
    return seen[0]


def _folders(names: list[str], to: Path | str | Mapping[str, Path | str] | None) -> dict[str, Path]:
    if to is None:
        return {}
    if isinstance(to, Mapping):
        for name in to.keys() - names:
            raise ActivationsError(
                f"There is a folder for layer {name!r}, which is not among those to harvest."
            )
        return {name: Path(folder) for name, folder in to.items()}
    return {name: Path(to) / name for name in names}


def _default_batch(images: ImageSet) -> int:
    image_bytes = 4 * images.n_channels * images.height * images.width
    return max(1, min(512, BATCH_BYTES // image_bytes))


def _check(names: list[str], pool: Pool | None, batch_size: int) -> None:
    if not names:
        raise ActivationsError("No layer was named: name at least one (sememe layers lists them).")
    if pool is not None and pool not in get_args(Pool):
        raise ActivationsError(f"Maps cannot be pooled by {pool!r}: use mean, max or None.")
    if batch_size < 1:
        raise ActivationsError(f"The batch size is {batch_size}; use 1 or more.")


def _check_memory(readers: list[Reader], n_images: int) -> None:
    needed = sum(n_images * reader.n_items * (reader.n_neurons * 4 + 24) for reader in readers)
    if needed > MEMORY_LIMIT:
        names = ", ".join(reader.layer for reader in readers)
        raise ActivationsError(
            f"The activations of {names} take {needed / 2**30:.1f} GiB, more than the "
            f"{MEMORY_LIMIT / 2**30:.1f} GiB kept in memory: give a folder to write them to, or keep fewer "
            "positions an image."
        )
