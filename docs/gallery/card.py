"""A card to draw on: text, digits, bars, scatters, heat maps, at twice the size at which it is shown.

A card brings its own paper, so that it reads alike on a light page and on a dark one.
"""

import functools
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sememe import files

SCALE = 2
PAPER, TILE, INK, SOFT, RULE = "#fbfaf7", "#ffffff", "#1c1e22", "#595c63", "#e2dfd8"
HIGH, LOW, MARK, GREY = "#14746f", "#a23b4a", "#d8901f", "#c6c2b8"

Point = tuple[float, float]


class Card:
    """Coordinates are in pixels of the page; (0, 0) is the upper left corner."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._image = Image.new("RGB", (round(width * SCALE), round(height * SCALE)), PAPER)
        self._pen = ImageDraw.Draw(self._image)

    def text(self, at: Point, text: str, size: float = 12, colour: str = INK, anchor: str = "la") -> "Card":
        """Text; anchors are Pillow's: ``"la"`` left and top, ``"mm"`` the middle, ``"rs"`` right, base."""
        font = ImageFont.load_default(size * SCALE)
        self._pen.text(self._fine(at), text, fill=colour, font=font, anchor=anchor)
        return self

    def picture(
        self,
        at: Point,
        side: float,
        pixels: np.ndarray,
        *,
        frame: str | None = None,
        faint: bool = False,
        crisp: bool = False,
    ) -> "Card":
        """Grey pixels (bright is ink) as dark ink on a white tile."""
        ink = np.asarray(pixels, np.float64)[..., None] / 255 * (0.3 if faint else 1.0)
        rgb = (1 - ink) * _rgb(TILE) + ink * _rgb(INK)
        way = Image.Resampling.NEAREST if crisp else Image.Resampling.BICUBIC
        tall = round(side * SCALE * pixels.shape[0] / pixels.shape[1])
        tile = Image.fromarray(np.rint(rgb).astype(np.uint8)).resize((round(side * SCALE), tall), way)
        self._image.paste(tile, tuple(round(v) for v in self._fine(at)))
        if frame:
            self.box(at, (at[0] + side, at[1] + tall / SCALE), frame, 2)
        return self

    def wash(self, at: Point, side: float, mask: np.ndarray, colour: str) -> "Card":
        """Colour over the pixels of a picture that a mask names."""
        cell = side / mask.shape[1]
        veil = Image.new("RGBA", self._image.size)
        pen = ImageDraw.Draw(veil)
        for row, column in np.argwhere(mask):
            corner = (at[0] + column * cell, at[1] + row * cell)
            opposite = (corner[0] + cell, corner[1] + cell)
            pen.rectangle([*self._fine(corner), *(v - 1 for v in self._fine(opposite))], fill=colour + "d0")
        self._image.paste(Image.alpha_composite(self._image.convert("RGBA"), veil).convert("RGB"))
        return self

    def box(self, corner: Point, opposite: Point, colour: str, width: float = 1) -> "Card":
        """The outline of a rectangle."""
        self._pen.rectangle(
            [*self._fine(corner), *self._fine(opposite)], outline=colour, width=round(width * SCALE)
        )
        return self

    def fill(self, corner: Point, opposite: Point, colour: str) -> "Card":
        """A filled rectangle."""
        self._pen.rectangle([*self._fine(corner), *self._fine(opposite)], fill=colour)
        return self

    def line(self, points: Sequence[Point], colour: str = RULE, width: float = 1) -> "Card":
        """A line through points."""
        fine = [value for point in points for value in self._fine(point)]
        self._pen.line(fine, fill=colour, width=round(width * SCALE))
        return self

    def dot(self, at: Point, radius: float, colour: str) -> "Card":
        """A filled circle."""
        (x, y), r = self._fine(at), radius * SCALE
        self._pen.ellipse([x - r, y - r, x + r, y + r], fill=colour)
        return self

    def bars(
        self,
        at: Point,
        size: Point,
        values: Sequence[float] | np.ndarray,
        labels: Sequence[str] = (),
        *,
        colour: str = HIGH,
        strong: Sequence[int] = (),
        top: float | None = None,
    ) -> "Card":
        """Upright bars from a base line; those in ``strong`` are coloured, the others grey."""
        (x, y), (width, height) = at, size
        step = width / len(values)
        most = top or max(float(np.nanmax(values)), 1e-12)
        for number, value in enumerate(values):
            left = x + number * step + step * 0.12
            if value > 0:
                tall = min(float(value) / most, 1.0) * height
                shade = colour if number in strong else GREY
                self.fill((left, y + height - tall), (left + step * 0.76, y + height), shade)
            if labels:
                self.text((x + (number + 0.5) * step, y + height + 3), labels[number], 10, SOFT, "ma")
        return self.line([(x, y + height), (x + width, y + height)], SOFT)

    def scatter(
        self,
        at: Point,
        size: Point,
        x: np.ndarray,
        y: np.ndarray,
        *,
        colour: str = HIGH,
        names: tuple[str, str] = ("", ""),
        limits: tuple[Point, Point] | None = None,
        radius: float = 1.4,
    ) -> "Card":
        """Points between two axes; what each axis is stands at its end."""
        (left, top), (width, height) = at, size
        (x0, x1), (y0, y1) = limits or (
            (float(min(x.min(), 0)), float(x.max())),
            (float(min(y.min(), 0)), float(y.max())),
        )
        base = top + height
        self.line([(left, top), (left, base), (left + width, base)], SOFT)
        for a, b in zip(x, y, strict=True):
            across, up = (a - x0) / max(x1 - x0, 1e-12), (b - y0) / max(y1 - y0, 1e-12)
            self.dot((left + across * width, base - up * height), radius, colour)
        self.text((left + width, base + 3), names[0], 10, SOFT, "ra")
        return self.text((left, top - 4), names[1], 10, SOFT, "ls")

    def heat(
        self, at: Point, cell: float, values: np.ndarray, colour: str = HIGH, most: float | None = None
    ) -> "Card":
        """A table of squares, white at 0 and coloured at the greatest value."""
        most = most or max(float(np.nanmax(values)), 1e-12)
        for (row, column), value in np.ndenumerate(values):
            share = float(np.clip(np.nan_to_num(value) / most, 0, 1))
            shade = (1 - share) * _rgb(TILE) + share * _rgb(colour)
            corner = (at[0] + column * cell, at[1] + row * cell)
            self.fill(corner, (corner[0] + cell - 0.5, corner[1] + cell - 0.5), _hex(shade))
        return self

    def save(self, path: Path) -> None:
        """As a PNG of the few colours that cards are made of: small, and the same each time."""
        few = self._image.quantize(palette=_palette(), dither=Image.Dither.NONE)
        content = io.BytesIO()
        few.save(content, "PNG", optimize=True)
        files.write_bytes(path, content.getvalue())

    def _fine(self, at: Point) -> Point:
        return at[0] * SCALE, at[1] * SCALE


@functools.cache
def _palette() -> Image.Image:
    """Greys of ink on tiles, three accents in steps towards white, and the colours of paper."""
    colours = [_rgb(colour) for colour in (PAPER, SOFT, RULE, GREY)]
    for colour, steps in ((INK, 7), (HIGH, 7), (LOW, 7), (MARK, 5)):
        colours += [(1 - k / steps) * _rgb(TILE) + k / steps * _rgb(colour) for k in range(1, steps + 1)]
    colours.append(_rgb(TILE))
    palette = Image.new("P", (1, 1))
    palette.putpalette([round(v) for colour in colours for v in colour])
    return palette


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)], np.float64)


def _hex(rgb: np.ndarray) -> str:
    return "#" + "".join(f"{round(v):02x}" for v in rgb)
