"""A figure as plain data, drawn twice: by plotly in the page, as SVG in the documentation."""

from collections.abc import Sequence
from dataclasses import dataclass

from sememe.explorer.report_data import Kind


@dataclass(frozen=True)
class Series:
    """One line: a kind of units."""

    title: str
    kind: Kind
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    """Lower ends of the 95 % intervals; NaN where there is none."""
    high: tuple[float, ...]


@dataclass(frozen=True)
class Panel:
    """One pair of axes."""

    title: str
    x_title: str
    y_title: str
    series: tuple[Series, ...]
    x_ticks: tuple[float, ...] = ()
    """Empty: chosen by the axis."""
    x_log: bool = False
    y_range: tuple[float, float] | None = None
    marks: bool = True
    """Whether points are marked; without, the lines alone are drawn."""


def series(title: str, kind: Kind, points: Sequence[tuple[float, float, float, float]]) -> Series:
    """A line from ``(x, y, low, high)``, in the order of x."""
    ordered = sorted(points)
    x, y, low, high = (tuple(float(point[i]) for point in ordered) for i in range(4))
    return Series(title, kind, x, y, low, high)
