"""A layer judged: every family is there, what lacks is said, bad input is named."""

import dataclasses

import numpy as np
import pytest

from references.small_net import LIMITS, SmallNet, unit_sets
from sememe import judging
from sememe.errors import MeasureError
from sememe.measures import load_evaluation, registry, save_evaluation

PLACES = judging.Places(fvu=(0.3,), loss_recovered=(), l0=(3.0,))


def families(evaluation):
    names = [*evaluation.sets, *evaluation.units]
    return {registry()[name.partition("[")[0]].family for name in names}


@pytest.fixture(scope="module")
def judged(hidden):
    return judging.judge_layer(
        [hidden], [unit_sets(hidden)], places=PLACES, twins=[unit_sets(hidden, seed=1)]
    )


def test_every_family_is_scored(judged):
    for key, evaluation in judged.evaluations.items():
        expected = {"fidelity", "selectivity", "similarity", "concepts", "simulation", "cause", "stability"}
        assert families(evaluation) == expected, key
    assert judged.table.answers["hidden"] in ("yes", "no", "mixed")


def test_positions_of_a_map_are_judged_too(conv):
    found = judging.judge_layer([conv], [unit_sets(conv)], places=PLACES)
    assert {"selectivity", "similarity", "simulation", "cause"} <= families(
        next(iter(found.evaluations.values()))
    )
    assert "no concepts: the concept measures are left out" in found.table.notes["conv"]


def test_without_labels_the_rest_runs_and_the_table_says_so(net, unlabelled):
    subject = judging.subject(net, "hidden", unlabelled, limits=LIMITS, device="cpu")
    found = judging.judge_layer([subject], [unit_sets(subject)], places=PLACES)
    assert families(found.evaluations["neurons", ()]) == {"fidelity", "similarity", "simulation", "cause"}
    assert any(note.startswith("no labels") for note in found.table.notes["hidden"])


def test_one_class_only_is_said_and_the_rest_runs(net, material):
    images = material.report.images
    one = dataclasses.replace(images, labels=np.zeros(len(images), np.int64))
    report = dataclasses.replace(material.report, images=one)
    subject = judging.subject(
        net, "hidden", dataclasses.replace(material, report=report), limits=LIMITS, device="cpu"
    )
    found = judging.judge_layer([subject], [unit_sets(subject)], places=PLACES)
    assert "selectivity" not in families(found.evaluations["neurons", ()])
    assert any("one class only" in note for note in found.table.notes["hidden"])


def test_all_units_dead_are_counted_and_no_mean_is_nan(hidden):
    sets = unit_sets(hidden)
    dead = sets[2].dictionary
    dead.components_ = np.zeros_like(dead.components_)
    found = judging.judge_layer([hidden], [sets], places=PLACES)
    evaluation = found.evaluations["random", (("k", 3),)]
    assert evaluation.n_dead == evaluation.n_units == 12
    assert all(scores.mean.value in (0.0, scores.record.dead_value) for scores in evaluation.units.values())


def test_seeds_are_pooled_and_networks_look_for_like_units(material):
    subjects = [
        judging.subject(SmallNet(seed), "hidden", material, limits=LIMITS, device="cpu") for seed in (0, 1)
    ]
    sets = [unit_sets(subject, 0) + unit_sets(subject, 1)[1:] for subject in subjects]
    found = judging.judge_layer(subjects, sets, places=PLACES)
    evaluation = found.evaluations["stored", (("k", 3),)]
    assert evaluation.n_units == 4 * 12
    assert evaluation.units["universality"].mean.by_seed.size == 2
    assert "matched_cosine" in evaluation.sets
    assert "matched_cosine" not in found.evaluations["neurons", ()].sets


def test_scored_units_are_drawn_and_counted(net, material):
    limits = dataclasses.replace(LIMITS, units=5)
    subject = judging.subject(net, "hidden", material, limits=limits, device="cpu")
    found = judging.judge_layer([subject], [unit_sets(subject)], places=PLACES)
    evaluation = found.evaluations["stored", (("k", 3),)]
    assert (evaluation.n_units, evaluation.n_scored) == (12, 5)
    assert {row.scored for row in found.table.select(unit_set="stored", measure="dominant_mass")} == {5}


def test_the_same_subject_gives_the_same_numbers(hidden, judged):
    again = judging.judge_layer(
        [hidden], [unit_sets(hidden)], places=PLACES, twins=[unit_sets(hidden, seed=1)]
    )
    assert again.table.to_dict() == judged.table.to_dict()


def test_an_evaluation_comes_back_from_disk_as_it_was(judged, tmp_path):
    for evaluation in judged.evaluations.values():
        save_evaluation(tmp_path / "one.npz", evaluation)
        back = load_evaluation(tmp_path / "one.npz")
        assert list(back.units) == list(evaluation.units)
        for key, scores in evaluation.units.items():
            np.testing.assert_array_equal(back.units[key].values, scores.values)
            np.testing.assert_array_equal(back.units[key].mean.replicates, scores.mean.replicates)
        assert {key: found.value for key, found in back.sets.items()} == {
            key: found.value for key, found in evaluation.sets.items()
        }


def test_bad_input_is_named(hidden, conv):
    with pytest.raises(MeasureError, match="nothing to judge"):
        judging.judge_layer([hidden], [[]])
    with pytest.raises(MeasureError, match="fitted on 5 neurons, but hidden gives 8"):
        judging.look(hidden, unit_sets(conv)[0])
    with pytest.raises(MeasureError, match="'pixels', which hidden was not read with"):
        judging.look(hidden, dataclasses.replace(unit_sets(hidden)[0], source="pixels"))
    with pytest.raises(MeasureError, match="Subject 1 has other unit sets"):
        judging.judge_layer([hidden, hidden], [unit_sets(hidden), unit_sets(hidden)[:1]])
