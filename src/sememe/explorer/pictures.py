"""Pictures inside a page: sprites of images, and weights as colours."""

import base64
import io
import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image

from sememe.explorer.ramp import RAMP, ramp_colours

# Larger images are shrunk to this many pixels on their longer side: no tile is larger on a screen.
_TILE = 64
_GUTTER = 1  # pixels of each image's own border repeated around it, so that neighbours do not bleed in


@dataclass(frozen=True, eq=False)
class Sprite:
    """Many images in one picture, each in a cell of its own."""

    uri: str  # data URI of the picture
    cell: dict[int, tuple[int, int]]  # row of an image -> column and row of its cell
    tile: tuple[int, int]  # height and width of an image in the sprite
    grid: tuple[int, int]  # cells down and across

    def css(self, selector: str) -> str:
        """The rule that makes an element with ``--c`` and ``--r`` (its cell) show one image, at any size."""
        (height, width), (down, across) = self.tile, self.grid
        scale_x, step_x, start_x = _axis(width, across)
        scale_y, step_y, start_y = _axis(height, down)
        return (
            f"{selector}{{background-image:url({self.uri});background-size:{scale_x:.4f}% {scale_y:.4f}%;"
            f"background-position:calc(var(--c)*{step_x:.6f}% + {start_x:.6f}%) "
            f"calc(var(--r)*{step_y:.6f}% + {start_y:.6f}%);--aspect:{width}/{height}}}"
        )


def sprite(pixels: UInt8[np.ndarray, "images ..."], rows: Int[np.ndarray, " rows"]) -> Sprite:
    """One picture of the images in ``rows``, each once: PNG, or JPEG for colour and large images."""
    wanted = np.unique(rows)
    if not len(wanted):
        return Sprite("data:,", {}, (1, 1), (1, 1))
    tiles = [small(pixels[row]) for row in wanted]
    height, width = tiles[0].height, tiles[0].width
    across = max(1, math.isqrt(len(tiles)))
    down = math.ceil(len(tiles) / across)
    cell_h, cell_w = height + 2 * _GUTTER, width + 2 * _GUTTER
    mode = tiles[0].mode
    sheet = np.zeros((down * cell_h, across * cell_w, len(tiles[0].getbands())), dtype=np.uint8)
    cells = {}
    for i, (row, tile) in enumerate(zip(wanted.tolist(), tiles, strict=True)):
        r, c = divmod(i, across)
        values = np.asarray(tile.convert(mode).resize((width, height))).reshape(height, width, -1)
        padded = np.pad(values, ((_GUTTER, _GUTTER), (_GUTTER, _GUTTER), (0, 0)), mode="edge")
        sheet[r * cell_h : (r + 1) * cell_h, c * cell_w : (c + 1) * cell_w] = padded
        cells[row] = (c, r)
    picture = Image.fromarray(sheet.squeeze(-1) if mode == "L" else sheet, mode)
    lossless = mode == "L" and max(height, width) <= 32
    return Sprite(data_uri(picture, "PNG" if lossless else "JPEG"), cells, (height, width), (down, across))


def weight_picture(weights: Float[np.ndarray, "*channels height width"], limit: float | None = None) -> str:
    """Signed values as a small PNG's data URI; ``limit`` is the size that gets the end colours.

    Of values for several channels, the mean over channels is shown.
    """
    weights = weights.reshape(-1, *weights.shape[-2:]).mean(axis=0)
    return data_uri(Image.fromarray(ramp_colours(weights, limit), "RGB"), "PNG")


def ramp_css() -> str:
    """The colours of :func:`weight_picture` as a CSS gradient, from most negative to most positive."""
    stops = ", ".join(f"rgb({r:.0f} {g:.0f} {b:.0f})" for r, g, b in RAMP)
    return f"linear-gradient(to right in srgb, {stops})"


def is_ink(pixels: UInt8[np.ndarray, "images ..."]) -> bool:
    """Whether these are grey drawings of light ink on black, which a light page may turn over."""
    grey = pixels.ndim == 3 or pixels.shape[1] == 1
    return grey and len(pixels) > 0 and float(np.median(pixels[:200])) == 0


def data_uri(picture: Image.Image, form: str) -> str:
    """A picture as ``data:`` URI."""
    stream = io.BytesIO()
    picture.save(stream, form, quality=82)  # of JPEG; a PNG loses nothing
    return f"data:image/{form.lower()};base64,{base64.b64encode(stream.getvalue()).decode()}"


def small(image: UInt8[np.ndarray, "..."]) -> Image.Image:
    """One image, shrunk to 64 pixels on its longer side where it is larger."""
    if image.ndim == 3:
        image = image[0] if image.shape[0] == 1 else np.moveaxis(image[:3], 0, -1)
    picture = Image.fromarray(np.ascontiguousarray(image))
    if max(picture.size) > _TILE:
        picture.thumbnail((_TILE, _TILE))
    return picture


def _axis(size: int, cells: int) -> tuple[float, float, float]:
    """Scale of the sheet in per cent of a tile, and step and start of its position in CSS's per cent."""
    cell = size + 2 * _GUTTER
    room = cells * cell - size  # never 0, thanks to the gutter
    return 100 * cells * cell / size, 100 * cell / room, 100 * _GUTTER / room
