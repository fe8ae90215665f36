import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sememe.dictionaries.items import Items
from sememe.dictionaries.l1_sae import L1SAE
from sememe.dictionaries.pca import PCA
from sememe.dictionaries.sweep import ItemsWithout, fit_together
from sememe.dictionaries.topk_sae import TopKSAE
from sememe.dictionaries.transcoder import Transcoder
from sememe.errors import DictionaryError

SMALL = {"n_epochs": 3, "batch_size": 100}


def test_together_each_ends_as_it_would_alone(items):
    together = [TopKSAE(n_components=8, k=1, **SMALL), TopKSAE(n_components=20, k=3, **SMALL)]
    together.append(L1SAE(n_components=8, **SMALL))
    fit_together(together, items)
    for dictionary in together:
        alone = type(dictionary)(**dictionary.get_params()).fit(items)
        np.testing.assert_array_equal(dictionary.components_, alone.components_)
        np.testing.assert_array_equal(dictionary.transform(items), alone.transform(items))


def test_together_they_resume_too(items, tmp_path):
    folder = tmp_path / "checkpoint"
    saes = [TopKSAE(n_components=8, k=k, **SMALL) for k in (1, 2)]
    fit_together(saes, items, checkpoint=folder)
    again = [TopKSAE(n_components=8, k=k, **SMALL) for k in (1, 2)]
    fit_together(again, items, checkpoint=folder)
    np.testing.assert_array_equal(saes[1].components_, again[1].components_)


def test_records_name_the_dictionary(items):
    records = []
    fit_together([TopKSAE(n_components=8, k=k, **SMALL) for k in (1, 2)], items, log=records.append)
    assert {record["dictionary"] for record in records} == {0, 1}


def test_a_store_is_read_once_for_all(store):
    saes = [TopKSAE(n_components=8, k=k, **SMALL) for k in (1, 2)]
    fit_together(saes, store)
    assert all(sae.n_features_in_ == 10 for sae in saes)


def test_other_batches_cannot_be_shared(items):
    saes = [TopKSAE(k=1, batch_size=100), TopKSAE(k=1, batch_size=50)]
    with pytest.raises(DictionaryError, match=r"batch_size must be the same, but \[100, 50\] arrived"):
        fit_together(saes, items)
    assert not any(hasattr(sae, "n_features_in_") for sae in saes)


def test_no_dictionary_at_all_is_refused(items):
    with pytest.raises(DictionaryError, match="at least one"):
        fit_together([], items)


@pytest.mark.parametrize("place", ["memory", "store"])
def test_items_that_are_left_out_are_not_fitted_on(items, store, place):
    source = items if place == "memory" else store
    left_out = np.array([0, 5, 6, 63, 64, 300, 599])
    together = [TopKSAE(n_components=8, k=1, **SMALL), PCA(n_components=3)]
    fit_together(together, source, left_out=left_out)
    rest = np.delete(items, left_out, axis=0)
    np.testing.assert_allclose(together[0].mean_, rest.mean(axis=0, dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(together[1].components_, PCA(n_components=3).fit(rest).components_, atol=1e-5)


def test_from_memory_a_fit_with_items_left_out_is_that_of_the_rest(items):
    left_out = np.arange(0, 600, 7)
    sae = TopKSAE(n_components=8, k=1, **SMALL)
    fit_together([sae], items, left_out=left_out)
    alone = TopKSAE(n_components=8, k=1, **SMALL).fit(np.delete(items, left_out, axis=0))
    np.testing.assert_array_equal(sae.components_, alone.components_)


@settings(deadline=None)  # the first example may have to wait for others on the machine
@given(
    left_out=st.sets(st.integers(0, 39), max_size=39),
    bounds=st.tuples(st.integers(0, 50), st.integers(0, 50)),
)
def test_rows_without_some_are_those_of_the_rest(left_out, bounds):
    rows = np.arange(80, dtype=np.float32).reshape(40, 2)
    gone = np.array(sorted(left_out), dtype=np.int64)
    rest, without = np.delete(rows, gone, axis=0), ItemsWithout(Items(rows), gone)
    assert len(without) == len(rest)
    start, stop = bounds
    np.testing.assert_array_equal(without.read(start, stop), rest[start:stop])
    chosen = np.arange(len(rest))[::-1].astype(np.int64)
    np.testing.assert_array_equal(without.take(chosen), rest[chosen])


@pytest.mark.parametrize("rows", [[3, 2], [-1, 2], [5, 600], [4, 4]])
def test_rows_to_leave_out_must_be_sorted_and_there(items, rows):
    with pytest.raises(DictionaryError, match=r"sorted and within 0 \.\. 599"):
        fit_together([PCA()], items, left_out=np.array(rows))


def test_not_everything_can_be_left_out(items):
    with pytest.raises(DictionaryError, match="Of 600 items 599 are left out"):
        fit_together([PCA()], items, left_out=np.arange(599))


def test_transcoders_share_a_stream_of_two_layers(items):
    later = items[:, :4] * 2
    together = [Transcoder(n_components=8, k=k, **SMALL) for k in (1, 2)]
    fit_together(together, items, later)
    alone = Transcoder(n_components=8, k=2, **SMALL).fit(items, later)
    np.testing.assert_array_equal(together[1].components_, alone.components_)
    fit_together(together, items, later, left_out=np.arange(100))
    rest = Transcoder(n_components=8, k=2, **SMALL).fit(items[100:], later[100:])
    np.testing.assert_array_equal(together[1].components_, rest.components_)
