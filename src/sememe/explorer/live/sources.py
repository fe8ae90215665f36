"""Items of unit sets that read something else than the layer: the layer before training, or the pixels.

They are controls. A run keeps only the layer's own items, so these are read again when they are first asked
for: pixels from the images, the untrained layer by torch in a process of its own.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from sememe.errors import FormatError
from sememe.explorer.live.apart import apart
from sememe.explorer.live.forward import network_name
from sememe.explorer.live.items import Boxes, LayerItems
from sememe.files import read_json
from sememe.images import ImageSet

# Bytes of the largest array of items that is read for one such set.
_MOST_BYTES = 64 * 2**20
# What they read, in the words of the page.
READS = {"untrained": "the layer as it was before training", "pixels": "the pixels, not the layer"}


@dataclass(frozen=True, eq=False)
class Reader:
    """What it takes to read the items of other sources at the places of a layer's own.

    Attributes:
        network: folder of the trained network.
        layer: name of the layer.
        images: the run's images.
        items: the layer's own items.
    """

    network: Path
    layer: str
    images: ImageSet
    items: LayerItems

    def why_not(self, source: str) -> str | None:
        """Why items of a source cannot be read again, as the end of a sentence; None where they can."""
        if source == "untrained":
            if network_name(self.network) is None:
                return f"the network {self.network.name} cannot be built again, untrained"
            return None
        if source != "pixels":
            return f"the explorer does not know what {source[:40]!r} is"
        size = 4 * len(self.items) * self._patch_size
        if size > _MOST_BYTES:
            return f"what its items see takes {size / 2**20:,.0f} MiB, more than the explorer holds"
        return None

    def read(self, source: str) -> Float32[np.ndarray, "items inputs"]:
        """What the unit sets of a source read, a row an item."""
        items = self.items
        if source == "pixels":
            return seen_pixels(self.images, items.image, items.position, items.receptive_field)
        found: Float32[np.ndarray, "items inputs"] = apart(
            untrained_items, self.network, self.images, self.layer, items.image, items.position
        )
        return found

    @property
    def _patch_size(self) -> int:
        """Numbers that one item sees."""
        images, field = self.images, self.items.receptive_field
        whole = self.items.position is None or field is None
        high, wide = (images.height, images.width) if whole or field is None else field.size
        return images.n_channels * high * wide


def seen_pixels(
    images: ImageSet,
    image: Int64[np.ndarray, " items"],
    position: Int64[np.ndarray, "items 2"] | None,
    field: Boxes | None,
) -> Float32[np.ndarray, "items inputs"]:
    """The pixels of each item, 0 to 1: the patch under its position, or the whole image.

    As :func:`sememe.judging.seen_pixels`, which such dictionaries were fitted on: what a patch lacks beyond
    the image's border is 0. A patch that is cut off touches the border on the side where it is.
    """
    if position is None or field is None:
        return images.floats(np.unique(image))[np.unique(image, return_inverse=True)[1]].reshape(
            len(image), -1
        )
    tall, wide = field.size
    found = np.zeros((len(image), images.n_channels, tall, wide), np.float32)
    pixels = images.pixels.reshape(len(images), images.n_channels, images.height, images.width)
    places, which = np.unique(position, axis=0, return_inverse=True)
    for number, (row, column) in enumerate(places.tolist()):
        rows = np.flatnonzero(which.ravel() == number)
        top, left, bottom, right = field.box(row, column)
        down = tall - (bottom - top) if top == 0 else 0
        along = wide - (right - left) if left == 0 else 0
        inside = (slice(None), slice(down, down + bottom - top), slice(along, along + right - left))
        found[(rows, *inside)] = pixels[image[rows], :, top:bottom, left:right] / np.float32(255)
    return found.reshape(len(image), -1)


def untrained_items(
    folder: Path,
    images: ImageSet,
    layer: str,
    image: Int64[np.ndarray, " items"],
    position: Int64[np.ndarray, "items 2"] | None,
) -> Float32[np.ndarray, "items neurons"]:
    """The layer's activations at some items, in the network as it was before training."""
    import torch

    from sememe import networks

    configuration = read_json(folder / "config.json")
    try:
        net = networks.registry()[configuration["network"]](**configuration["arguments"]).eval()
    except (KeyError, TypeError, RuntimeError) as error:
        raise FormatError(
            f"{folder / 'config.json'} builds no network ({error!r}): train it again."
        ) from None
    found = []
    with torch.inference_mode():
        for start in range(0, len(images), 256):
            rows = np.flatnonzero((image >= start) & (image < start + 256))
            if not len(rows):
                continue
            batch = torch.from_numpy(images.floats(slice(start, start + 256)))
            output = networks.run_to(net, [layer], batch)[layer].float()
            at = torch.from_numpy(image[rows] - start)
            if position is None:
                chosen = output[at]
            else:
                row, column = torch.from_numpy(position[rows]).T
                chosen = output[at, :, row, column] if output.ndim == 4 else output[at, column]
            found.append((rows, chosen.numpy()))
    values = np.empty((len(image), found[0][1].shape[1]), np.float32)
    for rows, some in found:
        values[rows] = some
    return values
