"""Panels as an SVG file: drawn without a browser, the same bytes for the same numbers, light and dark."""

import math
from collections.abc import Callable, Sequence
from html import escape

from sememe.explorer.palette import palette
from sememe.explorer.report_data import Kind
from sememe.explorer.wording import number
from sememe.studies.panels import Panel, Series

_WIDTH, _HEIGHT = 400, 250  # of a panel's axes
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 34, 48
_COLUMNS = 2
_LEGEND_LINE = 20
_DASHES = ("", "6 4", "2 3", "8 3 2 3", "10 5", "10 3 2 3 2 3")
_CLASSES: dict[Kind, str] = {"neurons": "neuron", "features": "feature", "control": "control"}


def panels_svg(panels: Sequence[Panel]) -> str:
    """All panels in a grid, below them a legend that names each line once."""
    columns = min(_COLUMNS, len(panels))
    down = -(-len(panels) // columns)
    cell_w, cell_h = _LEFT + _WIDTH + _RIGHT, _TOP + _HEIGHT + _BOTTOM
    legend = _legend(panels)
    per_line = 2 * columns
    width = columns * cell_w
    height = down * cell_h + _LEGEND_LINE * (-(-len(legend) // per_line)) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img">',
        f"<style>{_style()}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
    ]
    for i, panel in enumerate(panels):
        corner = f"{(i % columns) * cell_w + _LEFT} {(i // columns) * cell_h + _TOP}"
        parts.append(f'<g transform="translate({corner})">{_panel(panel)}</g>')
    for i, (line, number_in_kind) in enumerate(legend):
        x = _LEFT + (i % per_line) * (width - _LEFT) / per_line
        y = float(down * cell_h + 12 + _LEGEND_LINE * (i // per_line))
        ends = f'x1="{x:.0f}" y1="{y}" x2="{x + 28:.0f}" y2="{y}"'
        parts.append(f'<line class="line {_CLASSES[line.kind]}" {ends}{_dash(number_in_kind)}/>')
        parts.append(_mark(line.kind, number_in_kind, x + 14, y))
        parts.append(f'<text class="ink" x="{x + 36:.0f}" y="{y + 4}">{escape(line.title)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _style() -> str:
    def rules(colours: dict[str, str]) -> str:
        of_kinds = "".join(
            f".line.{name}{{stroke:{colours[name]}}}.mark.{name}{{fill:{colours[name]};stroke:{colours[name]}}}"
            f".hollow.{name}{{fill:{colours['paper']}}}"
            for name in _CLASSES.values()
        )
        return (
            f".paper{{fill:{colours['paper']}}}.ink{{fill:{colours['ink']}}}.muted{{fill:{colours['muted']}}}"
            f".grid{{stroke:{colours['line']}}}{of_kinds}"
        )

    return (
        "text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}.title{font-weight:600}"
        ".line{fill:none;stroke-width:2}.mark{stroke-width:1.5}"
        f"{rules(palette('light'))}@media(prefers-color-scheme:dark){{{rules(palette('dark'))}}}"
    )


def _legend(panels: Sequence[Panel]) -> list[tuple[Series, int]]:
    """Each line's first occurrence, with its number within its kind in that panel."""
    found: dict[str, tuple[Series, int]] = {}
    for panel in panels:
        for line, number_in_kind in _numbered(panel):
            found.setdefault(line.title, (line, number_in_kind))
    return list(found.values())


def _numbered(panel: Panel) -> list[tuple[Series, int]]:
    kinds = [line.kind for line in panel.series]
    return [(line, kinds[:i].count(line.kind)) for i, line in enumerate(panel.series)]


def _panel(panel: Panel) -> str:
    x_of, x_ticks = _axis(
        [x for line in panel.series for x in line.x], _WIDTH, panel.x_log, panel.x_ticks, None
    )
    ends = [end for line in panel.series for end in (*line.y, *line.low, *line.high)]
    y_of, y_ticks = _axis(ends, _HEIGHT, False, (), panel.y_range)
    parts = [f'<text class="ink title" x="0" y="-12">{escape(panel.title)}</text>']
    for tick in y_ticks:
        level = _HEIGHT - y_of(tick)
        parts.append(f'<line class="grid" x1="0" y1="{level:.1f}" x2="{_WIDTH}" y2="{level:.1f}"/>')
        parts.append(
            f'<text class="muted" x="-8" y="{level + 4:.1f}" text-anchor="end">{number(tick)}</text>'
        )
    for tick in x_ticks:
        parts.append(_below(number(tick), x_of(tick), 18))
    parts.append(_below(panel.x_title, _WIDTH / 2, 38))
    for line, number_in_kind in _numbered(panel):
        places = [
            (x_of(x), _HEIGHT - y_of(y), low, high)
            for x, y, low, high in zip(line.x, line.y, line.low, line.high, strict=True)
            if not math.isnan(y)
        ]
        name = _CLASSES[line.kind]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in places)
        parts.append(f'<polyline class="line {name}" points="{path}"{_dash(number_in_kind)}/>')
        for x, y, low, high in places:
            if not math.isnan(low):
                ends_of = f'y1="{_HEIGHT - y_of(low):.1f}" y2="{_HEIGHT - y_of(high):.1f}"'
                parts.append(f'<line class="line {name}" x1="{x:.1f}" x2="{x:.1f}" {ends_of}/>')
            if panel.marks:
                parts.append(_mark(line.kind, number_in_kind, x, y))
    return "\n".join(parts)


def _below(text: str, x: float, down: int) -> str:
    place = f'x="{x:.1f}" y="{_HEIGHT + down}" text-anchor="middle"'
    return f'<text class="muted" {place}>{escape(text)}</text>'


def _axis(
    values: Sequence[float],
    length: int,
    log: bool,
    ticks: Sequence[float],
    given: tuple[float, float] | None,
) -> tuple[Callable[[float], float], list[float]]:
    """Where a value lies, in pixels from the start of its axis, and the ticks."""
    known = [value for value in (*values, *ticks) if math.isfinite(value)] or [0.0, 1.0]
    scale = math.log10 if log else float
    first, last = given if given is not None else (min(known), max(known))
    low, high = scale(first), scale(last)
    margin = 0.04 * ((high - low) or 1.0)
    low, high = low - margin, high + margin
    chosen = list(ticks) or (_decades(first, last) if log else _round_ticks(first, last))
    return (lambda value: length * (scale(value) - low) / (high - low)), chosen


def _round_ticks(first: float, last: float) -> list[float]:
    """About five round numbers between two ends."""
    step = 10.0 ** math.floor(math.log10((last - first) or 1.0))
    while (last - first) / step < 4:
        step /= 2
    return [round(i * step, 10) for i in range(math.ceil(first / step), math.floor(last / step) + 1)]


def _decades(first: float, last: float) -> list[float]:
    """1, 2 and 5 in each decade between two ends."""
    decades = range(math.floor(math.log10(first)), math.ceil(math.log10(last)) + 1)
    ticks = [mantissa * 10.0**decade for decade in decades for mantissa in (1, 2, 5)]
    return [tick for tick in ticks if first <= tick <= last]


def _mark(kind: Kind, number_in_kind: int, x: float, y: float) -> str:
    """A circle for neurons, a diamond for features, hollow for controls and every second of a kind."""
    hollow = " hollow" if kind == "control" or number_in_kind % 2 == 1 else ""
    classes = f'class="mark {_CLASSES[kind]}{hollow}"'
    if kind == "features":
        return f'<path {classes} d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z"/>'
    return f'<circle {classes} cx="{x:.1f}" cy="{y:.1f}" r="4"/>'


def _dash(number_in_kind: int) -> str:
    dash = _DASHES[number_in_kind % len(_DASHES)]
    return f' stroke-dasharray="{dash}"' if dash else ""
