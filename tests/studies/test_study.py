"""What can be asked of a study, and what is refused."""

import pytest

from sememe import judging
from sememe.errors import RunError
from sememe.studies import Options, StudyFolder, configure, registry
from sememe.studies.bench import Bench


@pytest.mark.parametrize("name", sorted(registry()))
def test_every_study_follows_the_options(name):
    options = Options(quick=True, seed=3, layer="fc1", networks=2, dictionaries=2)
    study = configure(name, options)
    assert (study.seed, study.quick, study.networks, study.dictionaries) == (3, True, 2, 2)
    assert study.layers == ("fc1",)
    assert study.command(options) == (
        f"sememe study {name} --quick --layer fc1 --networks 2 --dictionaries 2 --seed 3"
    )
    assert configure(name, options).as_json() == study.as_json()


@pytest.mark.parametrize("name", sorted(registry()))
def test_a_study_reports_on_seeds_that_no_choice_has_seen(name):
    study = configure(name, Options())
    assert min(study.network_seeds() + study.dictionary_seeds()) >= 100


def test_the_full_study_has_three_networks_and_five_dictionaries_on_each():
    study = configure("monosemanticity", Options())
    assert (study.networks, study.dictionaries) == (3, 5)
    assert len(study.families) == 6
    assert study.layers == ("hidden1", "hidden2", "conv2", "fc1")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(layer="conv9"), "no layer 'conv9': "),
        (Options(seed=-1), "seed must be 0 or more, but -1"),
        (Options(networks=0), "--networks must be .* or more for this study, but 0"),
        (Options(dictionaries=0), "--dictionaries must be 1 or more for this study, but 0"),
    ],
)
@pytest.mark.parametrize("name", sorted(registry()))
def test_bad_options_are_one_sentence(name, options, said):
    with pytest.raises(RunError, match=said):
        configure(name, options)


def test_an_unknown_study_and_an_unknown_family_are_named():
    with pytest.raises(RunError, match="no study 'depth': choose one of monosemanticity, splitting"):
        configure("depth", Options())
    with pytest.raises(RunError, match="no family 'relu': did you mean jumprelu"):
        configure("monosemanticity", Options(families="topk,relu"))
    with pytest.raises(RunError, match="study of width compares no families"):
        configure("width", Options(families="topk"))


def test_choices_are_made_on_seeds_and_images_that_no_report_uses(tmp_path):
    report = configure("monosemanticity", Options())
    choice = configure("monosemanticity", Options(development=True, networks=3, dictionaries=5))
    assert not set(choice.network_seeds()) & set(report.network_seeds())
    assert not set(choice.dictionary_seeds()) & set(report.dictionary_seeds())
    seen = [
        {image.tobytes() for image in bench(tmp_path, development).images()[-1].pixels}
        for development in (False, True)
    ]
    assert not set.intersection(*seen)
    with pytest.raises(RunError, match="study of width: leave --development out"):
        configure("width", Options(development=True))


def bench(folder, development):
    return Bench(StudyFolder(folder), 0, 10, 5_000, development, 5, 20, judging.Limits(), "cpu")
