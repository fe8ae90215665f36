"""Items of one layer gathered as a harvest goes on, with their moments."""

from pathlib import Path

import numpy as np
from torch import Tensor

from sememe.activations.activations import Activations, Items
from sememe.activations.moments import RunningMoments
from sememe.activations.reader import Reader
from sememe.activations.store import StoreWriter
from sememe.errors import ActivationsError
from sememe.images import ImageSet


class Collector:
    """Gathers the items of one layer and their moments, in memory or in the folder of a store to be."""

    def __init__(self, reader: Reader, images: ImageSet, folder: Path | None) -> None:
        self.reader = reader
        self._images = images
        self._moments = RunningMoments(reader.n_neurons)
        size = (len(images) * reader.n_items, reader.n_neurons, reader.grid is not None)
        self._writer = MemoryWriter(*size) if folder is None else StoreWriter(folder, *size)

    def add(self, first_image: int, pixels: np.ndarray, output: Tensor) -> None:
        """Take in the layer's output for the images from ``first_image`` on."""
        items = self.reader.read(output, first_image, pixels)
        try:
            self._moments.update(items.values)
        except ActivationsError as error:
            where = f"images {first_image} to {first_image + len(pixels) - 1} of {self._images.name}"
            raise ActivationsError(
                f"Layer {self.reader.layer!r} on {where}: {error} Check the network's weights."
            ) from None
        self._writer.append(items)

    def finish(self) -> Activations:
        """All items; a store is complete once its folder has its name."""
        values, image, position = self._writer.arrays
        activations = Activations(
            values,
            image,
            position,
            layer=self.reader.layer,
            images=self._images.name,
            grid=self.reader.grid,
            receptive_field=self.reader.receptive_field,
            moments=self._moments.result(),
            sampling=self.reader.sampling,
            pool=self.reader.pool,
        )
        self._writer.seal(activations)
        return activations


class MemoryWriter:
    """What :class:`StoreWriter` is on disk, in memory."""

    def __init__(self, n_items: int, n_neurons: int, positions: bool) -> None:
        self._values = np.empty((n_items, n_neurons), np.float32)
        self._image = np.empty(n_items, np.int64)
        self._position = np.empty((n_items, 2), np.int64) if positions else None
        self._written = 0

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Values, image and position."""
        return self._values, self._image, self._position

    def append(self, items: Items) -> None:
        """Add items after those that are already there."""
        rows = slice(self._written, self._written + len(items.values))
        self._values[rows] = items.values
        self._image[rows] = items.image
        if self._position is not None and items.position is not None:
            self._position[rows] = items.position
        self._written = rows.stop

    def seal(self, activations: Activations) -> None:
        """Nothing is left to write."""
        assert self._written == len(activations), "fewer items than were announced"
