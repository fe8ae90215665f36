"""What computer vision found comes back from disk as it was."""

import numpy as np
import pytest

from sememe import images, judging, networks
from sememe.errors import FormatError, MeasureError


@pytest.fixture(scope="module")
def digits():
    test = images.mnist("test")
    return images.mnist("train")[:60], test[:50], test[-40:]


@pytest.fixture(scope="module")
def known(digits):
    encoder = networks.independent_encoder(seed=1)
    return judging.material(
        encoder, *digits, maps=True, map_images=10, exemplar_images=30, edited_images=5, replicates=20
    )


def load(path, digits):
    encoder = networks.independent_encoder(seed=1)
    return judging.load_material(path, encoder, *digits, exemplar_images=30, replicates=20)


def test_all_that_was_found_comes_back(known, digits, tmp_path):
    judging.save_material(tmp_path / "known.npz", known)
    back = load(tmp_path / "known.npz", digits)
    for name in ("development", "report"):
        one, other = getattr(known, name), getattr(back, name)
        assert one.concepts.names == other.concepts.names
        np.testing.assert_array_equal(one.concepts.values, other.concepts.values)
        np.testing.assert_array_equal(one.maps.maps, other.maps.maps)
        np.testing.assert_array_equal(one.embeddings, other.embeddings)
    assert len(back.report.maps.maps) == 10
    assert (
        list(back.edits)
        == list(known.edits)
        == ["plain", "thin", "thicken", "swell", "fracture", "open_loop"]
    )
    for name, edit in known.edits.items():
        np.testing.assert_array_equal(edit.images.pixels, back.edits[name].images.pixels)
        np.testing.assert_array_equal(edit.changed, back.edits[name].changed)
    np.testing.assert_array_equal(known.exemplars.images.pixels, back.exemplars.images.pixels)
    np.testing.assert_array_equal(known.resampling.weights, back.resampling.weights)


def test_a_damaged_file_and_one_of_other_images_are_refused(known, digits, tmp_path):
    path = tmp_path / "known.npz"
    judging.save_material(path, known)
    with pytest.raises(FormatError, match="of 40 images and not of 30"):
        load(path, (digits[0], digits[1], digits[2][:30]))
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(FormatError, match="is damaged"):
        load(path, digits)


def test_too_few_images_for_a_bootstrap_are_named(digits):
    with pytest.raises(MeasureError, match="bootstrap over 10 images"):
        judging.material(networks.independent_encoder(seed=1), *digits[:2], digits[2][:10])
