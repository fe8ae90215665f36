"""Directions and turns along strokes."""

import numpy as np
import pytest

from references.drawings import Drawing, drawn
from sememe.images.concepts.strokes import strokes_of


@pytest.mark.parametrize("degrees", [0, 20, 45, 70, 90, 110, 135, 160])
def test_a_line_has_its_orientation_all_along(degrees):
    along = 9 * np.array([-np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))])
    strokes = strokes_of(drawn(Drawing().line(13.5 - along, 13.5 + along)))
    off = (np.rad2deg(strokes.orientation) - degrees + 90) % 180 - 90
    assert np.nanquantile(np.abs(off), 0.95) < 12
    assert abs(np.nanmean(off)) < 2
    assert np.nanmax(strokes.turn_far) < np.deg2rad(25)


def test_a_lines_tips_length_and_radius():
    strokes = strokes_of(drawn(Drawing(), Drawing().line((14, 6), (14, 20), thick=3)))
    assert strokes.tip_image.tolist() == [1, 1]
    tips = strokes.tip_centre[np.argsort(strokes.tip_centre[:, 1])]
    np.testing.assert_allclose(tips, [[14, 6], [14, 20]], atol=1.3)
    np.testing.assert_allclose(strokes.length.sum(), 14, atol=2)
    np.testing.assert_allclose(np.median(strokes.radius), 1.5, atol=0.3)
    np.testing.assert_allclose(strokes.centre[:, 0], 14, atol=0.4)


@pytest.mark.parametrize("radius", [5.0, 8.0])
def test_a_circle_turns_by_arm_over_radius_and_bends_to_its_centre(radius):
    centre = np.array([13.5, 13.5])
    strokes = strokes_of(drawn(Drawing().ring(radius=radius)))
    # Arms are 17 steps of a quarter pixel or a diagonal quarter pixel.
    expected = 17 * 0.25 * 1.2 / radius
    np.testing.assert_allclose(np.mean(strokes.turn_far), expected, rtol=0.15)
    inward = centre - strokes.centre
    towards = np.arctan2(-inward[:, 0], inward[:, 1])
    off = (strokes.bend - towards + np.pi) % (2 * np.pi) - np.pi
    assert np.median(np.abs(off)) < np.deg2rad(12)


def test_a_right_angle_turns_sharply_at_its_corner_only():
    strokes = strokes_of(drawn(Drawing().line((6, 6), (6, 20), (22, 20), thick=2)))
    sharp = strokes.turn_near > np.deg2rad(65)
    assert sharp.any()
    np.testing.assert_allclose(strokes.centre[sharp], np.broadcast_to([6, 20], (sharp.sum(), 2)), atol=1.5)


def test_turns_are_unknown_where_an_arm_is_cut_short():
    strokes = strokes_of(drawn(Drawing().line((14, 6), (14, 20))))
    from_tip = np.abs(strokes.centre[:, None] - strokes.tip_centre).max(axis=2).min(axis=1)
    assert np.isnan(strokes.turn_far[from_tip < 1]).all()
    assert np.isfinite(strokes.turn_far[from_tip > 3]).all()


def test_a_junction_lies_where_strokes_meet():
    strokes = strokes_of(drawn(Drawing(), Drawing().line((6, 5), (6, 22)).line((6, 14), (22, 14))))
    assert strokes.junction_image.tolist() == [1]
    np.testing.assert_allclose(strokes.junction_centre, [[6, 14]], atol=1)
