"""The verdict on hand-made outcomes."""

from dataclasses import replace

import numpy as np
import pytest

from sememe.measures import DifferenceRow, Estimate, Evaluation, Target, match
from sememe.measures.record import registry
from sememe.measures.verdict import family_outcomes, measure_outcomes, objections, verdict

AT = Target("fvu", 0.05)
SPARSE = Target("l0", 8)


def family(name, fvu=0.05, l0=8.0, at=AT):
    sets = {"fvu": Estimate(fvu, np.full(5, fvu)), "l0": Estimate(l0, np.full(5, l0))}
    return match([Evaluation(name, {}, 10, 10, 10, 4, 0, np.ones(4), sets, {})], at)


FAMILIES = ("selectivity", "similarity", "concepts", "simulation", "cause")
MEASURES = [[name for name, record in registry().items() if record.family == family] for family in FAMILIES]


def rows(control, outcomes, unit_set="SAE", at=AT):
    """One family for each word, one measure for each letter: w a win, l a loss, o open."""
    words = {"w": "win", "l": "loss", "o": "open"}
    return [
        DifferenceRow("fc1", unit_set, control, measure, str(at), 0.1, 0.0, 0.2, 0.01, 0.01, words[letter])
        for measures, word in zip(MEASURES, outcomes.split(), strict=False)
        for measure, letter in zip(measures, word, strict=False)
    ]


def judged(differences, **families):
    places = {
        "SAE": family("SAE"),
        "random": family("random"),
        "neurons": family("neurons", 0.0, 64.0),
    } | families
    return verdict("fc1", [places], differences, [name for name in places if name not in ("SAE", "other")])


@pytest.mark.parametrize(
    ("measures_of_a_family", "outcome"),
    [("ooo", "open"), ("woo", "won"), ("wwl", "won"), ("wl", "split"), ("wwll", "split"), ("wll", "lost")],
)
def test_a_family_is_won_by_twice_as_many_measures_as_are_lost(measures_of_a_family, outcome):
    assert family_outcomes(rows("neurons", measures_of_a_family)) == {"selectivity": outcome}


def test_a_measure_under_several_embeddings_counts_once():
    won, lost, opened = (replace(row, measure="clarity") for row in rows("neurons", "wlo"))
    variants = [replace(won, measure=f"clarity[{i}]") for i in range(3)]
    assert measure_outcomes([*variants, opened]) == {"clarity": "win"}
    assert measure_outcomes([*variants, lost]) == {"clarity": "open"}
    other = replace(lost, measure="polysemanticity")
    assert family_outcomes([*variants, other]) == {"similarity": "split"}


def test_yes_needs_more_than_half_of_the_families_against_neurons():
    assert judged(rows("neurons", "w w w o o") + rows("random", "w o o o o")).answer == "yes"
    assert judged(rows("neurons", "w w o o") + rows("random", "w o o o")).answer == "mixed"


def test_a_family_lost_to_the_neurons_is_no_yes():
    assert judged(rows("neurons", "w w w w l") + rows("random", "w w w w w")).answer == "mixed"
    assert judged(rows("neurons", "w w w w wl") + rows("random", "w w w w w")).answer == "yes"


def test_many_measures_of_one_family_count_once():
    assert judged(rows("neurons", "wwwwwwwwww l l") + rows("random", "w w w")).answer == "no"


def test_yes_needs_more_families_won_than_lost_against_every_control():
    differences = rows("neurons", "w w w w w") + rows("random", "w w w w w")
    assert judged(differences + rows("PCA", "w w l o o"), PCA=family("PCA")).answer == "yes"
    assert judged(differences + rows("PCA", "o o o o o"), PCA=family("PCA")).answer == "mixed"


def test_no_where_neurons_are_as_good():
    assert judged(rows("neurons", "w w l l l") + rows("random", "w w w w w")).answer == "no"
    assert judged(rows("neurons", "w l o o o") + rows("random", "w w w w w")).answer == "no"
    assert judged(rows("neurons", "o o o o o") + rows("random", "w w w w w")).answer == "no"


@pytest.mark.parametrize("outcomes", ["o o o o o", "w l o o o", "w l l l l"])
def test_no_where_a_control_gains_whatever_is_gained_over_neurons(outcomes):
    assert judged(rows("neurons", "w w w w w") + rows("random", outcomes)).answer == "no"


def test_no_where_the_neurons_cannot_be_compared():
    found = judged(rows("random", "w w w w w"), neurons=family("neurons", 0.5))
    assert found.answer == "no"
    assert found.sentence == (
        "fc1: with 5 % of the variance lost, SAE features (8.0 firing an item) cannot be compared with the "
        "neurons, which never get there; better than random."
    )


def test_the_sentence_names_wins_and_losses_alike_neurons_first():
    found = judged(
        rows("neurons", "w w l wl o") + rows("random", "w l l l") + rows("rotated", "w w l"),
        PCA=family("PCA", 0.214),
        rotated=family("rotated"),
    )
    assert found.sentence == (
        "fc1: with 5 % of the variance lost, SAE features (8.0 firing an item) beat the neurons in "
        "selectivity and similarity, lose to them in concepts, win and lose measures of simulation and "
        "cannot be told apart from them in cause; no better on the whole than random (ahead in 3 of 4); "
        "better than rotated (ahead in 1 of 3); never as faithful: PCA."
    )
    assert found.place == "fvu=0.05"
    assert found.families["neurons"]["simulation"] == "split"
    assert "PCA" not in found.families


def test_a_sentence_without_a_win_still_says_from_whom_nothing_could_be_told_apart():
    split = judged(rows("neurons", "o wl o"))
    assert "win and lose measures of similarity against the neurons and cannot be told" in split.sentence
    assert "cannot be told apart from the neurons in selectivity" in judged(rows("neurons", "o o")).sentence


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
    differences = rows("neurons", "w w o", "other", SPARSE)
    found = verdict("fc1", [faithful, sparse], differences, ["neurons", "PCA"])
    assert (found.answer, found.place) == ("yes", "l0=8")
    assert found.sentence == (
        "fc1: with 8 firing an item, other features (20 % of the variance lost) beat the neurons in "
        "selectivity and similarity and cannot be told apart from them in concepts; never at that "
        "sparsity: PCA."
    )


@pytest.mark.parametrize(
    ("neurons", "random", "answer", "said"),
    [
        ("w w w o", "w w", "yes", ""),
        ("w w w l", "w w", "mixed", "they lose to the neurons in simulation"),
        ("w w o o", "w w", "mixed", "they win only selectivity and similarity of 4 groups of measures"),
        ("w l l o", "w w", "no", "they lose to the neurons in similarity and concepts"),
    ],
)
def test_what_is_not_yes_has_an_objection(neurons, random, answer, said):
    found = judged(rows("neurons", neurons) + rows("random", random))
    assert found.answer == answer
    assert "; ".join(objections(found.families)).startswith(said)
    assert bool(said) == bool(objections(found.families))


def test_a_control_that_is_as_good_is_an_objection():
    unbeaten = rows("neurons", "w w w o") + rows("random", "w w") + rows("rotated", "w l")
    found = judged(unbeaten, rotated=family("rotated"))
    assert (found.answer, objections(found.families)) == (
        "mixed",
        ["they are no better on the whole than rotated"],
    )


def test_the_sparsest_that_gets_there_is_judged_whatever_it_scores():
    better = rows("neurons", "w w w", "other") + rows("random", "w w w", "other")
    worse = rows("neurons", "l l l") + rows("random", "l l l")
    found = judged(better + worse, other=family("other", l0=16.0))
    assert found.sentence.startswith("fc1: with 5 % of the variance lost, SAE features")
    assert found.answer == "no"


@pytest.mark.parametrize("dictionaries", [{}, {"SAE": family("SAE", 0.3)}])
def test_without_a_dictionary_that_gets_there_the_answer_is_no(dictionaries):
    places = {"neurons": family("neurons", 0.0, 64.0)} | dictionaries
    found = verdict("fc1", [places], [], ["neurons"])
    assert (found.answer, found.place) == ("no", "fvu=0.05")
    assert ("no dictionary reaches 5 % of the variance lost" in found.sentence) == bool(dictionaries)


def test_the_verdict_is_about_what_was_named_beforehand_though_another_is_sparser():
    places = {"SAE": family("SAE"), "other": family("other", l0=2.0), "neurons": family("neurons", 0.0, 64.0)}
    differences = rows("neurons", "w w w o o") + rows("neurons", "l l l l l", unit_set="other")
    named = verdict("fc1", [places], differences, ["neurons"], about="SAE")
    assert named.answer == "yes"
    assert "SAE features" in named.sentence
    assert "other features" in verdict("fc1", [places], differences, ["neurons"]).sentence
    places["SAE"] = family("SAE", fvu=0.5)
    never = verdict("fc1", [places], differences, ["neurons"], about="SAE")
    assert never.answer == "no"
    assert "SAE features never reach" in never.sentence
