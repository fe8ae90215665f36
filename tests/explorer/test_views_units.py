"""The table of units and its thumbnails, against plain sums over the run's own arrays."""

import csv
import io

import numpy as np
import pytest
from PIL import Image

from references.asked import MLP, SAE, VECTOR, ask
from sememe import networks


def test_density_and_profile_of_every_unit_are_those_of_its_codes(finished):
    page = ask(finished, "units", layer=MLP, set=SAE)
    codes = finished.layer(MLP).codes(SAE).toarray()
    np.testing.assert_allclose(page.density, (codes != 0).mean(axis=0))
    np.testing.assert_allclose(page.greatest, codes.max(axis=0), rtol=1e-6)
    labels = finished.images.labels
    mass = np.stack([np.abs(codes[labels == c]).sum(axis=0) for c in range(10)], axis=1)
    alive = mass.sum(axis=1) > 0
    assert (page.top_class[alive] == mass[alive].argmax(axis=1)).all()
    assert (page.top_class[~alive] == -1).all()
    assert page.shares[alive].sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_scores_of_units_are_those_that_the_run_wrote(finished):
    page = ask(finished, "units", layer=MLP, set=SAE)
    table = finished.layer(MLP).units.to_pylist()
    written = [row["class_selectivity"] for row in table if row["unit_set"] == SAE]
    column = next(each for each in page.columns if each.key == "class_selectivity")
    expected = np.array([np.nan if score is None else score for score in written])
    np.testing.assert_array_equal(column.values, expected)


def test_layer_that_is_not_measured_says_so_and_shows_its_units(finished):
    page = ask(finished, "units", layer=VECTOR, set=SAE)
    assert not page.measured
    assert page.columns == ()
    assert len(page.density) == 40


def test_csv_holds_every_unit_and_every_score(finished):
    answer = ask(finished, "units.csv", layer=MLP, set=SAE)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    page = ask(finished, "units", layer=MLP, set=SAE)
    assert [int(row["unit"]) for row in rows] == list(range(40))
    assert {column.key for column in page.columns} <= set(rows[0])
    assert [float(row["density"]) for row in rows] == page.density.tolist()
    assert answer.name == "digit_mlp.hidden1.TopKSAE-k4.units.csv"


@pytest.mark.parametrize("look", ["reads", "top"])
def test_thumbnails_lie_sixteen_in_a_row_and_dead_units_are_empty(finished, look):
    picture = Image.open(
        io.BytesIO(ask(finished, "thumbs", layer=VECTOR, set=SAE, number=0, look=look).content)
    )
    assert picture.size == (16 * 28, 3 * 28)
    pixels = np.asarray(picture)
    dead = np.diff(finished.layer(VECTOR).codes(SAE).indptr) == 0
    for unit in range(40):
        row, column = divmod(unit, 16)
        tile = pixels[row * 28 : row * 28 + 28, column * 28 : column * 28 + 28]
        assert (tile[..., 3].max() == 0) == dead[unit]


def test_neurons_that_read_pixels_show_their_weights(finished):
    net = networks.load(finished.folder.path("network", "digit_mlp"))
    page = ask(finished, "unit", layer=MLP, set="Neurons-k16", unit=3)
    assert page.reads.look == "weights"
    weights = net.hidden1.linear.weight[3].detach().numpy().reshape(28, 28)
    np.testing.assert_array_equal(page.reads.picture, weights)
