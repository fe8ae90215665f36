"""Figures in the page."""

from sememe.studies.panel_figure import panel_chart, panel_figure
from sememe.studies.panels import Panel, series

NAN = float("nan")
PANEL = Panel(
    "score",
    "neurons",
    "",
    (
        series("neurons", "neurons", [(8, 0.1, NAN, NAN), (16, 0.2, 0.1, 0.3)]),
        series("TopK SAE", "features", [(8, 0.3, 0.2, 0.4)]),
    ),
    x_ticks=(8, 16),
    x_log=True,
)


def test_the_legend_names_a_line_once():
    figure = panel_figure([PANEL, PANEL], columns=2)
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False]


def test_bars_reach_to_the_ends_of_the_interval_and_nowhere_without_one():
    neurons, features = panel_figure([PANEL], columns=1).data
    assert list(neurons.error_y.array) == [0.0, 0.3 - 0.2]
    assert list(features.error_y.arrayminus) == [0.3 - 0.2]


def test_the_table_below_has_every_number():
    html = panel_chart("one", "Scores", [PANEL], "A caption.")
    assert "0.1 to 0.3" in html
    assert "A caption." in html
    assert html.count("<tr>") == 1 + 3
