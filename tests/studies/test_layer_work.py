"""Which points are fitted on which network with which dictionary seed."""

from sememe import judging
from sememe.studies import Options, StudyFolder, configure
from sememe.studies.bench import Bench
from sememe.studies.layer_work import LayerWork


def work(folder):
    study = configure("monosemanticity", Options(layer="fc1", networks=2, dictionaries=3))
    bench = Bench(StudyFolder(folder), 0, 10, 30, 5, 20, judging.Limits(), "cpu")
    return study, LayerWork(study, bench, "fc1")


def titles(points):
    return {entry.sweep.title for entry, _ in points}


def test_costly_controls_are_fitted_once_and_others_on_every_network(tmp_path):
    study, layer = work(tmp_path)
    first, second = study.network_seeds()
    assert {"neurons", "TopK SAE", "stored, wide", "pixels"} <= titles(layer.points(first, 0))
    assert {"neurons", "TopK SAE", "stored, wide"} <= titles(layer.points(second, 0))
    assert "pixels" not in titles(layer.points(second, 0))
    for number in (1, 2):
        assert titles(layer.points(first, number)) == titles(layer.points(second, number))
        assert not {"neurons", "pixels", "stored, wide"} & titles(layer.points(first, number))
        assert {"TopK SAE", "random directions", "stored activations"} <= titles(layer.points(first, number))


def test_no_two_stages_share_a_place(tmp_path):
    study, _ = work(tmp_path)
    stages = study.stages(StudyFolder(tmp_path), "cpu")
    places = [path for stage in stages for path in stage.outputs]
    assert len(set(places)) == len(places)
    assert len({stage.name for stage in stages}) == len(stages)
