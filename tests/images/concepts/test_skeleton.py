"""The skeleton as a graph: tips, junctions, crossings, and no spurs."""

import numpy as np

from references.drawings import Drawing, drawn
from sememe.images import mnist
from sememe.images.concepts.ink import ink_of
from sememe.images.concepts.skeleton import junctions_of, skeleton_of


def tips_and_arms(*drawings):
    """For each drawing the number of tips, and the arms of each junction."""
    mask = ink_of(drawn(*drawings)).mask
    skeleton = skeleton_of(mask)
    junctions = junctions_of(skeleton)
    height = mask.shape[1]
    found = []
    for number in range(len(drawings)):
        tips = ((skeleton.degree == 1) & (skeleton.row // height == number)).sum()
        found.append((int(tips), sorted(junctions.arms[junctions.row // height == number].tolist())))
    return found


def test_strokes_end_and_meet_where_they_were_drawn_to():
    bar = Drawing().line((14, 5), (14, 22))
    tee = Drawing().line((6, 5), (6, 22)).line((6, 14), (22, 14))
    cross = Drawing().line((14, 5), (14, 22)).line((5, 14), (22, 14))
    slanted_cross = Drawing().line((5, 5), (22, 22)).line((8, 20), (20, 6))
    ring = Drawing().ring()
    nine = Drawing().ring((9, 13), 4.5).line((9, 17.5), (23, 16))
    assert tips_and_arms(bar, tee, cross, slanted_cross, ring, nine) == [
        (2, []),
        (3, [3]),
        (4, [4]),
        (4, [4]),
        (0, []),
        (1, [3]),
    ]


def test_a_bump_in_the_rim_is_no_stroke_but_a_short_branch_is():
    bump = Drawing().line((14, 5), (14, 22)).dot(13, 14, 1.6)
    branch = Drawing().line((14, 5), (14, 22)).line((14, 14), (9, 14))
    assert tips_and_arms(bump, branch) == [(2, []), (3, [3])]


def test_every_edge_joins_neighbours_and_is_listed_once():
    skeleton = skeleton_of(ink_of(mnist("test").pixels[:50]).mask)
    down = skeleton.row[skeleton.target] - skeleton.row[skeleton.source]
    right = skeleton.column[skeleton.target] - skeleton.column[skeleton.source]
    assert np.maximum(np.abs(down), np.abs(right)).max() == 1
    np.testing.assert_allclose(skeleton.length, np.hypot(down, right))
    pairs = np.sort(np.stack([skeleton.source, skeleton.target], axis=1), axis=1)
    assert len(np.unique(pairs, axis=0)) == len(pairs)


def test_radius_is_the_distance_to_the_nearest_pixel_without_ink():
    mask = ink_of(mnist("test").pixels[:3]).mask
    skeleton = skeleton_of(mask)
    strip = mask.reshape(-1, mask.shape[2])
    empty = np.argwhere(~strip)
    for point in range(0, len(skeleton.row), 40):
        here = np.array([skeleton.row[point], skeleton.column[point]])
        assert skeleton.radius[point] == np.sqrt(((empty - here) ** 2).sum(axis=1).min())


def test_no_ink_has_no_skeleton():
    skeleton = skeleton_of(np.zeros((2, 20, 20), bool))
    assert len(skeleton.row) == 0
    assert len(junctions_of(skeleton).arms) == 0
