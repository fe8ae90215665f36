"""The main job, as it is written down."""

import json

import pytest

from sememe import dictionaries, recipes
from sememe.errors import RunError
from sememe.recipes.digit_layers import DIGIT_LAYERS

CONTROLS = {
    "top neurons",
    "rotated neurons",
    "random directions",
    "random by least squares",
    "stored activations",
    "PCA",
    "ICA",
    "NMF",
    "k-means",
    "VQ codebook",
    "frozen decoder",
    "untrained network",
    "pixels",
}


@pytest.mark.parametrize("quick", [False, True])
def test_every_point_has_a_place_and_a_dictionary_that_takes_its_parameters(quick):
    for layer in recipes.configure("mnist", quick=quick).layers:
        points = [(sweep, value) for sweep in layer.sweeps for value in sweep.values]
        names = [sweep.point_name(value) for sweep, value in points]
        assert len(set(names)) == len(names)
        assert layer.shown in names
        for sweep, value in points:
            dictionaries.registry()[sweep.dictionary](**sweep.parameters(value))
            assert set(sweep.twins) <= set(sweep.values)


def test_every_layer_has_the_neurons_two_dictionaries_and_all_controls():
    for layer in recipes.configure("mnist").layers:
        titles = {sweep.title: sweep.kind for sweep in layer.sweeps}
        assert titles["neurons"] == "neurons"
        chosen = DIGIT_LAYERS[layer.layer].title
        assert [title for title, kind in titles.items() if kind == "features"] == [chosen, "L1 SAE"]
        assert layer.default.title == chosen
        assert {title for title, kind in titles.items() if kind == "control"} == CONTROLS


def test_choices_and_reports_share_no_image():
    for quick in (False, True):
        plan = recipes.configure("mnist", quick=quick)
        assert plan.development_images <= 5_000
        assert plan.report_images <= 5_000


def test_a_quick_run_is_smaller_in_every_way():
    whole, quick = recipes.configure("mnist"), recipes.configure("mnist", quick=True)
    assert {layer.layer for layer in quick.layers} < {layer.layer for layer in whole.layers}
    assert quick.report_images < whole.report_images
    assert sum(len(layer.sweeps) for layer in quick.layers) < sum(len(layer.sweeps) for layer in whole.layers)


def test_a_configuration_is_plain_json_that_follows_from_its_seed():
    first = recipes.configure("mnist", seed=3).as_json()
    assert json.loads(json.dumps(first)) == first
    assert first == recipes.configure("mnist", seed=3).as_json() != recipes.configure("mnist").as_json()


def test_an_unknown_recipe_is_named():
    with pytest.raises(RunError, match="no recipe 'cifar': choose one of mnist"):
        recipes.configure("cifar")
