"""What MNIST's makers did to a scanned digit, for a drawing of today."""

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from sememe.errors import ImageError

# "The original black and white (bilevel) images were size normalized to fit in a 20x20 pixel box while
# preserving their aspect ratio. [...] the images were centered in a 28x28 image by computing the center of
# mass of the pixels, and translating the image so as to position this point at the center of the 28x28 field"
# (LeCun et al. 1998).
BOX = 20
SIDE = 28
# Measured on the 10,000 test images: for each of them the centre of mass lies in 13.5 .. 14.5, counted from
# the centre of the first pixel.
_CENTRE = 14


def as_mnist(
    drawing: UInt8[np.ndarray, "height width"] | Float[np.ndarray, "height width"],
) -> UInt8[np.ndarray, "28 28"]:
    """Bring a drawing to where MNIST's digits are.

    The ink's bounding box is scaled with antialiasing (area averaging when shrinking) until its longer side
    is 20 pixels, and moved by whole pixels until the centre of mass is at the centre of 28 x 28. An MNIST
    digit comes back as it was.

    Args:
        drawing: bright ink on black, of any size: bytes in 0..255, or floats in 0..1.

    Returns:
        The digit; black where there is no ink. Ink so lopsided that the move would push it over the border
        stops there.

    Raises:
        ImageError: floats outside 0..1 or not finite.
    """
    if drawing.dtype != np.uint8:
        if not (drawing.size and drawing.min() >= 0 and drawing.max() <= 1):
            raise ImageError("The drawing has values outside 0 to 1; expected bright ink on black.")
        drawing = np.rint(drawing * 255).astype(np.uint8)
    digit = np.zeros((SIDE, SIDE), np.uint8)
    rows, columns = np.flatnonzero(drawing.any(axis=1)), np.flatnonzero(drawing.any(axis=0))
    if not len(rows):
        return digit
    ink = drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    way = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    ink = np.asarray(Image.fromarray(ink).resize((width, height), way))

    mass = ink.sum(dtype=np.float64)
    if mass == 0:
        return digit
    centre_row = (ink.sum(axis=1, dtype=np.float64) @ np.arange(height)) / mass
    centre_column = (ink.sum(axis=0, dtype=np.float64) @ np.arange(width)) / mass
    top = min(max(round(_CENTRE - centre_row), 0), SIDE - height)
    left = min(max(round(_CENTRE - centre_column), 0), SIDE - width)
    digit[top : top + height, left : left + width] = ink
    return digit
