"""Figures of answers: bars stand for what was answered, signs for who won."""

import numpy as np
import pytest

from sememe.explorer import figures
from sememe.explorer.report_data import DuelRow, Duels

NAMES = ("a", "b<c>")


def test_probabilities_are_bars_with_outlines_before_and_ticks_of_the_reconstruction():
    now, before, spliced = np.array([0.25, 0.75]), np.array([1.0, 0.0]), np.array([0.5, 0.5])
    figure = figures.probabilities_figure(now, NAMES, before=before, spliced=spliced)
    assert [list(trace.x) for trace in figure.data] == [[25, 75], [100, 0], [50, 50]]
    assert list(figure.data[0].y) == ["a", "b&lt;c&gt;"]
    assert figure.layout.showlegend
    alone = figures.probabilities_figure(now, NAMES)
    assert len(alone.data) == 1
    assert not alone.layout.showlegend


def test_an_encoders_weights_are_named_by_neuron():
    figure = figures.encoder_figure(np.array([3, 11]), np.array([0.5, -0.25]))
    assert list(figure.data[0].y) == ["neuron 3", "neuron 11"]
    assert list(figure.data[0].x) == [0.5, -0.25]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contributions_are_centred_on_nothing(theme):
    values = np.array([[0.5, -2.0], [0.0, 1.0]])
    (heat,) = figures.contributions_figure(["feature 1", "feature 5"], values, NAMES, theme=theme).data
    np.testing.assert_array_equal(heat.z, values)
    assert (heat.zmin, heat.zmax) == (-2.0, 2.0)
    (nothing,) = figures.contributions_figure([], np.zeros((0, 2)), NAMES).data
    assert nothing.zmax == 1.0


def test_concepts_have_a_tick_at_chance():
    figure = figures.concepts_figure(["loop", "stroke"], np.array([0.9, 0.4]), np.array([0.2, 0.3]))
    assert list(figure.data[0].x) == [0.9, 0.4]
    assert list(figure.data[1].x) == [0.2, 0.3]
    assert [trace.name for trace in figure.data] == ["average precision", "by chance"]


def test_duels_say_in_words_and_by_sign_who_won():
    rows = (
        DuelRow("neurons", "neurons", {"similarity": "won", "cause": "lost"}),
        DuelRow("PCA", "control", {"similarity": "open"}),
        DuelRow("NMF", "control", None),
    )
    figure = figures.duels_figure(Duels("at equal fidelity", "TopK SAE", ("similarity", "cause"), rows))
    (heat,) = figure.data
    np.testing.assert_array_equal(np.asarray(heat.z, float), [[1, -1], [0, np.nan]])
    assert [list(row) for row in heat.text] == [["▲ won", "▼ lost"], ["· open", ""]]
    assert list(heat.y) == ["neurons", "PCA"]  # who never gets there fights no duel
    assert figure.layout.annotations[0].text == "TopK SAE, at equal fidelity"
