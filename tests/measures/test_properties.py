"""What holds of every measure: of units and items in any order, of a unit's scale, of items that come twice.

Over the whole registry: a measure that is added is held to them.
"""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from references.measured import call, random_world
from sememe import measures
from sememe.measures.page import page

RECORDS = measures.registry()

CLAIM = re.compile(r"[Uu]nchanged\s+(?:when\s+a\s+unit\s+is|by)[^.]*?scal|[Uu]nchanged[^.]*scale")
"""How a measure's page says that a unit's scale does not matter."""

OTHER_SCALES = {"fvu", "matched_cosine"}
"""Their claim is about activations, and about the length of atoms; both have tests of their own."""

SEEN_TWICE = {
    "monosemanticity_score": "the copy of an item is another item, and alike",
    "clarity": "the 30 greatest are then 15 items and their copies",
    "polysemanticity": "the 30 greatest are then 15 items and their copies",
    "concept_generality": "it asks for five firings in a class, and copies are firings",
}

seeds = given(seed=st.integers(0, 10_000))


def claims_scale(name):
    return name not in OTHER_SCALES and bool(CLAIM.search(page(RECORDS[name])))


@pytest.mark.parametrize("name", RECORDS)
@settings(max_examples=6, deadline=None)
@seeds
def test_units_in_another_order_have_the_same_scores(name, seed):
    rng = np.random.default_rng(seed)
    world = random_world(rng)
    order = rng.permutation(world.codes.shape[1])
    plain, reordered = call(name, world), call(name, world.units(order))
    np.testing.assert_allclose(reordered, plain if plain.ndim == 0 else plain[order], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", RECORDS)
@settings(max_examples=6, deadline=None)
@seeds
def test_items_in_another_order_give_the_same_scores(name, seed):
    rng = np.random.default_rng(seed)
    world = random_world(rng)
    rows = rng.permutation(world.codes.shape[0])
    np.testing.assert_allclose(call(name, world.items(rows)), call(name, world), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", [name for name in RECORDS if claims_scale(name)])
@settings(max_examples=6, deadline=None)
@seeds
def test_a_unit_that_is_scaled_keeps_its_score_where_the_measure_says_so(name, seed):
    rng = np.random.default_rng(seed)
    world = random_world(rng)
    # Powers of two round nothing, so that no code moves across the edge of a bin.
    factors = 2.0 ** rng.integers(-8, 8, size=world.codes.shape[1])
    np.testing.assert_allclose(call(name, world.scaled(factors)), call(name, world), rtol=1e-6, atol=1e-9)


def test_the_measures_that_claim_scale_are_those_that_one_expects():
    claimed = {name for name in RECORDS if claims_scale(name)}
    families = ("selectivity", "similarity", "concepts", "simulation")
    of_units = {n for n, r in RECORDS.items() if r.family in families and r.level == "unit"}
    assert claimed == of_units | {"universality", "matched_correlation"}


@pytest.mark.parametrize("name", [name for name in RECORDS if name not in SEEN_TWICE])
@settings(max_examples=6, deadline=None)
@seeds
def test_items_that_all_come_twice_change_nothing(name, seed):
    world = random_world(np.random.default_rng(seed))
    rows = np.tile(np.arange(world.codes.shape[0]), 2)
    np.testing.assert_allclose(call(name, world.items(rows)), call(name, world), rtol=1e-6, atol=1e-9)
