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
    assert {seeds["neurons"], seeds["PCA"], seeds["wide stored activations"], seeds["pixels"]} == {"one"}


def test_the_verdict_is_about_the_first_family_alone_and_others_stand_beside_it():
    entries = lineup(SHAPES["fc1"], ("topk", "matryoshka"), (8,), steps=10, costly=False)
    features = {e.sweep.title: (e.seeds, e.beside) for e in entries if e.sweep.kind == "features"}
    assert features == {
        "TopK SAE": ("all", False),
        "Matryoshka SAE": ("one", True),
        "wide TopK SAE": ("one", True),
    }
    wide = lineup(SHAPES["fc1"], ("topk", "matryoshka"), (8,), steps=10, costly=False, all_wide=True)
    assert {e.sweep.title for e in wide} - {e.sweep.title for e in entries} == {"wide Matryoshka SAE"}


@pytest.mark.parametrize("layer", SHAPES)
def test_names_of_sets_can_be_listed_with_commas(layer):
    entries = lineup(SHAPES[layer], tuple(FAMILIES), SHAPES[layer].k, steps=10, costly=True)
    assert not [entry.sweep.title for entry in entries if "," in entry.sweep.title]


def test_families_are_named_once_with_or_without_spaces():
    assert chosen_families("topk, pursuit,topk", ()) == ("topk", "pursuit")
    assert chosen_families(None, tuple(FAMILIES)) == tuple(FAMILIES)
