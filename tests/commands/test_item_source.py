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


def test_values_that_are_not_finite_are_named_without_a_warning(tmp_path):
    """1e300 is beyond float32; warnings are errors here."""
    for wrong in (np.nan, np.inf, 1e300):
        values = np.ones((20, 3))
        values[4, 2] = wrong
        np.save(tmp_path / "items.npy", values)
        source = open_items(tmp_path / "items.npy")
        assert source.identity()["items"] == 20
        with pytest.raises(ActivationsError, match=r"holds 1 NaN or infinite values .* at item 4, neuron 2"):
            source.take(np.array([1, 4, 5]))


def test_nobody_is_advised_to_unpickle(tmp_path):
    (tmp_path / "text.npy").write_text("hello")
    with pytest.raises(
        FormatError, match=r"\(it holds text or pickled Python objects, which are never loaded\)"
    ):
        open_items(tmp_path / "text.npy")


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
