"""Which pixels of the image a position of a layer's map can see."""

import contextlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

# Images that are probed in one forward pass.
_PROBE_BATCH = 32
# Width to which an image is cut to see which of its rows matter.
_STRIP = 64

Interval = tuple[int, int]


@dataclass(frozen=True)
class ReceptiveField:
    """The pixels that each position of a map depends on, as the rows and columns of a box.

    The boxes are listed, not only described by size and stride, so that they are exact at the image's edge
    and for layers whose positions are not evenly spaced (adaptive pooling).

    Attributes:
        rows: for each row of the map, first image row and the row after the last, within the image.
        columns: for each column of the map, first image column and the column after the last.
    """

    rows: tuple[Interval, ...]
    columns: tuple[Interval, ...]

    def box(self, row: int | np.integer, col: int | np.integer) -> tuple[int, int, int, int]:
        """``(top, left, bottom, right)`` in pixels, within the image: ``image[top:bottom, left:right]``."""
        (top, bottom), (left, right) = self.rows[row], self.columns[col]
        return top, left, bottom, right

    @property
    def grid(self) -> tuple[int, int]:
        """Height and width of the layer's map."""
        return len(self.rows), len(self.columns)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels of the largest box: of the whole field, if it fits the image."""
        return _size(self.rows), _size(self.columns)

    @property
    def stride(self) -> tuple[int, int]:
        """Pixels from one position to the next, down and to the right; 0 where all see the same pixels."""
        return _stride(self.rows), _stride(self.columns)

    @property
    def offset(self) -> tuple[int, int]:
        """Top and left of the box of position (0, 0) before the image cuts it off; negative under padding."""
        return _offset(self.rows), _offset(self.columns)


def probe(layer: Callable[[Tensor], Tensor], example: Tensor) -> ReceptiveField | None:
    """Find the receptive field by poison: a pixel of NaN makes every activation that depends on it NaN.

    Works for any module, whatever its weights, because NaN passes through products with zero, maxima, ReLU
    and normalisation alike. One image is made per row and per column of the input.

    Args:
        layer: the layer's map (images, channels, rows, columns) as a function of a batch of images.
        example: one image, float (1, channels, height, width), of the type and on the device the layer needs;
            its pixels do not matter.

    Returns: The receptive field, or None if poison does not come through to every position: a network that
        replaces NaN, or a position that sees nothing but padding.
    """
    with _exact_convolutions():
        rows = _intervals(_influence(layer, _strip(layer, example, axis=2), axis=2))
        columns = _intervals(_influence(layer, _strip(layer, example, axis=3), axis=3))
    return None if rows is None or columns is None else ReceptiveField(rows, columns)


def _influence(
    layer: Callable[[Tensor], Tensor], example: Tensor, axis: int
) -> Bool[Tensor, "pixels positions"]:
    """Which rows (axis 2) or columns (axis 3) of the map turn NaN with each row or column of the image."""
    across = 5 - axis
    n_lines = example.shape[axis]
    found = []
    for start in range(0, n_lines, _PROBE_BATCH):
        lines = range(start, min(start + _PROBE_BATCH, n_lines))
        images = torch.full_like(example, 0.5).repeat(len(lines), 1, 1, 1)
        for image, line in zip(images, lines, strict=True):
            image.select(axis - 1, line).fill_(torch.nan)
        poisoned = layer(images).isnan().any(dim=1)  # (images, rows, columns)
        found.append(poisoned.any(dim=across - 1))
    return torch.cat(found).cpu()


def _strip(layer: Callable[[Tensor], Tensor], example: Tensor, axis: int) -> Tensor:
    """The example cut narrow across the axis, which spares work, if the layer can be run on it."""
    across = 5 - axis
    strip = example.narrow(across, 0, min(_STRIP, example.shape[across]))
    try:
        fits = layer(strip).shape[axis] == layer(example).shape[axis]
    except (RuntimeError, ValueError, AssertionError):  # a network that insists on the size of its images
        return example
    return strip if fits else example


@contextlib.contextmanager
def _exact_convolutions() -> Iterator[None]:
    """Keep NaN where it belongs: the fast algorithms of libraries may spread it to neighbouring positions.

    cuDNN and NNPACK use Winograd and Fourier transforms; oneDNN's kernels for bfloat16 were seen to reach one
    column too far.
    """
    with (
        torch.backends.cudnn.flags(enabled=False),
        torch.backends.nnpack.flags(enabled=False),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # of Intel GPUs, from the mere setting of this flag
        with torch.backends.mkldnn.flags(enabled=False):
            yield


def _intervals(influence: Bool[Tensor, "pixels positions"]) -> tuple[Interval, ...] | None:
    if not influence.any(dim=0).all():
        return None
    seen = [column.nonzero().flatten() for column in influence.T]
    return tuple((int(pixels[0]), int(pixels[-1]) + 1) for pixels in seen)


def _size(intervals: tuple[Interval, ...]) -> int:
    return max(stop - start for start, stop in intervals)


def _stride(intervals: tuple[Interval, ...]) -> int:
    # Where the image cuts off a box, its edge moves by less.
    return max((b[edge] - a[edge] for a, b in pairwise(intervals) for edge in (0, 1)), default=0)


def _offset(intervals: tuple[Interval, ...]) -> int:
    whole = max(range(len(intervals)), key=lambda i: intervals[i][1] - intervals[i][0])
    return intervals[whole][0] - whole * _stride(intervals)
