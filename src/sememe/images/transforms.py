"""Sizes, grey and normalisation, of a whole set or of an array of pixels.

Every function takes an :class:`ImageSet`, or a uint8 array ``(images, height, width)`` or
``(images, channels, height, width)``, and gives back what it took, so that transforms chain.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import numpy as np
from jaxtyping import Float32, Float64
from PIL import Image, ImageOps

from sememe.errors import ImageError
from sememe.images.image_set import ImageSet

Images = TypeVar("Images", ImageSet, np.ndarray)
Size = int | tuple[int, int]
Fit = Literal["crop", "pad", "stretch"]

# ITU-R 601: how bright the eye finds red, green and blue; in 16-bit fixed point, as Pillow has them.
_LUMA = np.array([19595, 38470, 7471], np.uint32)


def resize(images: Images, size: Size, fit: Fit = "stretch") -> Images:
    """Resize with antialiasing: linear interpolation when enlarging, a triangle filter when shrinking.

    Args:
        images: a set or an array of pixels.
        size: height and width, or one number for a square.
        fit: where the proportions differ: ``"stretch"``, ``"crop"`` the longer side about the centre, or
            ``"pad"`` the shorter one with black.
    """
    size = height_and_width(size)

    def shrink_or_grow(pixels: np.ndarray) -> np.ndarray:
        planes = pixels.reshape(-1, *pixels.shape[-2:])
        resized = np.stack([np.asarray(fit_picture(Image.fromarray(plane), size, fit)) for plane in planes])
        return resized.reshape(*pixels.shape[:-2], *size)

    return _mapped(images, shrink_or_grow)


def crop(images: Images, size: Size) -> Images:
    """Cut out the centre; an odd remainder is taken from the right and the bottom.

    Raises:
        ImageError: the size is larger than the images.
    """
    height, width = height_and_width(size)

    def cut(pixels: np.ndarray) -> np.ndarray:
        spare_rows, spare_columns = pixels.shape[-2] - height, pixels.shape[-1] - width
        if spare_rows < 0 or spare_columns < 0:
            raise ImageError(
                f"Images of {pixels.shape[-2]} x {pixels.shape[-1]} cannot be cropped to {height} x {width}; "
                f"pad or resize them."
            )
        top, left = spare_rows // 2, spare_columns // 2
        return np.ascontiguousarray(pixels[..., top : top + height, left : left + width])

    return _mapped(images, cut)


def pad(images: Images, size: Size, value: int = 0) -> Images:
    """Surround with pixels of one value, 0 to 255; an odd remainder goes to the right and the bottom.

    Raises:
        ImageError: the size is smaller than the images, or the value is no pixel.
    """
    height, width = height_and_width(size)
    if not 0 <= value <= 255:
        raise ImageError(f"The value to pad with is {value}; expected 0 to 255.")

    def surround(pixels: np.ndarray) -> np.ndarray:
        spare_rows, spare_columns = height - pixels.shape[-2], width - pixels.shape[-1]
        if spare_rows < 0 or spare_columns < 0:
            raise ImageError(
                f"Images of {pixels.shape[-2]} x {pixels.shape[-1]} cannot be padded to {height} x {width}; "
                f"crop or resize them."
            )
        top, left = spare_rows // 2, spare_columns // 2
        padded = np.full((*pixels.shape[:-2], height, width), value, np.uint8)
        padded[..., top : top + pixels.shape[-2], left : left + pixels.shape[-1]] = pixels
        return padded

    return _mapped(images, surround)


def to_grey(images: Images) -> Images:
    """Colour to grey by ITU-R 601 luma, without a channel axis; grey images keep their pixels."""

    def luma(pixels: np.ndarray) -> np.ndarray:
        if pixels.ndim == 3:
            return pixels
        if pixels.shape[1] == 1:
            return pixels[:, 0]
        if pixels.shape[1] != 3:
            raise ImageError(f"Images of {pixels.shape[1]} channels cannot be made grey; expected 1 or 3.")
        red, green, blue = (pixels[:, channel] * weight for channel, weight in enumerate(_LUMA))
        return ((red + green + blue + 0x8000) >> 16).astype(np.uint8)

    return _mapped(images, luma)


def to_colour(images: Images) -> Images:
    """Grey to three equal channels; colour images stay as they are."""

    def repeat(pixels: np.ndarray) -> np.ndarray:
        if pixels.ndim == 4 and pixels.shape[1] == 3:
            return pixels
        if pixels.ndim == 4 and pixels.shape[1] != 1:
            raise ImageError(f"Images of {pixels.shape[1]} channels cannot be made colour; expected 1 or 3.")
        grey = pixels.reshape(len(pixels), 1, *pixels.shape[-2:])
        return np.repeat(grey, 3, axis=1)

    return _mapped(images, repeat)


def moments(images: ImageSet) -> tuple[Float64[np.ndarray, " channels"], Float64[np.ndarray, " channels"]]:
    """Mean and standard deviation of each channel over all pixels, in 0..1, accumulated in float64."""
    pixels = images.pixels.reshape(len(images), images.n_channels, -1)
    # 256 counts say all there is to know of a channel, whatever its size.
    counts = np.stack([np.bincount(pixels[:, c].ravel(), minlength=256) for c in range(images.n_channels)])
    levels = np.arange(256) / 255
    shares = counts / counts.sum(axis=1, keepdims=True)
    mean = shares @ levels
    return mean, np.sqrt((shares * (levels - mean[:, None]) ** 2).sum(axis=1))


def normalise(
    images: ImageSet,
    mean: Sequence[float] | np.ndarray | None = None,
    deviation: Sequence[float] | np.ndarray | None = None,
) -> Float32[np.ndarray, "images channels height width"]:
    """Pixels in 0..1, less the mean of their channel, over its standard deviation.

    Args:
        images: the set.
        mean: one number a channel, in 0..1; None: of these images (give a test split its training split's).
        deviation: likewise.

    Raises:
        ImageError: not one number a channel, or a deviation of zero.
    """
    own_mean, own_deviation = moments(images)
    mean = own_mean if mean is None else np.asarray(mean, np.float64)
    deviation = own_deviation if deviation is None else np.asarray(deviation, np.float64)
    for word, values in (("mean", mean), ("deviation", deviation)):
        if values.shape != (images.n_channels,):
            raise ImageError(
                f"The {word} has shape {values.shape}; {images.name} needs one number for each of its "
                f"{images.n_channels} channels."
            )
    if not (deviation > 0).all():
        raise ImageError(f"The deviation {deviation.tolist()} of {images.name} must be above zero.")
    floats = images.floats()
    floats -= mean.astype(np.float32)[:, None, None]
    floats /= deviation.astype(np.float32)[:, None, None]
    return floats


def height_and_width(size: Size) -> tuple[int, int]:
    """A size as height and width; one number is a square."""
    height, width = (size, size) if isinstance(size, int) else size
    if height < 1 or width < 1:
        raise ImageError(f"The size {height} x {width} must be at least 1 x 1.")
    return height, width


def fit_picture(picture: Image.Image, size: tuple[int, int], fit: Fit) -> Image.Image:
    """Bring one picture to (height, width) with antialiasing; see :func:`resize`."""
    target = (size[1], size[0])
    if picture.size == target:
        return picture
    if fit == "crop":
        return ImageOps.fit(picture, target, Image.Resampling.BILINEAR)
    if fit == "pad":
        return ImageOps.pad(picture, target, Image.Resampling.BILINEAR, color=0)
    if fit == "stretch":
        return picture.resize(target, Image.Resampling.BILINEAR)
    raise ImageError(f"fit is {fit!r}; choose 'crop', 'pad' or 'stretch'.")


def _mapped(images: Images, function: Callable[[np.ndarray], np.ndarray]) -> Images:
    if isinstance(images, ImageSet):
        return dataclasses.replace(images, pixels=function(images.pixels))
    # A set of its own checks the array as any other.
    return function(ImageSet(images, name="the array").pixels)
