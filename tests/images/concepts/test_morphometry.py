"""Morpho-MNIST's measures: drawings of known size, the authors' published table, and a slow reference."""

import numpy as np
import pytest

from references import ruler
from references.drawings import Drawing, drawn
from sememe.images import ImageSet, mnist
from sememe.images.concepts import morphometry
from sememe.images.concepts.ink import SCALE, enlarge
from sememe.images.concepts.morphometry import Morphometry

# The first ten test digits in the authors' released table t10k-morpho.csv ("original MNIST morphometrics"):
# area, length, thickness, slant, width, height.
PUBLISHED = np.array(
    [
        [71.1875, 36.2561, 2.1106, 0.07097, 15.1243, 19.6207],
        [113.0625, 43.5490, 2.6501, -0.17389, 17.5939, 19.8462],
        [39.2500, 22.5459, 1.8666, 0.29039, 3.6797, 19.7047],
        [146.8125, 45.2487, 3.4805, 0.07237, 14.7127, 19.0331],
        [75.2500, 44.1703, 1.9515, -0.12877, 14.9195, 18.7916],
        [53.8125, 22.3995, 2.5627, 0.29599, 4.4132, 19.2832],
        [83.1250, 41.5061, 2.1251, -0.08664, 16.7161, 19.0696],
        [83.5000, 39.8523, 2.4243, -0.51618, 10.9246, 18.8235],
        [121.1250, 40.9883, 3.0968, 0.26414, 17.2079, 18.4846],
        [125.3750, 51.7414, 2.7860, 0.29025, 15.2047, 19.0158],
    ]
)


def table(images):
    measured = morphometry(images)
    return np.stack([getattr(measured, name) for name in Morphometry.names()], axis=1)


def test_the_first_ten_digits_are_as_published():
    """Our skeleton has no spurs and no random ties, which length feels most; the rest agrees closely."""
    ours = table(mnist("test")[:10])
    area, length, thickness, slant, width, height = (ours - PUBLISHED).T
    assert np.abs(area / PUBLISHED[:, 0]).max() < 0.02
    assert np.abs(length / PUBLISHED[:, 1]).max() < 0.12
    assert np.abs(thickness / PUBLISHED[:, 2]).max() < 0.06
    assert np.abs(slant).max() < 0.0015
    assert np.abs(width).max() < 0.12
    assert np.abs(height).max() < 0.15


def test_thickness_and_slant_of_ten_digits_agree_with_a_ruler():
    """A slow measurement that shares no code with ours; it agrees with the published table, and we with both.

    The skeletons differ (a medial axis breaks ties at random), so thickness does by a few per cent. The
    ruler's slant is of the plain pixels, the others' of enlarged ones.
    """
    digits = mnist("test")[:10]
    thick = np.array([ruler.thickness(pixels) for pixels in digits.pixels])
    slant = np.array([ruler.slant(pixels) for pixels in digits.pixels])
    np.testing.assert_allclose(thick, PUBLISHED[:, 2], rtol=0.04)
    np.testing.assert_allclose(slant, PUBLISHED[:, 3], atol=0.02)
    ours = morphometry(digits)
    np.testing.assert_allclose(ours.thickness, thick, rtol=0.06)
    np.testing.assert_allclose(ours.slant, slant, atol=0.02)


def test_an_upright_bar_measures_what_it_is():
    pixels = np.zeros((1, 28, 28), np.uint8)
    pixels[0, 4:24, 12:16] = 255
    area, length, thickness, slant, width, height = table(ImageSet(pixels))[0]
    assert area == pytest.approx(80, rel=0.03)
    assert thickness == pytest.approx(4, rel=0.12)
    # The skeleton ends where a disc of the bar's thickness touches its end.
    assert length == pytest.approx(20 - 4, abs=1.5)
    assert slant == pytest.approx(0, abs=1e-3)
    # Smoothing spreads the ink over a little more than the bar.
    assert width == pytest.approx(4, abs=0.8)
    assert height == pytest.approx(20, abs=0.8)


@pytest.mark.parametrize("lean", [-0.5, 0.3])
def test_slant_is_the_angle_of_a_leaning_line_and_leaves_its_width(lean):
    run = 9 * np.tan(lean)
    upright, leaning = drawn(
        Drawing().line((4, 13.5), (22, 13.5)), Drawing().line((4, 13.5 + run), (22, 13.5 - run))
    )
    _, _, _, slant, width, height = (table(ImageSet(np.stack([upright, leaning])))).T
    assert slant[1] == pytest.approx(lean, abs=0.02)
    assert width[1] * np.cos(lean) == pytest.approx(width[0], abs=0.25)
    assert height[1] == pytest.approx(height[0], abs=0.3)


def test_width_and_height_follow_their_definition():
    """Running shares of ink, pixel by pixel, interpolated between whole columns."""
    digits = mnist("test")[:6]
    measured = morphometry(digits)
    for number, grey in enumerate(enlarge(digits.pixels).astype(np.float64)):
        y, x = np.indices(grey.shape)
        middle = (grey * y).sum() / grey.sum()
        shear = -np.tan(measured.slant[number])
        columns, rows = np.arange(grey.shape[1]), np.arange(grey.shape[0])
        across = [(grey * (x + 0.5 < t + shear * (y - middle))).sum() / grey.sum() for t in columns]
        down = [(grey * (y < t)).sum() / grey.sum() for t in rows]
        width = np.diff(np.interp([0.01, 0.99], across, columns))[0] / SCALE
        height = np.diff(np.interp([0.01, 0.99], down, rows))[0] / SCALE
        assert measured.width[number] == pytest.approx(width, abs=1e-3)
        assert measured.height[number] == pytest.approx(height, abs=1e-3)


def test_an_image_without_ink_has_no_measures():
    pixels = np.stack([np.zeros((28, 28), np.uint8), mnist("test").pixels[0]])
    measured = table(ImageSet(pixels))
    assert np.isnan(measured[0]).all()
    assert np.isfinite(measured[1]).all()
