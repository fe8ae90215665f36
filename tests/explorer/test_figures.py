"""Figures: what is drawn is what was measured, and it looks the same everywhere."""

from dataclasses import replace

import numpy as np
import pytest

from sememe.explorer.figures import comparison_figure, density_figure, frontier_figure, training_figure
from sememe.explorer.palette import accent, palette
from sememe.explorer.report_data import Score, TrainingCurve, UnitSet


@pytest.fixture
def notes(run):
    return {note.name: note for note in run.measures}


@pytest.fixture
def comparison(run):
    return run.layers[0].comparisons[0]


def with_error_bars(figure):
    return [trace for trace in figure.data if trace.error_x.array is not None]


def test_dots_stand_at_their_scores_with_the_interval_as_error_bar(comparison, notes):
    figure = comparison_figure(comparison, notes)
    neurons, features = with_error_bars(figure)
    assert (neurons.x[0], features.x[0]) == (0.2, 0.61)
    assert features.error_x.array[0] == pytest.approx(0.66 - 0.61)
    assert features.error_x.arrayminus[0] == pytest.approx(0.61 - 0.55)


def test_rows_keep_the_order_of_the_table_from_the_top(comparison, notes):
    figure = comparison_figure(comparison, notes)
    axis = figure.layout.yaxis
    labels = dict(zip(axis.tickvals, axis.ticktext, strict=True))
    assert [labels[y] for y in sorted(labels, reverse=True)] == [row.title for row in comparison.rows]
    neurons, features = with_error_bars(figure)
    assert (labels[neurons.y[0]], labels[features.y[0]]) == ("neurons", "TopK SAE")


def test_chance_is_a_tick_beside_the_score(comparison, notes):
    (tick,) = [t for t in comparison_figure(comparison, notes).data if t.marker.symbol == "line-ns"]
    assert tick.x == (0.2,)


def test_unit_sets_without_a_score_say_why_and_have_no_dot(comparison, notes):
    said = [a.text for a in comparison_figure(comparison, notes).layout.annotations]
    assert "<i>does not get there</i>" in said
    assert "<i>not defined</i>" in said
    assert len(with_error_bars(comparison_figure(comparison, notes))) == 2


@pytest.mark.parametrize(("columns", "rows"), [(3, 2), (1, 4)])
def test_panels_wrap_into_columns(comparison, notes, columns, rows):
    four = replace(comparison, measures=("purity",) * 4)
    figure = comparison_figure(four, notes, columns=columns)
    starts = {figure.layout[axis].domain[0] for axis in figure.layout if axis.startswith("xaxis")}
    heights = {figure.layout[axis].domain[0] for axis in figure.layout if axis.startswith("yaxis")}
    assert (len(starts), len(heights)) == (columns, rows)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_kinds_keep_their_colour_and_their_shape(comparison, notes, theme):
    neurons, features = with_error_bars(comparison_figure(comparison, notes, theme=theme))
    assert (neurons.marker.color, neurons.marker.symbol) == (accent("neurons", theme), "circle")
    assert (features.marker.color, features.marker.symbol) == (accent("features", theme), "diamond")


def test_the_frontier_is_on_a_log_axis_with_a_band_of_intervals(run, notes):
    figure = frontier_figure(run.layers[0].frontiers[0], notes["purity"])
    assert figure.layout.xaxis.type == "log"
    band, line, alone = figure.data
    assert line.x == (0.2, 0.05, 0.01)
    assert line.y == (0.8, 0.6, 0.4)
    assert band.y == pytest.approx((0.85, 0.65, 0.45, 0.35, 0.55, 0.75))
    assert (alone.mode, alone.error_y.array[0]) == ("markers", pytest.approx(0.05))


def test_units_that_lose_nothing_are_a_level_line(run, notes):
    (level,) = frontier_figure(run.layers[0].frontiers[0], notes["purity"]).layout.shapes
    assert level.y0 == level.y1 == 0.2
    assert level.name == "neurons, nothing lost: 0.2"


def test_what_rounding_leaves_of_the_error_is_exact_and_does_not_stretch_the_axis(run, notes):
    frontier = run.layers[0].frontiers[0]
    rounded = replace(frontier.lines[0].points[0], fvu=1e-13)
    lines = (replace(frontier.lines[0], points=(rounded,)), *frontier.lines[1:])
    figure = frontier_figure(replace(frontier, lines=lines), notes["purity"])
    assert len(figure.layout.shapes) == 1
    first, last = figure.layout.xaxis.range
    assert -2.2 < first < np.log10(0.01)
    assert np.log10(0.2) < last < -0.5
    assert {"0.01", "0.02", "0.05", "0.1"} <= set(figure.layout.xaxis.ticktext)


def test_over_two_decades_the_frontier_has_a_tick_a_decade(run, notes):
    frontier = run.layers[0].frontiers[0]
    line = frontier.lines[1]
    points = (*line.points, replace(line.points[0], fvu=1e-4))
    figure = frontier_figure(replace(frontier, lines=(replace(line, points=points),)), notes["purity"])
    assert {"0.001", "0.01", "0.1"} <= set(figure.layout.xaxis.ticktext)
    assert "0.02" not in figure.layout.xaxis.ticktext


def test_the_axis_of_a_score_that_may_be_negative_holds_0_and_the_data(comparison, notes):
    signed = {"purity": replace(notes["purity"], range=(-1.0, 1.0))}
    low, high = comparison_figure(comparison, signed).layout.xaxis.range
    assert low == pytest.approx(0, abs=0.03)
    assert high == pytest.approx(0.66, abs=0.03)


def test_epochs_are_counted_in_whole_numbers():
    curve = TrainingCurve("loss", np.linspace(0.25, 24, 96), np.ones(96))
    assert training_figure([curve]).layout.xaxis.dtick == 3


def test_density_histograms_share_out_the_live_units():
    density = np.array([0.0, 0.001, 0.0011, 0.5, 1.0])
    (trace,) = density_figure([UnitSet("n", "neurons", "neurons", 5, density=density)]).data
    assert sum(trace.y) == pytest.approx(100)
    assert trace.name == "neurons (4 live units)"
    edges, share = np.array(trace.x[1:]), np.array(trace.y[1:-1])
    inside = [share[(edges[:-1] <= d) & (d < edges[1:] * (1 + 1e-9))].max() for d in (0.001, 0.5, 1.0)]
    assert inside == pytest.approx([50, 25, 25])


def test_training_curves_have_a_panel_each():
    curves = [TrainingCurve(name, np.arange(3.0), np.arange(3.0)) for name in ("loss", "accuracy")]
    figure = training_figure(curves)
    assert [trace.yaxis for trace in figure.data] == ["y", "y2"]


def test_every_colour_of_a_figure_is_a_token_so_that_the_page_can_turn_it_dark(comparison, run, notes):
    def dark(figure):
        text = figure.to_json()
        for name, light in palette("light").items():
            text = text.replace(f'"{light}"', f'"{palette("dark")[name]}"')
        return text

    for make in (
        lambda theme: comparison_figure(comparison, notes, theme=theme),
        lambda theme: frontier_figure(run.layers[0].frontiers[0], notes["purity"], theme=theme),
        lambda theme: density_figure(run.layers[0].unit_sets, theme=theme),
    ):
        assert dark(make("light")) == make("dark").to_json()


def test_names_are_escaped_because_plotly_reads_them_as_markup(comparison, notes):
    row = replace(comparison.rows[0], title="<b>", scores={"purity": Score(0.5)})
    figure = comparison_figure(replace(comparison, rows=(row,)), notes)
    assert figure.layout.yaxis.ticktext == ("&lt;b&gt;",)


def test_only_the_measures_meant_to_be_drawn_get_a_panel(comparison, notes):
    few = replace(comparison, measures=("purity",) * 3, drawn=("purity",))
    assert len([axis for axis in comparison_figure(few, notes).layout if axis.startswith("xaxis")]) == 1
