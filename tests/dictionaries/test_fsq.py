import json

import numpy as np
import pytest
import torch

from sememe.dictionaries.fsq import FSQ, _thresholds, _values
from sememe.dictionaries.storage import load, save
from sememe.errors import DictionaryError, SememeError


def grid(seed: int = 0) -> np.ndarray:
    """Items at the points of a 5 by 3 grid in a plane of 8 neurons, with a little noise."""
    rng = np.random.default_rng(seed)
    plane, _ = np.linalg.qr(rng.normal(size=(8, 2)))
    points = np.stack([rng.integers(-2, 3, 3000), 2 * rng.integers(-1, 2, 3000)], axis=1)
    return (points @ plane.T + 0.02 * rng.normal(size=(3000, 8)) + 7).astype(np.float32)


def test_a_planted_grid_is_found():
    items = grid()
    fsq = FSQ(levels=(5, 5), n_epochs=60, batch_size=200).fit(items)
    assert fsq.score(items) > -0.1
    # Two dimensions can be found turned; then levels differ, but not the plane.
    _, _, plane = np.linalg.svd(fsq.components_)
    centred = items - items.mean(axis=0)
    assert np.square(centred @ plane[:2].T).sum() > 0.98 * np.square(centred).sum()


@pytest.mark.parametrize("n_levels", [3, 4, 5, 8, 11])
def test_levels_are_those_of_the_library(n_levels):
    from vector_quantize_pytorch import FSQ as Library

    library = Library([n_levels], return_indices=False)
    # A grid that no threshold falls on.
    projections = np.linspace(-6, 6, 4001, dtype=np.float32) + np.float32(1e-4)
    quantised, _ = library(torch.from_numpy(projections)[None, :, None])
    levels = np.searchsorted(_thresholds(n_levels), projections)
    assert set(levels) == set(range(n_levels))
    np.testing.assert_allclose(_values(n_levels)[levels], quantised[0, :, 0].numpy(), atol=1e-6)


def test_the_affine_reconstruction_is_the_decoder_of_the_librarys_codes(items):
    from vector_quantize_pytorch import FSQ as Library

    fsq = FSQ(levels=(5, 4, 3), n_epochs=2, batch_size=100).fit(items)
    u = torch.from_numpy((items - fsq.mean_.astype(np.float32)) @ fsq.encoder_.T + fsq.encoder_bias_)
    quantised = Library([5, 4, 3], return_indices=False)(u[None])[0][0].numpy()
    # The decoder of q: from a level to the next, atoms differ by its column times the difference in q.
    atoms = np.split(fsq.components_, [5, 9])
    columns = [(part[1] - part[0]) / np.diff(_values(len(part)))[0] for part in atoms]
    bias = fsq.offset_ + sum(
        part[0] - _values(len(part))[0] * column for part, column in zip(atoms, columns, strict=True)
    )
    expected = quantised @ np.stack(columns) + bias
    np.testing.assert_allclose(fsq.inverse_transform(fsq.transform(items)), expected, rtol=1e-4, atol=1e-4)


def test_each_dimension_is_at_one_of_its_levels(items):
    codes = FSQ(levels=(5, 4, 3), n_epochs=1).fit(items).transform(items)
    for part in np.split(codes, [5, 9], axis=1):
        assert (part.sum(axis=1) == 1).all()


def test_atoms_of_a_dimension_lie_on_a_line_and_average_to_nothing(items):
    fsq = FSQ(levels=(5, 4, 3), n_epochs=2).fit(items)
    usage = np.split(fsq.usage_, [5, 9])
    for atoms, share in zip(np.split(fsq.components_, [5, 9]), usage, strict=True):
        steps = np.diff(atoms, axis=0)
        np.testing.assert_allclose(steps, np.broadcast_to(steps[0], steps.shape), rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(share @ atoms, 0, atol=1e-5)
    codes = fsq.transform(items)
    np.testing.assert_allclose(fsq.inverse_transform(codes).mean(axis=0), fsq.offset_, rtol=1e-5)


def test_more_dimensions_lose_less(truth):
    items = truth.values.astype(np.float32)
    few, many = (FSQ(levels=(5,) * n, n_epochs=3, batch_size=500).fit(items).score(items) for n in (2, 12))
    assert many > 0.6 * few


def test_training_beats_the_random_directions_it_begins_with(items):
    start = FSQ(levels=(5, 5), n_epochs=1, learning_rate=1e-9).fit(items).score(items)
    assert FSQ(levels=(5, 5), n_epochs=30, batch_size=100).fit(items).score(items) > 0.85 * start


def test_a_large_mean_costs_no_digits():
    items = grid()
    settings = {"levels": (5, 5), "n_epochs": 5, "batch_size": 200}
    # 2^14 is added without rounding to items that have few enough digits.
    items = (np.round(items * 256) / 256).astype(np.float32)
    near, far = FSQ(**settings).fit(items), FSQ(**settings).fit(items + 2**14)
    assert far.score(items + 2**14) == pytest.approx(near.score(items), rel=0.02)


def test_more_dimensions_than_neurons_are_possible(items):
    fsq = FSQ(levels=(3,) * 14, n_epochs=1).fit(items)
    assert fsq.components_.shape == (42, 10)


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ((5, 2), r"levels\[1\] must be at least 3, but 2 arrived"),
        ((5, 3.5), r"levels\[1\] must be an integer, but 3.5 arrived"),
        ((), r"levels must be a tuple with a number for each dimension, but \(\) arrived"),
        (5, "levels must be a tuple with a number for each dimension, but 5 arrived"),
    ],
)
def test_levels_that_are_none_are_refused(items, plain_calls, levels, message):
    with pytest.raises(DictionaryError, match=message):
        FSQ(levels=levels).fit(items)


def test_levels_that_were_tampered_with_are_refused(items, tmp_path, plain_calls):
    save(FSQ(levels=(5, 4), n_epochs=1).fit(items), tmp_path / "here")
    path = tmp_path / "here" / "cfg.json"
    configuration = json.loads(path.read_text())
    for levels, message in (
        ([5, 5], "tensor W_dec should have shape"),
        ([4, 5, 3], "tensor W_dec should have shape"),
        ([5, "x"], r"levels\[1\] must be an integer"),
    ):
        configuration["sememe"]["parameters"]["levels"] = levels
        path.write_text(json.dumps(configuration))
        with pytest.raises(SememeError, match=message):
            load(tmp_path / "here")
