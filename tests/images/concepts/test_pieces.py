"""Pieces are found in the cells they were drawn in, and nowhere else."""

import numpy as np
import pytest

from references.drawings import Drawing, drawn
from sememe.images.concepts.pieces import COLUMNS, PIECES, ROWS, pieces_of
from sememe.images.concepts.strokes import strokes_of

CENTRES = (7.0, 13.5, 20.0)


def found(drawing, piece):
    """The cells, as (row, column) numbers, that have a piece."""
    pieces = pieces_of(strokes_of(drawn(drawing)), 28, 28)
    present = {name for name, value in zip(pieces.names, pieces.values[0], strict=True) if value}
    return [(r, c) for r in range(3) for c in range(3) if f"{piece}, {ROWS[r]} {COLUMNS[c]}" in present]


@pytest.mark.parametrize("row", range(3))
@pytest.mark.parametrize("column", range(3))
@pytest.mark.parametrize(
    ("piece", "degrees"),
    [("horizontal stroke", 0), ("rising stroke", 45), ("vertical stroke", 90), ("falling stroke", 135)],
)
def test_a_short_stroke_is_found_in_its_cell_under_its_direction_alone(row, column, piece, degrees):
    way = 3.2 * np.array([-np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))])
    # A long far stroke keeps the short one from being all there is: cells are of the frame, not of the ink.
    middle = np.array([CENTRES[row], CENTRES[column]])
    drawing = Drawing().line(middle - way, middle + way, thick=1.6)
    assert found(drawing, piece) == [(row, column)]
    others = [other for other in PIECES[:4] if other != piece]
    assert all(found(drawing, other) == [] for other in others)


def test_brackets_curve_to_the_side_they_bulge_to():
    left = Drawing().ring((13.5, 14), 7.5, start=120, stop=240)
    right = Drawing().ring((13.5, 13), 7.5, start=-60, stop=60)
    assert (1, 0) in found(left, "curve to the left")
    assert found(left, "curve to the right") == []
    assert (1, 2) in found(right, "curve to the right")
    assert found(right, "curve to the left") == []


def test_an_arch_curves_to_neither_side_at_its_top():
    arch = Drawing().ring((13.5, 13.5), 7, start=60, stop=120)
    assert found(arch, "curve to the left") == []
    assert found(arch, "curve to the right") == []


def test_a_corner_is_a_corner_and_a_circle_has_none():
    seven = Drawing().line((6, 6), (6, 20), (23, 12), thick=2)
    assert found(seven, "corner") == [(0, 2)]
    assert found(Drawing().ring(radius=7), "corner") == []
    assert found(Drawing().ring(radius=4), "corner") == []
    assert found(seven, "curve to the right") == []


def test_loops_endpoints_and_junctions_are_where_they_are():
    six = Drawing().ring((19, 13.5), 4.5).line((14.5, 13.5), (5, 13.5))
    assert found(six, "loop") == [(2, 1)]
    assert found(six, "endpoint") == [(0, 1)]
    assert found(six, "junction") == [(1, 1)]
    assert found(Drawing().line((5, 5), (22, 22)), "endpoint") == [(0, 0), (2, 2)]


def test_the_grid_scales_with_the_image():
    pixels = np.kron(Drawing().line((7, 4), (7, 10)).pixels(), np.ones((2, 2), np.uint8))[None]
    pieces = pieces_of(strokes_of(pixels), 56, 56)
    strokes = [n for n, v in zip(pieces.names, pieces.values[0], strict=True) if v and "stroke" in n]
    assert strokes == ["horizontal stroke, top left"]


def test_no_ink_has_no_pieces():
    assert not pieces_of(strokes_of(np.zeros((2, 28, 28), np.uint8)), 28, 28).values.any()
