"""What is packed by column is unpacked row by row, in a browser, as it was."""

from dataclasses import dataclass

import numpy as np
import pytest

from references.kernel_page import KernelPage
from sememe.explorer.export.columns import Rounding, pack, rounded


@dataclass(frozen=True)
class Part:
    name: str
    share: float | None


@dataclass(frozen=True, eq=False)
class Row:
    unit: int
    alive: bool
    score: float
    picture: np.ndarray | None
    parts: tuple[Part, ...]
    by: dict[str, object]
    nothing: None = None


ROWS = [
    Row(-3, True, 0.25, np.array([[1.0, -0.5]]), (Part("a", 1.0), Part("b", None)), {"x": 1}),
    Row(70_000, False, float("nan"), None, (), {"x": 2, "y": (np.arange(3),)}),
    Row(5, True, 1 / 3, np.array([[0.0, 0.0]]), (Part("a", float("nan")),), {"x": 300}),
]


@pytest.fixture(scope="module")
def kernel(chromium):
    context = chromium.new_context()
    yield KernelPage(context.new_page())
    context.close()


def test_rows_come_back_as_they_were(kernel):
    kernel.give("rows", {"rows": ROWS})
    first, second, third = (kernel.call("cell", "rows", "rows", i) for i in range(3))
    np.testing.assert_array_equal(first.pop("picture"), [[1.0, -0.5]])
    assert first == {
        "unit": -3,
        "alive": True,
        "score": 0.25,
        "parts": [{"name": "a", "share": 1}, {"name": "b", "share": None}],
        "by": {"x": 1},
        "nothing": None,
    }
    assert (second["unit"], second["alive"], second["score"], second["picture"]) == (
        70_000,
        False,
        None,
        None,
    )
    assert second["parts"] == []
    assert second["by"]["x"] == 2
    np.testing.assert_array_equal(second["by"]["y"][0], [0, 1, 2])
    assert third["score"] == np.float32(1 / 3)
    assert third["parts"] == [{"name": "a", "share": None}]
    assert third["by"] == {"x": 300}


def test_arrays_of_several_shapes_and_types_keep_them(kernel):
    arrays = [np.zeros((0, 4), np.int64), np.array([[-1, 2, 300, 70_000]]), np.array([7])]
    kernel.give("arrays", {"whole": arrays, "bytes": [np.array([255, 0], np.uint8)]})
    for i, array in enumerate(arrays):
        np.testing.assert_array_equal(kernel.call("cell", "arrays", "whole", i), array)
    assert kernel.call("cell", "arrays", "bytes", 0).dtype == np.uint8


def test_a_picture_keeps_a_127th_of_its_own_largest_value(kernel):
    rng = np.random.default_rng(0)
    pictures = [rng.normal(size=(5, 7)) * size for size in (1.0, 1e-3, 0.0)]
    kernel.give("pictures", {"picture": pictures}, rounding=Rounding(pictures=("picture",)))
    for i, picture in enumerate(pictures):
        found = kernel.call("cell", "pictures", "picture", i)
        np.testing.assert_allclose(found, picture, atol=np.abs(picture).max() / 250 + 1e-12)


def test_rounding_is_relative_and_leaves_what_is_no_number():
    values = np.array([1e-30, -3.3333333, 1234567.0, np.nan, np.inf, 0.0], np.float32)
    found = rounded(values, 12)
    np.testing.assert_allclose(found, values, rtol=2**-13)
    assert np.isnan(found[3])
    assert np.isinf(found[4])
    assert rounded(values, 23) is values
    assert len({float(x) for x in rounded(np.linspace(1, 2, 10_000, dtype=np.float32), 4)}) == 17


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([1, "a"], "the column 'mixed' holds integer and text"),
        ([{1, 2}], "a column cannot hold a set"),
        ([2**40], "more than 32 bits"),
    ],
)
def test_what_is_no_column_is_refused(rows, message):
    with pytest.raises(TypeError, match=message):
        pack({"mixed": rows})
