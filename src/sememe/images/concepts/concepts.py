"""What a concept bank is: names, and for every item which of them it has."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from sememe.errors import ImageError


@dataclass(frozen=True, eq=False)
class Concepts:
    """Which items have which concepts. An item is an image, or a position of one.

    Attributes:
        names: of the concepts, no two alike.
        values: whether an item has a concept.
        groups: the group of each concept (``"digit"``, ``"shape"``, ``"piece"``); concepts of a group are of
            one kind and may exclude one another.
    """

    names: tuple[str, ...]
    values: Bool[np.ndarray, "items concepts"]
    groups: tuple[str, ...]

    def __post_init__(self) -> None:
        check_names(self.names, self.groups, self.values.shape[1])

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, name: str) -> Bool[np.ndarray, " items"]:
        """The items that have a concept.

        Raises:
            ImageError: there is no such concept.
        """
        if name not in self.names:
            raise ImageError(f"There is no concept {name!r}; there are {_some(self.names)}.")
        return self.values[:, self.names.index(name)]

    def group(self, group: str) -> "Concepts":
        """The concepts of one group."""
        return self._select([row for row, own in enumerate(self.groups) if own == group])

    def common(self, least: int) -> "Concepts":
        """The concepts that at least so many items have, and at most half of the items.

        What most items have, nothing stands out by: whatever fires often would be found to stand for it.
        """
        counts = self.values.sum(axis=0)
        return self._select(np.flatnonzero((counts >= least) & (2 * counts <= len(self.values))))

    def _select(self, columns: Sequence[int] | np.ndarray) -> "Concepts":
        return Concepts(
            tuple(self.names[column] for column in columns),
            self.values[:, list(columns)],
            tuple(self.groups[column] for column in columns),
        )


@dataclass(frozen=True, eq=False)
class ConceptMaps:
    """Which pixels have which concepts, from which positions of any layer are read.

    Attributes:
        names: of the concepts, no two alike.
        maps: whether a pixel has a concept.
        groups: the group of each concept.
    """

    names: tuple[str, ...]
    maps: Bool[np.ndarray, "images concepts height width"]
    groups: tuple[str, ...]

    def __post_init__(self) -> None:
        check_names(self.names, self.groups, self.maps.shape[1])

    def __len__(self) -> int:
        return len(self.names)

    def at(
        self,
        image: Int64[np.ndarray, " items"],
        centre: Float[np.ndarray, "items 2"],
        reach: float = 0.0,
    ) -> Concepts:
        """The concepts at positions of a layer.

        A position has a concept if any pixel has it whose centre is at most ``reach`` rows and columns away
        from the position's centre (the nearest pixel always counts). Half of the layer's stride lets every
        pixel count for one position at least; half of the receptive field lets all count that it sees.

        Args:
            image: the image of each item.
            centre: row and column of each item's receptive field, in pixels; 0 is the centre of the first.
            reach: in pixels, at least 0.

        Raises:
            ImageError: an image that is not there, or a centre that is no number.
        """
        n_images, n_concepts, height, width = self.maps.shape
        if len(image) and not (image.min() >= 0 and image.max() < n_images):
            raise ImageError(f"Items point at images {image.min()} to {image.max()}; there are {n_images}.")
        if not np.isfinite(centre).all():
            raise ImageError("The centres of items hold values that are not finite.")
        # Sums over rectangles by differences of running sums.
        running = np.zeros((n_concepts, n_images, height + 1, width + 1), np.int32)
        np.cumsum(self.maps.transpose(1, 0, 2, 3), axis=2, out=running[:, :, 1:, 1:])
        np.cumsum(running[:, :, :, 1:], axis=3, out=running[:, :, :, 1:])
        top, bottom = _span(centre[:, 0], reach, height)
        left, right = _span(centre[:, 1], reach, width)
        values = np.empty((len(image), n_concepts), bool)
        for column, table in enumerate(running):
            inside = (
                table[image, bottom, right]
                - table[image, top, right]
                - table[image, bottom, left]
                + table[image, top, left]
            )
            values[:, column] = inside > 0
        return Concepts(self.names, values, self.groups)


def check_names(names: tuple[str, ...], groups: tuple[str, ...], n_concepts: int) -> None:
    """A name and a group a concept, and no name twice."""
    if not (len(names) == len(groups) == n_concepts):
        raise ImageError(f"There are {n_concepts} concepts, but {len(names)} names and {len(groups)} groups.")
    if len(set(names)) < len(names):
        twice = next(name for row, name in enumerate(names) if name in names[:row])
        raise ImageError(f"Two concepts are called {twice!r}; names must differ.")


def _span(centre: np.ndarray, reach: float, side: int) -> tuple[np.ndarray, np.ndarray]:
    nearest = np.clip(np.rint(centre), 0, side - 1)
    first = np.minimum(np.ceil(centre - reach), nearest)
    last = np.maximum(np.floor(centre + reach), nearest)
    return np.clip(first, 0, side - 1).astype(np.int64), np.clip(last + 1, 1, side).astype(np.int64)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
