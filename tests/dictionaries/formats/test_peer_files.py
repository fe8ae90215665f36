import numpy as np
import pytest
import torch

from sememe.dictionaries.formats import peer_files
from sememe.errors import FormatError


@pytest.mark.parametrize("value", [0, -3, 2.0, True, "4", None])
def test_a_positive_integer_is_nothing_else(tmp_path, value):
    with pytest.raises(FormatError, match=f"k should be a positive integer, but holds {value!r}"):
        peer_files.positive_integer(tmp_path, {"k": value}, "k")
    with pytest.raises(FormatError, match="k should be a positive integer, but is missing"):
        peer_files.positive_integer(tmp_path, {}, "k")
    assert peer_files.positive_integer(tmp_path, {"k": 4}, "k") == 4


@pytest.mark.parametrize("value", [0, -1.5, float("inf"), float("nan"), True, "4", None])
def test_a_positive_number_is_nothing_else(tmp_path, value):
    with pytest.raises(FormatError, match="scale should be a positive number"):
        peer_files.positive_number(tmp_path, {"scale": value}, "scale")
    assert peer_files.positive_number(tmp_path, {"scale": 2}, "scale") == 2.0


def test_only_the_very_value_passes_where_one_alone_is_known(tmp_path):
    peer_files.refuse_other_than(tmp_path, {}, "signed", False, "unused")
    peer_files.refuse_other_than(tmp_path, {"signed": False}, "signed", False, "unused")
    for other in (True, 0, None, "no"):
        with pytest.raises(FormatError, match=f"signed is {other!r}, but only False can be imported: why"):
            peer_files.refuse_other_than(tmp_path, {"signed": other}, "signed", False, "why")


def test_what_torch_saved_is_read_and_what_is_not_its_own_is_refused(tmp_path):
    path = tmp_path / "state.pt"
    peer_files.write_torch(path, {"a": torch.arange(6.0).reshape(2, 3).T})
    assert peer_files.read_state_dict(path)["a"].tolist() == [[0, 3], [1, 4], [2, 5]]
    path.write_bytes(b"text")
    with pytest.raises(FormatError, match=r"not a whole file of torch\.save"):
        peer_files.read_torch(path)
    with pytest.raises(FormatError, match="There is no file"):
        peer_files.read_torch(tmp_path / "absent.pt")


@pytest.mark.parametrize("found", [[], {}, 3, {"a": 1}, {1: torch.zeros(2)}])
def test_a_state_dict_is_tensors_by_name(tmp_path, found):
    with pytest.raises(FormatError, match="should hold tensors by name"):
        peer_files.tensors_in(tmp_path, found)


def test_sizes_are_those_of_a_matrix(tmp_path):
    assert peer_files.sizes_of(tmp_path, {"W": torch.zeros(2, 3)}, "W") == (2, 3)
    with pytest.raises(FormatError, match=r"tensor W should be a matrix, but has shape \(2,\)"):
        peer_files.sizes_of(tmp_path, {"W": torch.zeros(2)}, "W")
    with pytest.raises(FormatError, match=r"tensor W should be a matrix, but is not among \['V'\]"):
        peer_files.sizes_of(tmp_path, {"V": torch.zeros(2)}, "W")


def test_checked_tensors_are_in_float64(tmp_path):
    found = peer_files.checked(tmp_path, {"W": torch.ones(2, dtype=torch.bfloat16)}, {"W": (2,)})
    assert found["W"].dtype == torch.float64
    np.testing.assert_array_equal(found["W"], 1)
