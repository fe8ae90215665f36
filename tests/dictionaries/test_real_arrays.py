"""What is taken as it is; test_bad_input.py has what is refused."""

import numpy as np
import pytest
import torch
from scipy import sparse

from sememe.dictionaries.real_arrays import WrongTypeError, real_matrix
from sememe.errors import DictionaryError

NEEDS = "PCA needs activations (items, neurons)"


@pytest.mark.parametrize(
    "given",
    [
        [[1, 0], [3, 4]],
        np.array([[1, 0], [3, 4]], dtype=np.uint8),
        np.array([[1, 0], [3, 4]], dtype=object),
        torch.tensor([[1, 0], [3, 4]]),
        torch.tensor([[1.0, 0.0], [3.0, 4.0]], dtype=torch.bfloat16, requires_grad=True),
    ],
)
def test_numbers_of_any_type_become_an_array(given):
    found = real_matrix(given, NEEDS)
    assert isinstance(found, np.ndarray)
    assert found.dtype.kind in "fiu"
    np.testing.assert_array_equal(found, [[1, 0], [3, 4]])


def test_booleans_are_numbers():
    np.testing.assert_array_equal(real_matrix(torch.tensor([[True, False]]), NEEDS), [[1, 0]])


def test_arrays_stores_and_sparse_arrays_are_given_back_themselves(items, store):
    for given in (items, store, sparse.csr_array(items)):
        assert real_matrix(given, NEEDS) is given


def test_a_message_says_what_was_needed_what_arrived_and_what_to_do():
    with pytest.raises(DictionaryError) as caught:
        real_matrix(torch.zeros(3, dtype=torch.float64), NEEDS)
    assert str(caught.value) == (
        "Reshape your data: PCA needs activations (items, neurons), but torch.float64 (3,) arrived (Tensor); "
        "x[None] makes it one item."
    )


def test_what_holds_no_numbers_is_a_type_error_too():
    with pytest.raises(TypeError, match="PCA needs activations") as caught:
        real_matrix([["a"]], NEEDS)
    assert isinstance(caught.value, WrongTypeError)
    assert isinstance(caught.value, ValueError)
