"""The verdict on hand-made outcomes."""

import numpy as np
import pytest

from sememe.measures import DifferenceRow, Estimate, Evaluation, Target, match
from sememe.measures.verdict import verdict

AT = Target("fvu", 0.05)
SPARSE = Target("l0", 8)


def family(name, fvu=0.05, l0=8.0, at=AT):
    sets = {"fvu": Estimate(fvu, np.full(5, fvu)), "l0": Estimate(l0, np.full(5, l0))}
    return match([Evaluation(name, {}, 10, 10, 4, 0, np.ones(4), sets, {})], at)


def rows(control, outcomes, unit_set="SAE", at=AT):
    """One test for each letter: w a win, l a loss, o open."""
    words = {"w": "win", "l": "loss", "o": "open"}
    return [
        DifferenceRow("fc1", unit_set, control, f"clarity[{i}]", str(at), 0.1, 0.0, 0.2, 0.01, 0.01, words[x])
        for i, x in enumerate(outcomes)
    ]


def judged(differences, **families):
    places = {
        "SAE": family("SAE"),
        "random": family("random"),
        "neurons": family("neurons", 0.0, 64.0),
    } | families
    return verdict("fc1", [places], differences, [name for name in places if name not in ("SAE", "other")])


def test_yes_needs_more_than_half_of_the_measures_against_neurons():
    assert judged(rows("neurons", "wwwoo") + rows("random", "woooo")).answer == "yes"
    assert judged(rows("neurons", "wwoo") + rows("random", "wooo")).answer == "mixed"


@pytest.mark.parametrize("control", ["neurons", "random"])
def test_yes_forgives_a_loss_on_fewer_than_1_in_10_measures(control):
    other = {"neurons": "random", "random": "neurons"}[control]
    for outcomes, answer in (("w" * 10 + "l", "yes"), ("w" * 9 + "l", "mixed"), ("w" * 12 + "ll", "mixed")):
        assert judged(rows(control, outcomes) + rows(other, "w" * len(outcomes))).answer == answer


def test_yes_needs_more_wins_than_losses_against_every_control():
    differences = rows("neurons", "wwwww") + rows("random", "wwwww")
    assert judged(differences + rows("PCA", "woooo"), PCA=family("PCA")).answer == "yes"
    assert judged(differences + rows("PCA", "ooooo"), PCA=family("PCA")).answer == "mixed"


def test_no_where_neurons_are_as_good():
    assert judged(rows("neurons", "wwlll") + rows("random", "wwwww")).answer == "no"
    assert judged(rows("neurons", "wlooo") + rows("random", "wwwww")).answer == "no"
    assert judged(rows("neurons", "ooooo") + rows("random", "wwwww")).answer == "no"


@pytest.mark.parametrize("outcomes", ["ooooo", "wlooo", "wllll"])
def test_no_where_a_control_gains_whatever_is_gained_over_neurons(outcomes):
    assert judged(rows("neurons", "wwwww") + rows("random", outcomes)).answer == "no"


def test_no_where_the_neurons_cannot_be_compared():
    found = judged(rows("random", "wwwww"), neurons=family("neurons", 0.5))
    assert found.answer == "no"
    assert found.sentence == (
        "fc1: with 5 % of the variance lost, SAE features (8.0 firing an item) cannot be compared with the "
        "neurons; they beat random on 5 of 5 measures, lose on 0 and cannot be told apart on 0; not as "
        "faithful at their best: neurons (50 % lost)."
    )


def test_the_sentence_counts_wins_and_losses_alike_neurons_first():
    found = judged(rows("neurons", "wwllo") + rows("random", "wlll"), PCA=family("PCA", 0.214))
    assert found.sentence == (
        "fc1: with 5 % of the variance lost, SAE features (8.0 firing an item) beat the neurons on 2 of 5 "
        "measures, lose on 2 and cannot be told apart on 1; random on 1 of 4 (3 lost); not as faithful at "
        "their best: PCA (21 % lost)."
    )
    assert found.place == "fvu=0.05"


def test_where_no_dictionary_is_as_faithful_the_sentence_is_about_the_sparsity():
    faithful = {
        "SAE": family("SAE", 0.3),
        "other": family("other", 0.2),
        "neurons": family("neurons", 0.0, 7.5),
    }
    sparse = {
        "SAE": family("SAE", 0.3, 8.0, SPARSE),
        "other": family("other", 0.2, 8.0, SPARSE),
        "neurons": family("neurons", 0.0, 7.5, SPARSE),
        "PCA": family("PCA", 0.1, 16.0, SPARSE),
    }
    differences = rows("neurons", "wwo", "other", SPARSE)
    found = verdict("fc1", [faithful, sparse], differences, ["neurons", "PCA"])
    assert (found.answer, found.place) == ("yes", "l0=8")
    assert found.sentence == (
        "fc1: with 8 firing an item, other features (20 % of the variance lost) beat the neurons on 2 of 3 "
        "measures, lose on 0 and cannot be told apart on 1; never at that sparsity: PCA (16.0 firing at the "
        "nearest)."
    )


def test_the_sparsest_that_gets_there_is_judged_whatever_it_scores():
    better = rows("neurons", "wwwww", "other") + rows("random", "wwwww", "other")
    worse = rows("neurons", "lllll") + rows("random", "lllll")
    found = judged(better + worse, other=family("other", l0=16.0))
    assert found.sentence.startswith("fc1: with 5 % of the variance lost, SAE features")
    assert found.answer == "no"


@pytest.mark.parametrize("dictionaries", [{}, {"SAE": family("SAE", 0.3)}])
def test_without_a_dictionary_that_gets_there_the_answer_is_no(dictionaries):
    places = {"neurons": family("neurons", 0.0, 64.0)} | dictionaries
    found = verdict("fc1", [places], [], ["neurons"])
    assert (found.answer, found.place) == ("no", "fvu=0.05")
    assert ("no dictionary reaches 5 % of the variance lost" in found.sentence) == bool(dictionaries)
