"""How every figure looks: one template, a mark for each kind of units, titles, error bars."""

import math
import textwrap
from collections.abc import Sequence
from html import escape
from typing import Literal

import plotly.graph_objects as go

from sememe.explorer.palette import Theme, accent, palette
from sememe.explorer.report_data import Kind, MeasureNote, Score

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif'
_SYMBOLS: dict[Kind, tuple[str, ...]] = {
    "neurons": ("circle",),
    "features": ("diamond", "diamond-tall", "diamond-wide", "star-diamond"),
    "control": ("circle", "square", "triangle-up", "cross", "triangle-down", "star", "hexagon"),
}


def template(theme: Theme = "light") -> go.layout.Template:
    """How every figure looks: no frame, hairlines, the page's type."""
    colours = palette(theme)
    axis = {
        "gridcolor": colours["line"],
        "linecolor": colours["line-strong"],
        "zeroline": False,
        "ticks": "",
        "title": {"font": {"size": 13, "color": colours["muted"]}, "standoff": 8},
        "tickfont": {"size": 12, "color": colours["muted"]},
        "automargin": True,
        "ticklabelstandoff": 4,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": colours["ink"]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 8, "r": 20, "t": 28, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {
                "bgcolor": colours["ink"],
                "bordercolor": colours["ink"],
                "font": {"family": FONT, "size": 12, "color": colours["paper"]},
                "align": "left",
            },
            "legend": {"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top", "itemwidth": 44},
            "annotationdefaults": {
                "align": "left",
                "font": {"size": 13, "color": colours["ink"]},
                "showarrow": False,
            },
            "dragmode": False,
        }
    )


def marker(kind: Kind, number_in_kind: int, size: int, theme: Theme) -> dict[str, object]:
    """A kind's mark: controls are hollow, and the further members of a family of features are, too."""
    colour = accent(kind, theme)
    hollow = kind == "control" or number_in_kind % 2 == 1
    return {
        "symbol": _SYMBOLS[kind][number_in_kind % len(_SYMBOLS[kind])],
        "size": size,
        "color": palette(theme)["paper"] if hollow else colour,
        "line": {"width": 2, "color": colour},
        "opacity": 1,
    }


def title(
    figure: go.Figure, text: str, place: dict[str, int], side: Literal["left", "right"] = "left"
) -> None:
    """A panel's title, above one of its corners."""
    above = {"xref": "x domain", "y": 1, "yref": "y domain", "yanchor": "bottom", "yshift": 6}
    figure.add_annotation(text=text, x=0 if side == "left" else 1, xanchor=side, **above, **place)


def heading(note: MeasureNote) -> str:
    """A measure's title, in lines that fit a panel."""
    return "<br>".join(f"<b>{escape(line)}</b>" for line in textwrap.wrap(note.title, 40))


def direction(note: MeasureNote) -> str:
    """Which end of its axis is the good one."""
    return {True: "higher is better →", False: "← lower is better", None: ""}[note.higher_is_better]


def error_bars(scores: Sequence[Score], colour: str) -> dict[str, object]:
    """Intervals as lines through the dots; none, where none was computed."""

    def reach(score: Score, end: float | None) -> float:
        return 0.0 if end is None or math.isnan(end) else abs(end - score.value)

    return {
        "array": [reach(score, score.high) for score in scores],
        "arrayminus": [reach(score, score.low) for score in scores],
        "color": colour,
        "thickness": 2,
        "width": 0,
    }
