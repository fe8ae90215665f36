"""Which points are fitted on which network with which dictionary seed."""

from sememe import judging
from sememe.recipes.digit_layers import DIGIT_LAYERS
from sememe.studies import Options, StudyFolder, configure
from sememe.studies.bench import Bench
from sememe.studies.layer_work import LayerWork


def work(folder):
    study = configure("monosemanticity", Options(layer="fc1", networks=2, dictionaries=3))
    bench = Bench(StudyFolder(folder), 0, 10, 30, False, 5, 20, judging.Limits(), "cpu")
    return study, LayerWork(study, bench, "fc1")


def titles(points):
    return {entry.sweep.title for entry, _ in points}


def test_what_has_one_seed_is_fitted_with_the_first_only(tmp_path):
    _, layer = work(tmp_path)
    default = DIGIT_LAYERS["fc1"].title
    assert {"neurons", default, "wide stored activations", "pixels"} <= titles(layer.points(0))
    for number in (1, 2):
        assert titles(layer.points(number)) == {default, "random directions", "stored activations"}


def test_no_two_stages_share_a_place(tmp_path):
    study, _ = work(tmp_path)
    stages = study.stages(StudyFolder(tmp_path), "cpu")
    places = [path for stage in stages for path in stage.outputs]
    assert len(set(places)) == len(places)
    assert len({stage.name for stage in stages}) == len(stages)
