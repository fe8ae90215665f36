"""Pictures as plotly objects: what units read, the images that fire them, where on an image one fires."""

import math
from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Integer, UInt8
from plotly.subplots import make_subplots

from sememe.explorer.figure_style import template
from sememe.explorer.palette import Theme, accent, palette
from sememe.explorer.ramp import RAMP
from sememe.explorer.score import Kind

_TILE = 96  # pixels of one picture's side
_SIGNED = [
    [float(at), f"rgb({r:.0f},{g:.0f},{b:.0f})"]
    for at, (r, g, b) in zip(np.linspace(0, 1, len(RAMP)), RAMP, strict=True)
]
_GREY = [[0.0, "rgb(0,0,0)"], [1.0, "rgb(255,255,255)"]]


def weights_figure(
    pictures: Float[np.ndarray, "units height width"],
    names: Sequence[str] = (),
    *,
    columns: int = 8,
    theme: Theme = "light",
) -> go.Figure:
    """Signed pictures side by side: weights of neurons, or what units read; each on a scale of its own.

    A picture with NaN, as that of a dead unit, keeps its place and stays empty.
    """
    heats = [_signed(picture) for picture in pictures]
    return _tiles(heats, names or [str(unit) for unit in range(len(pictures))], columns, theme)


def gallery_figure(
    pixels: UInt8[np.ndarray, "images height width"],
    rows: Integer[np.ndarray, " tiles"],
    activation: Float[np.ndarray, " tiles"] | None = None,
    *,
    columns: int = 8,
    theme: Theme = "light",
) -> go.Figure:
    """Some images of a set in grey, with the unit's activation on each as its caption."""
    captions = [f"image {row}" for row in rows]
    if activation is not None:
        captions = [f"{value:.3g}" for value in activation]
    heats = [_heat(pixels[row].astype(np.float32), 0, 255, _GREY, f"image {row}") for row in rows]
    return _tiles(heats, captions, columns, theme)


def heat_figure(
    pixels: UInt8[np.ndarray, "height width"],
    heat: Float[np.ndarray, "rows columns"],
    box: tuple[float, float, float, float],
    limit: float,
    *,
    kind: Kind = "features",
    theme: Theme = "light",
) -> go.Figure:
    """Where on an image a unit of a map fires: opacity is activation, full at ``limit``.

    Args:
        box: left, top, width and height of the map on the image, as shares of it.
        limit: the unit's greatest activation by size anywhere, so that images can be compared.
    """
    height, width = pixels.shape
    left, top, wide, tall = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    rows, columns = heat.shape
    figure = go.Figure(_heat(pixels.astype(np.float32), 0, 255, _GREY, "image"))
    figure.add_heatmap(
        z=np.abs(heat),
        x=left - 0.5 + wide * (np.arange(columns) + 0.5) / columns,
        y=top - 0.5 + tall * (np.arange(rows) + 0.5) / rows,
        zmin=0,
        zmax=limit or 1.0,
        colorscale=[[0.0, "rgba(0,0,0,0)"], [1.0, accent(kind, theme)]],
        colorbar={"title": {"text": "activation"}, "thickness": 10},
        hovertemplate="%{z:.3g}<extra></extra>",
    )
    _bare(figure)
    return figure.update_layout(template=template(theme), height=360, width=430)


def _signed(picture: Float[np.ndarray, "height width"]) -> go.Heatmap:
    limit = float(np.nanmax(np.abs(picture), initial=0)) or 1.0
    return _heat(picture, -limit, limit, _SIGNED, "weight")


def _heat(
    values: Float[np.ndarray, "height width"], low: float, high: float, scale: list[list[object]], name: str
) -> go.Heatmap:
    hover = "row %{y}, column %{x}: %{z:.3g}<extra></extra>"
    return go.Heatmap(
        z=values, zmin=low, zmax=high, colorscale=scale, showscale=False, name=name, hovertemplate=hover
    )


def _tiles(heats: Sequence[go.Heatmap], captions: Sequence[str], columns: int, theme: Theme) -> go.Figure:
    across = max(1, min(columns, len(heats)))
    down = max(1, math.ceil(len(heats) / across))
    height = (_TILE + 26) * down + 40
    figure = make_subplots(
        rows=down,
        cols=across,
        subplot_titles=[escape(caption) for caption in captions],
        horizontal_spacing=0.02 if across < 20 else 0.005,
        vertical_spacing=24 / height if down > 1 else 0,
    )
    for i, heat in enumerate(heats):
        figure.add_trace(heat, row=i // across + 1, col=i % across + 1)
    _bare(figure)
    figure.update_annotations(font={"size": 11, "color": palette(theme)["muted"]})
    return figure.update_layout(template=template(theme), height=height, width=(_TILE + 12) * across + 40)


def _bare(figure: go.Figure) -> None:
    """Pictures have no axes; rows go down."""
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, autorange="reversed")
    for axis in figure.select_yaxes():
        axis.scaleanchor = axis.anchor or "x"
