"""Figures of how a run went: its networks' training, and how often the units fire that it found."""

import math
from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sememe.explorer.figure_style import template, title
from sememe.explorer.palette import Theme, accent, palette, soft_accent
from sememe.explorer.report_data import TrainingCurve, UnitSet
from sememe.explorer.wording import percent

_MOST_EPOCHS = 10  # marked on the axis of a training
_RAREST_DECADE = -5  # units that fire on fewer than 10**-5 of the items share the lowest bin


def density_figure(unit_sets: Sequence[UnitSet], *, theme: Theme = "light") -> go.Figure:
    """How often units fire: a histogram of log10 density, a line a unit set, as shares of its live units."""
    figure = go.Figure()
    rarest = min(
        (float(s.density[s.density > 0].min(initial=1)) for s in unit_sets if s.density is not None),
        default=1,
    )
    first = min(-2, max(_RAREST_DECADE, math.floor(math.log10(rarest))))
    edges = np.linspace(first, 0, 1 - 5 * first)
    for unit_set in unit_sets:
        if unit_set.density is None:
            continue
        alive = unit_set.density[unit_set.density > 0]
        logs = np.log10(np.maximum(alive, 10.0**first))
        counts = np.histogram(logs, edges)[0]
        share = 100 * counts / max(1, len(alive))
        colour = accent(unit_set.kind, theme)
        figure.add_scatter(
            x=10 ** np.concatenate([edges[:1], edges]),
            y=np.concatenate([[0], share, [0]]),
            mode="lines",
            line={
                "shape": "hv",
                "color": colour,
                "width": 2,
                "dash": "dash" if unit_set.kind == "control" else "solid",
            },
            fill="tozeroy",
            fillcolor=soft_accent(unit_set.kind, theme),
            name=f"{escape(unit_set.title)} ({len(alive):,} live units)",
            hovertemplate="fires on about %{x:.2%} of items: %{y:.1f} % of the units<extra></extra>",
        )
    decades = range(first, 1)
    figure.update_xaxes(
        type="log",
        range=[first - 0.06, 0.06],
        tickvals=[10.0**d for d in decades],
        ticktext=[percent(10.0**d) for d in decades],
        title_text="share of items at which a unit fires",
    )
    figure.update_yaxes(ticksuffix=" %", rangemode="tozero", nticks=5)
    title(figure, "share of the units", {})
    return figure.update_layout(template=template(theme), height=320)


def training_figure(curves: Sequence[TrainingCurve], *, theme: Theme = "light") -> go.Figure:
    """Training curves of one network, a panel a quantity, one under the other."""
    figure = make_subplots(rows=max(1, len(curves)), cols=1, shared_xaxes=True, vertical_spacing=0.22)
    for i, curve in enumerate(curves):
        place = {"row": i + 1, "col": 1}
        figure.add_scatter(
            x=curve.step,
            y=curve.value,
            mode="lines",
            line={"color": palette(theme)["ink"], "width": 1.75},
            hovertemplate=f"{escape(curve.title)} %{{y:.4g}}<br>after %{{x:.2f}} epochs<extra></extra>",
            showlegend=False,
            **place,
        )
        figure.update_yaxes(nticks=4, **place)
        title(figure, escape(curve.title), place)
    longest = max((float(np.max(curve.step, initial=0)) for curve in curves), default=0)
    if longest >= 1:
        figure.update_xaxes(tick0=0, dtick=math.ceil(longest / _MOST_EPOCHS))
    figure.update_xaxes(title_text="epochs", row=max(1, len(curves)), col=1)
    return figure.update_layout(template=template(theme), height=60 + 130 * max(1, len(curves)))
