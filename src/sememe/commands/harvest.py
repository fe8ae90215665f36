"""``sememe harvest``: the activations of a network's layers, on disk."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.console import Console

from sememe.commands.options import Device, say

if TYPE_CHECKING:
    from sememe.images import ImageSet
    from sememe.networks import Network


def harvest(
    network: str,
    images: str,
    /,
    *,
    layer: Annotated[Sequence[str], Parameter(negative="")],
    to: Path,
    positions: int | None = None,
    weighted: Literal["uniform", "ink", "norm"] = "uniform",
    pool: Literal["mean", "max"] | None = None,
    size: int | None = None,
    channels: Literal["grey", "colour"] | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    device: Device = "auto",
) -> None:
    """Write a layer's activations on a set of images to a store, for `sememe learn` and `sememe measure`.

    `sememe harvest runs/mnist/network/digit_cnn mnist:train --layer fc1 --to fc1`

    `sememe harvest NETWORK pictures/ --layer conv2 --positions 8 --size 64 --to conv2`

    Parameters
    ----------
    network
        The folder of a saved network, such as RUN/network/digit_cnn, or a name (digit_mlp, digit_cnn): then
        it is untrained.
    images
        mnist:train or mnist:test, an .npz archive, an IDX file (labels beside it, or behind a comma), or a
        folder that has a subfolder of pictures for each class. "mnist:test[-5000:]" takes the last 5,000.
    layer
        The layer's name, as `sememe layers NETWORK` lists it. Repeated, all are harvested in one pass, each
        into a folder of its own below --to.
    to
        The store to write, which takes the place of an older one.
    positions
        Of a layer that has a map: positions to keep of each image, drawn at random. All if not given.
    weighted
        How they are drawn: all alike, by the ink that they see, or by the length of the activation.
    pool
        Of a layer that has a map: mean or max over its positions, which makes one item an image.
    size
        Bring the pictures of a folder to this height and width.
    channels
        Convert the pictures of a folder to grey or colour.
    batch_size
        Images that pass through the network together.
    seed
        Which positions are drawn follows from it.
    device
        Where the network runs.
    """
    from sememe import activations, networks
    from sememe.commands.image_source import read_images
    from sememe.commands.remaining import with_remaining
    from sememe.console import reporter_for
    from sememe.errors import ActivationsError

    if seed < 0:
        raise ActivationsError(f"The seed must be 0 or more, but {seed} arrived.")
    console = Console(highlight=False)
    chosen = networks.resolve_device(device)
    net = networks.named(network).to(chosen)
    pictures = read_images(images, size, channels)
    names = list(dict.fromkeys(layer))
    _refuse_idle(net, pictures, names, {"positions": positions, "weighted": weighted, "pool": pool})
    stores = {name: to / name for name in names} if len(names) > 1 else {names[0]: to}
    reporter = reporter_for(console)
    begun = time.monotonic()
    try:
        reporter.begin(
            f"harvest {', '.join(names)} on {len(pictures):,} images of {pictures.name}", 1, 1, None
        )
        found = activations.harvest_layers(
            net,
            pictures,
            names,
            positions_per_image=positions,
            weighted=weighted,
            pool=pool,
            seed=seed,
            to=stores,
            batch_size=batch_size,
            device=chosen.type,
            progress=with_remaining(reporter.progress),
        )
        n_bytes = sum(4 * len(one) * one.n_neurons for one in found.values())
        reporter.end(time.monotonic() - begun, f"{n_bytes / 1e6:,.1f} MB of activations")
    finally:
        reporter.close()
    for name, one in found.items():
        say(f"{stores[name]}: {name}, {len(one):,} items x {one.n_neurons:,} neurons{_kept(one)}")
    for note in pictures.notes:
        say(f"Note: {note}.")
    if network in networks.registry():
        say(
            f"Note: {network} by its name is untrained; give the folder of a saved network for a trained one."
        )


def _refuse_idle(
    net: "Network", pictures: "ImageSet", names: Sequence[str], given: dict[str, object]
) -> None:
    """Refuse options that would change nothing: about positions that no layer has, or that nobody draws."""
    import torch

    from sememe import networks
    from sememe.errors import ActivationsError

    drawn, pooled = given["positions"] is not None, given["pool"] is not None
    if given["weighted"] != "uniform" and not drawn:
        raise ActivationsError(
            f"--weighted {given['weighted']} says how positions are drawn: say how many with --positions."
        )
    if drawn and pooled:
        raise ActivationsError(
            "--pool makes one item of all positions, so --positions has none to draw: give one of the two."
        )
    if not drawn and not pooled:
        return
    example = torch.from_numpy(pictures.floats(slice(0, 1))).to(next(net.parameters()).device)
    try:
        kinds = {layer.name: layer.kind for layer in networks.layers(net, example)}
    except RuntimeError:  # images that the network does not take: the harvest says so
        return
    if all(kinds.get(name) == "vector" for name in names):
        raise ActivationsError(
            f"{', '.join(names)} has no positions, but one vector an image: leave "
            f"{'--positions' if drawn else '--pool'} out."
        )


def _kept(found: object) -> str:
    grid, sampling = getattr(found, "grid", None), getattr(found, "sampling", None)
    if grid is None:
        return ""
    kept = "all positions" if sampling is None else f"{sampling.per_image} positions an image"
    return f" ({kept} of a map of {grid[0]} x {grid[1]})"
