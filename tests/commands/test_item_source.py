import numpy as np
import pytest

from sememe.commands.item_source import open_items
from sememe.errors import ActivationsError, FormatError


def test_rows_of_some_images_are_all_rows_of_each_of_them(many_positions):
    source = open_items(many_positions)
    rows = source.of_some_images(90, seed=0)
    image = np.asarray(source.image[:])
    assert len(rows) == 90
    assert (np.diff(rows) > 0).all()
    chosen = np.unique(image[rows])
    np.testing.assert_array_equal(rows, np.flatnonzero(np.isin(image, chosen)))


def test_rows_follow_from_the_seed(many_positions):
    source = open_items(many_positions)
    assert source.of_some_images(90, 0).tolist() == source.of_some_images(90, 0).tolist()
    assert source.of_some_images(90, 0).tolist() != source.of_some_images(90, 1).tolist()


def test_each_item_of_an_array_is_its_own_image(array):
    source = open_items(array)
    rows = source.of_some_images(100, seed=0)
    assert len(np.unique(rows)) == 100
    np.testing.assert_array_equal(source.take(rows), np.load(array)[rows])


def test_no_item_is_no_row(array, many_positions):
    assert len(open_items(array).of_some_images(0, seed=0)) == 0
    assert len(open_items(many_positions).of_some_images(0, seed=0)) == 0


def test_items_are_known_by_their_values_and_not_by_their_place(array, tmp_path):
    copy = tmp_path / "copy.npy"
    copy.write_bytes(array.read_bytes())
    assert open_items(copy).identity() == open_items(array).identity()
    changed = np.load(array)
    changed[-1, -1] += 1
    np.save(copy, changed)
    assert open_items(copy).identity() != open_items(array).identity()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 3, 4)), r"float64 values of shape \(2, 3, 4\)"),
        (np.zeros((0, 3)), r"shape \(0, 3\)"),
        (np.array([["a", "b"]]), "expected numbers"),
    ],
)
def test_an_array_that_is_not_items_by_neurons_is_refused(values, message, tmp_path):
    np.save(tmp_path / "bad.npy", values)
    with pytest.raises(ActivationsError, match=message):
        open_items(tmp_path / "bad.npy")


def test_a_file_that_is_no_plain_array_is_refused(tmp_path, pictures):
    np.save(tmp_path / "pickled.npy", np.array([{}], dtype=object))
    (tmp_path / "cut.npy").write_bytes(b"\x93NUMPY")
    for name in ("pickled.npy", "cut.npy"):
        with pytest.raises(FormatError, match=r"not an array that numpy\.save wrote"):
            open_items(tmp_path / name)
    with pytest.raises(FormatError, match="archive of several arrays"):
        open_items(pictures)
    with pytest.raises(FormatError, match="nothing at"):
        open_items(tmp_path / "absent")
