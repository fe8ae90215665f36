"""Who takes part, and under which names."""

import pytest

from sememe import dictionaries
from sememe.studies.lineup import FAMILIES, SHAPES, chosen_families, lineup


@pytest.mark.parametrize("layer", SHAPES)
def test_every_control_of_the_protocol_takes_part(layer):
    entries = lineup(SHAPES[layer], tuple(FAMILIES), SHAPES[layer].k, steps=10, costly=True)
    kinds = {entry.sweep.dictionary for entry in entries}
    assert {"Neurons", "RotatedNeurons", "RandomDictionary", "StoredActivations", "PCA"} <= kinds
    assert {"FastICA", "NMF", "KMeans", "CodebookVQ", "FrozenDecoderSAE"} <= kinds
    assert {entry.source for entry in entries} == {"layer", "untrained", "pixels"}
    assert entries[0].sweep.title == "neurons"


@pytest.mark.parametrize("layer", SHAPES)
def test_every_point_has_a_name_of_its_own_and_parameters_that_its_dictionary_has(layer):
    entries = lineup(SHAPES[layer], tuple(FAMILIES), SHAPES[layer].k, steps=10, costly=True)
    points = [(entry, value) for entry in entries for value in entry.sweep.values]
    assert len({entry.point(value) for entry, value in points}) == len(points)
    for entry, value in points:
        dictionaries.registry()[entry.sweep.dictionary](**entry.sweep.parameters(value))


def test_what_is_drawn_has_all_seeds_where_it_is_compared_with_features_closely():
    entries = lineup(SHAPES["fc1"], ("topk",), (8,), steps=10, costly=True)
    seeds = {entry.sweep.title: entry.seeds for entry in entries}
    assert {seeds["TopK SAE"], seeds["random directions"], seeds["stored activations"]} == {"all"}
    assert {seeds["neurons"], seeds["PCA"], seeds["stored, wide"]} == {"one"}
    assert {seeds["pixels"], seeds["untrained network"], seeds["frozen decoder"]} == {"once"}


def test_families_are_named_once_with_or_without_spaces():
    assert chosen_families("topk, pursuit,topk", ()) == ("topk", "pursuit")
    assert chosen_families(None, tuple(FAMILIES)) == tuple(FAMILIES)
