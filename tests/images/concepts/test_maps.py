"""Concepts of pixels, on drawings whose rims and strokes are known."""

import numpy as np
import pytest

from references.drawings import Drawing, drawn
from sememe.images import ImageSet, mnist
from sememe.images.concepts import concept_maps


def maps_of(drawing):
    maps = concept_maps(ImageSet(drawn(drawing)))
    return dict(zip(maps.names, maps.maps[0], strict=True))


def test_there_are_23_concepts_in_six_groups():
    maps = concept_maps(mnist("test")[:3])
    assert maps.maps.shape == (3, 23, 28, 28)
    assert sorted(set(maps.groups)) == ["curvature", "edge", "place", "region", "stroke"]


@pytest.mark.parametrize("number", range(8))
def test_ink_has_the_orientation_of_its_stroke(number):
    degrees = 22.5 * number
    way = 9 * np.array([-np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))])
    maps = maps_of(Drawing().line(13.5 - way, 13.5 + way, thick=3))
    ink = ~maps["background"]
    assert maps[f"stroke at {degrees:g} degrees"][ink].mean() > 0.8
    assert sum(maps[name].sum() for name in maps if name.startswith("stroke")) == ink.sum()


def test_the_rim_of_a_disc_faces_outwards_all_around():
    maps = maps_of(Drawing().dot(13.5, 13.5, 8))
    facings = ["right", "upper right", "up", "upper left", "left", "lower left", "down", "lower right"]
    for number, facing in enumerate(facings):
        rows, columns = np.nonzero(maps[f"edge facing {facing}"])
        assert len(rows) > 8
        angles = np.arctan2(13.5 - rows, columns - 13.5)
        off = (angles - number * np.pi / 4 + np.pi) % (2 * np.pi) - np.pi
        assert np.abs(off).max() < np.deg2rad(30)
        assert np.abs(np.hypot(rows - 13.5, columns - 13.5) - 8).max() < 2.5


def test_a_small_disc_bulges_out_and_a_small_hole_bends_in():
    disc = maps_of(Drawing().dot(13.5, 13.5, 3))
    assert disc["rim bulging out"].sum() > 20
    assert disc["rim bending in"].sum() == 0
    ring = maps_of(Drawing().ring(radius=6, thick=6))
    rows, columns = np.nonzero(ring["rim bending in"])
    assert len(rows) > 10
    assert np.hypot(rows - 13.5, columns - 13.5).max() < 6
    straight = maps_of(Drawing().line((14, -5), (14, 33), thick=5))
    assert straight["rim bulging out"].sum() + straight["rim bending in"].sum() == 0


def test_regions_divide_the_image():
    maps = maps_of(Drawing().ring((12, 15), 6, thick=3))
    rows, columns = np.indices((28, 28))
    distance = np.hypot(rows - 12, columns - 15)
    clear = np.abs(distance - 4.5) > 1
    np.testing.assert_array_equal(maps["inside of a loop"][clear], distance[clear] < 4.5)
    ink = sum(maps[name].astype(int) for name in maps if name.startswith("stroke"))
    assert (ink + maps["inside of a loop"] + maps["background"] == 1).all()


def test_places_are_marked_around_them():
    maps = maps_of(Drawing().line((14, 5), (14, 22)).line((5, 14), (22, 14)))
    assert maps["crossing"][14, 14]
    assert maps["crossing"].sum() == pytest.approx(13, abs=2)
    np.testing.assert_array_equal(maps["crossing"], maps["junction"])
    assert maps["endpoint"][14, 6]
    assert maps["endpoint"][21, 14]
    assert not maps["endpoint"][14, 14]
    tee = maps_of(Drawing().line((6, 5), (6, 22)).line((6, 14), (22, 14)))
    assert tee["junction"][6, 14]
    assert not tee["crossing"].any()


def test_a_blank_image_is_all_background():
    maps = concept_maps(ImageSet(np.zeros((1, 28, 28), np.uint8)))
    assert maps.maps[0].sum() == 28 * 28
    assert maps.maps[0, maps.names.index("background")].all()
