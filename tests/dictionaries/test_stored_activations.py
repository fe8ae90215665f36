import numpy as np
import pytest

from sememe.dictionaries.items import Items
from sememe.dictionaries.stored_activations import StoredActivations
from sememe.errors import DictionaryError


def test_atoms_are_directions_of_centred_items_all_different(items):
    stored = StoredActivations(n_components=50, k=2).fit(items)
    directions = items - items.mean(axis=0)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    cosines = stored.components_ @ directions.T
    assert (cosines.max(axis=1) > 0.9999).all()
    assert len(np.unique(stored.components_, axis=0)) == 50


def test_with_every_item_stored_one_atom_reconstructs_every_item(items):
    stored = StoredActivations(n_components=600, k=1).fit(items)
    assert stored.score(items) > -1e-4


def test_a_store_gives_atoms_too(store, items):
    stored = StoredActivations(n_components=50, k=2).fit(store)
    assert stored.score(items) > -0.3
    assert len(Items(store)) == 600


def test_fewer_items_than_components_are_refused(items):
    with pytest.raises(DictionaryError, match=r"n_components must be at most the number of items \(600\)"):
        StoredActivations(n_components=601, k=2).fit(items)
