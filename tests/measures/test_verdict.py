"""The verdict on hand-made outcomes."""

import numpy as np
import pytest

from sememe.measures import DifferenceRow, Estimate, Evaluation, Target, match
from sememe.measures.verdict import verdict

AT = Target("fvu", 0.05)


def family(name, fvu=0.05, l0=8.0):
    sets = {"fvu": Estimate(fvu, np.full(5, fvu)), "l0": Estimate(l0, np.full(5, l0))}
    return match([Evaluation(name, {}, 10, 10, 4, 0, np.ones(4), sets, {})], AT)


def rows(control, outcomes, unit_set="SAE"):
    """One test for each letter: w a win, l a loss, o open."""
    measures = ["class_selectivity", "dominant_mass", "clarity[a]", "clarity[b]", "concept_f1"]
    words = {"w": "win", "l": "loss", "o": "open"}
    return [
        DifferenceRow("fc1", unit_set, control, measure, str(AT), 0.1, 0.0, 0.2, 0.01, 0.01, words[letter])
        for measure, letter in zip(measures, outcomes, strict=False)
    ]


def judged(differences, **families):
    places = {
        "SAE": family("SAE"),
        "neurons": family("neurons", 0.0, 64.0),
        "random": family("random"),
    } | families
    return verdict("fc1", [places], differences, [name for name in places if name not in ("SAE", "other")])


def test_yes_needs_most_measures_against_neurons_and_no_loss():
    assert judged(rows("neurons", "wwwoo") + rows("random", "woooo")).answer == "yes"
    assert judged(rows("neurons", "wwooo") + rows("random", "woooo")).answer == "mixed"
    assert judged(rows("neurons", "wwwww") + rows("random", "wwwwl")).answer == "mixed"


def test_no_where_neurons_are_as_good():
    assert judged(rows("neurons", "wwlll") + rows("random", "wwwww")).answer == "no"
    assert judged(rows("neurons", "ooooo") + rows("random", "wwwww")).answer == "no"


def test_no_where_a_control_gains_whatever_is_gained_over_neurons():
    assert judged(rows("neurons", "wwwww") + rows("random", "ooooo")).answer == "no"


def test_the_sentence_counts_wins_and_losses_alike():
    found = judged(rows("neurons", "wwlll") + rows("random", "ooooo"), PCA=family("PCA", 0.2))
    assert found.sentence == (
        "fc1, at FVU 0.05: SAE (L0 8) wins 2 and loses 3 of 5 measures against neurons; wins 0 and loses 0 "
        "against random; what never gets there: PCA (0.2 at best)."
    )


def test_the_sparsest_that_gets_there_is_judged_whatever_it_scores():
    better = rows("neurons", "wwwww", "other") + rows("random", "wwwww", "other")
    worse = rows("neurons", "lllll") + rows("random", "lllll")
    found = judged(better + worse, other=family("other", l0=16.0))
    assert found.sentence.startswith("fc1, at FVU 0.05: SAE")
    assert found.answer == "no"


@pytest.mark.parametrize("dictionaries", [{}, {"SAE": family("SAE", 0.3)}])
def test_without_a_dictionary_that_gets_there_the_answer_is_no(dictionaries):
    places = {"neurons": family("neurons", 0.0, 64.0)} | dictionaries
    found = verdict("fc1", [places], [], ["neurons"])
    assert found.answer == "no"
    assert ("no dictionary reaches FVU 0.05" in found.sentence) == bool(dictionaries)
