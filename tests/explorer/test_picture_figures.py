"""Pictures in figures: their pixels are those that were given."""

import numpy as np
import pytest

from sememe.explorer import figures


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_every_picture_is_on_its_own_symmetric_scale(rng):
    pictures = rng.normal(size=(5, 4, 3)) * np.array([1, 2, 3, 4, 0])[:, None, None]
    figure = figures.weights_figure(pictures, [f"neuron {i}" for i in range(5)], columns=2)
    for picture, heat in zip(pictures, figure.data, strict=True):
        np.testing.assert_array_equal(heat.z, picture)
        assert heat.zmin == -heat.zmax == -(np.abs(picture).max() or 1)
    assert [note.text for note in figure.layout.annotations] == [f"neuron {i}" for i in range(5)]
    assert {axis.autorange for axis in figure.select_yaxes()} == {"reversed"}


def test_a_dead_units_picture_is_empty():
    figure = figures.weights_figure(np.full((1, 2, 2), np.nan))
    assert np.isnan(figure.data[0].z).all()


def test_a_gallery_shows_the_named_images_with_their_activations(rng):
    pixels = rng.integers(0, 256, (9, 5, 5), dtype=np.uint8)
    figure = figures.gallery_figure(pixels, np.array([7, 2]), np.array([1.5, 0.25]))
    np.testing.assert_array_equal(figure.data[0].z, pixels[7])
    assert [note.text for note in figure.layout.annotations] == ["1.5", "0.25"]
    assert figures.gallery_figure(pixels, np.array([4])).layout.annotations[0].text == "image 4"


def test_heat_lies_where_its_map_is_on_the_image(rng):
    heat = rng.normal(size=(2, 4))
    image = rng.integers(0, 256, (10, 20), dtype=np.uint8)
    figure = figures.heat_figure(image, heat, (0.25, 0.2, 0.5, 0.6), 3.0)
    np.testing.assert_array_equal(figure.data[1].z, np.abs(heat))
    # Columns 5 to 15 and rows 2 to 8 of the pixels, whose middles are whole numbers.
    np.testing.assert_allclose(figure.data[1].x, [5.75, 8.25, 10.75, 13.25])
    np.testing.assert_allclose(figure.data[1].y, [3.0, 6.0])
    assert (figure.data[1].zmin, figure.data[1].zmax) == (0, 3.0)
