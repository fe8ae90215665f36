"""Concepts of other data: tables and masks."""

import numpy as np
import pytest
from PIL import Image

from sememe.errors import ImageError
from sememe.images.concepts import concepts_from_masks, concepts_from_table


def test_columns_become_concepts_by_what_they_hold(tmp_path):
    (tmp_path / "birds.csv").write_text(
        "flies,colour,eggs\nyes,red,10\nno,blue,9\nTrue,red,\n0,,10\n", encoding="utf-8"
    )
    concepts = concepts_from_table(tmp_path / "birds.csv", n_images=4)
    assert concepts.names == ("flies", "colour = blue", "colour = red", "eggs = 9", "eggs = 10")
    assert concepts.groups == ("flies", "colour", "colour", "eggs", "eggs")
    assert concepts["flies"].tolist() == [True, False, True, False]
    assert concepts["colour = red"].tolist() == [True, False, True, False]
    assert concepts["eggs = 10"].tolist() == [True, False, False, True]


def test_many_numbers_become_terciles_and_missing_ones_none():
    weight = np.arange(30.0)
    weight[4] = np.nan
    concepts = concepts_from_table({"weight": weight, "wet": [True, False] * 15})
    assert concepts.names == ("weight low", "weight middle", "weight high", "wet")
    assert concepts.values[:, :3].sum(axis=0).tolist() == [10, 9, 10]
    assert not concepts.values[4, :3].any()
    assert concepts["weight high"].nonzero()[0].tolist() == list(range(20, 30))


def test_yes_and_no_as_floats_are_yes_and_no():
    concepts = concepts_from_table({"wet": np.array([1.0, 0.0, np.nan])})
    assert concepts.names == ("wet",)
    assert concepts["wet"].tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty; expected a header"),
        ("a,b\n", "holds no rows"),
        ("a,b\n1,2\n1\n", "Line 3 of .* has 1 cells, but the header has 2"),
        ("a,a\n1,2\n", "two columns of the same name"),
        ("a\n\n1\n", "Line 2 of"),
        ("a,b\n1,\n0,\n", "column 'b' of .* is empty"),
        ("a\n" + "\n".join(f"name{i}" for i in range(21)), "'a' of .* holds 21 different texts"),
    ],
)
def test_tables_that_cannot_be_used_are_named(tmp_path, text, words):
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(ImageError, match=words):
        concepts_from_table(tmp_path / "table.csv")


def test_rows_must_fit_the_images(tmp_path):
    with pytest.raises(ImageError, match="2 rows in the column 'a', but there are 3 images"):
        concepts_from_table({"a": [1, 0]}, n_images=3)
    with pytest.raises(ImageError, match="3 rows in the column 'b', but there are 2 rows in the first"):
        concepts_from_table({"a": [1, 0], "b": [1, 1, 1]})
    with pytest.raises(ImageError, match="no table"):
        concepts_from_table(tmp_path / "absent.csv")
    with pytest.raises(ImageError, match="cannot be read as a CSV table"):
        concepts_from_table(tmp_path)


def mask(path, value, size=(4, 5)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(size, value, np.uint8)).save(path)


def test_masks_become_maps_in_the_order_of_their_names(tmp_path):
    for number, value in enumerate((0, 255, 100)):
        mask(tmp_path / "wing" / f"{number}.png", value)
        mask(tmp_path / "beak" / f"{number}.png", 255 - value)
    maps = concepts_from_masks(tmp_path, n_images=3)
    assert maps.names == ("beak", "wing")
    assert maps.maps.shape == (3, 2, 4, 5)
    assert maps.maps[:, :, 0, 0].tolist() == [[True, False], [False, True], [True, False]]


def test_masks_that_do_not_fit_are_named(tmp_path):
    with pytest.raises(ImageError, match="no folder of masks"):
        concepts_from_masks(tmp_path / "absent")
    with pytest.raises(ImageError, match="holds no subfolders"):
        concepts_from_masks(tmp_path)
    mask(tmp_path / "a" / "0.png", 255)
    with pytest.raises(ImageError, match="a holds 1 masks, but there are 2 images"):
        concepts_from_masks(tmp_path, n_images=2)
    mask(tmp_path / "b" / "0.png", 255, size=(3, 3))
    with pytest.raises(ImageError, match=r"0\.png has shape \(3, 3\), but the first one \(4, 5\)"):
        concepts_from_masks(tmp_path)
    mask(tmp_path / "b" / "1.png", 255)
    with pytest.raises(ImageError, match="b holds 2 masks, but there are 1 images"):
        concepts_from_masks(tmp_path)
    (tmp_path / "b" / "1.png").unlink()
    (tmp_path / "b" / "0.png").write_text("broken")
    with pytest.raises(ImageError, match=r"0\.png is corrupt"):
        concepts_from_masks(tmp_path)
