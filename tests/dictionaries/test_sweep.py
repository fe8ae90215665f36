import numpy as np
import pytest

from sememe.dictionaries.l1_sae import L1SAE
from sememe.dictionaries.sweep import fit_together
from sememe.dictionaries.topk_sae import TopKSAE
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
