"""Folders of pictures: classes from subfolders; what does not fit is named."""

import numpy as np
import pytest
from PIL import Image

from sememe.errors import ImageError
from sememe.images import folder


def picture(path, value=100, size=(6, 4), colour=False):
    """One picture of one value; ``size`` is height and width."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (*size, 3) if colour else size
    Image.fromarray(np.full(shape, value, np.uint8)).save(path)
    return path


def test_subfolders_are_classes_in_sorted_order(tmp_path):
    for row, name in enumerate(["b/2.png", "a/9.png", "b/1.png", "a/deeper/0.png"]):
        picture(tmp_path / name, value=row)
    images = folder(tmp_path)
    assert images.label_names == ("a", "b")
    assert images.labels.tolist() == [0, 0, 1, 1]
    assert images.pixels[:, 0, 0].tolist() == [1, 3, 2, 0]
    assert images.pixels.shape == (4, 6, 4)
    assert (images.name, images.notes) == (tmp_path.name, ())


def test_a_flat_folder_has_no_labels(tmp_path):
    picture(tmp_path / "2.png", 2)
    picture(tmp_path / "1.JPG", 1)
    images = folder(str(tmp_path), name="flat")
    assert (images.labels, images.label_names, images.name) == (None, (), "flat")
    assert images.pixels[:, 0, 0].tolist() == [1, 2]


def test_colour_is_channels_first(tmp_path):
    picture(tmp_path / "a.png", (10, 20, 30), colour=True)
    assert folder(tmp_path).pixels[0, :, 0, 0].tolist() == [10, 20, 30]
    assert folder(tmp_path).pixels.shape == (1, 3, 6, 4)


def test_hidden_files_are_left_out_and_others_are_noted(tmp_path):
    picture(tmp_path / "a" / "1.png")
    picture(tmp_path / "a" / ".2.png")
    picture(tmp_path / ".cache" / "1.png")
    picture(tmp_path / "__MACOSX" / "1.png")
    (tmp_path / "a" / "Thumbs.db").write_text("")
    (tmp_path / "readme.txt").write_text("")
    images = folder(tmp_path)
    assert (len(images), images.label_names) == (1, ("a",))
    assert images.notes == ("2 files that are no images by their extension left out",)


def test_mixed_sizes_are_named_or_resized(tmp_path):
    picture(tmp_path / "a" / "1.png", size=(6, 4))
    picture(tmp_path / "b" / "2.png", size=(5, 8))
    with pytest.raises(ImageError, match=r"2\.png is 5 x 8 pixels but .*1\.png is 6 x 4; give a size"):
        folder(tmp_path)
    assert folder(tmp_path, size=(3, 7)).pixels.shape == (2, 3, 7)
    assert folder(tmp_path, size=5).pixels.shape == (2, 5, 5)
    assert (folder(tmp_path, size=5).pixels == 100).all()
    assert (folder(tmp_path, size=5, fit="stretch").pixels == 100).all()
    padded = folder(tmp_path, size=8, fit="pad").pixels[0]
    assert (padded.any(axis=0).sum(), padded.any(axis=1).sum()) == (5, 8)


def test_mixed_channels_are_named_or_converted(tmp_path):
    picture(tmp_path / "1.png", 50)
    picture(tmp_path / "2.png", (255, 0, 0), colour=True)
    with pytest.raises(ImageError, match=r"2\.png is colour but .*1\.png is grey; give channels='grey'"):
        folder(tmp_path)
    assert folder(tmp_path, channels="grey").pixels[:, 0, 0].tolist() == [50, 76]
    assert folder(tmp_path, channels="colour").pixels[:, :, 0, 0].tolist() == [[50] * 3, [255, 0, 0]]


def test_a_corrupt_picture_stops_unless_it_may_be_skipped_and_is_counted(tmp_path):
    picture(tmp_path / "a" / "1.png", 1)
    (tmp_path / "a" / "0.png").write_bytes(b"\x89PNG broken")
    picture(tmp_path / "b" / "1.png", 2)
    whole = picture(tmp_path / "b" / "2.png", 3)
    whole.write_bytes(whole.read_bytes()[:-30])
    with pytest.raises(ImageError, match=r"0\.png is corrupt"):
        folder(tmp_path)
    images = folder(tmp_path, skip_corrupt=True)
    assert images.pixels[:, 0, 0].tolist() == [1, 2]
    assert images.labels.tolist() == [0, 1]
    assert images.notes == ("2 corrupt images skipped: a/0.png, b/2.png",)


def test_of_many_corrupt_pictures_the_first_ten_are_named(tmp_path):
    for number in range(12):
        (tmp_path / f"{number:02}.png").write_text("broken")
    with pytest.raises(ImageError, match=r"None of the 12 images .* the first is 00\.png"):
        folder(tmp_path, skip_corrupt=True)
    picture(tmp_path / "good.png")
    (note,) = folder(tmp_path, skip_corrupt=True).notes
    assert note.startswith("12 corrupt images skipped: 00.png, ")
    assert note.endswith("09.png and 2 more")


def test_folders_that_cannot_be_used_are_named(tmp_path):
    with pytest.raises(ImageError, match="absent does not exist"):
        folder(tmp_path / "absent")
    with pytest.raises(ImageError, match="holds no images"):
        folder(tmp_path)
    with pytest.raises(ImageError, match="is not a folder"):
        folder(picture(tmp_path / "a" / "1.png"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match=r"class folder .*empty holds no images"):
        folder(tmp_path)
    picture(tmp_path / "stray.png")
    with pytest.raises(ImageError, match=r"both images \(stray\.png\) and subfolders \(a\)"):
        folder(tmp_path)


def test_progress_reaches_one(tmp_path):
    for number in range(3):
        picture(tmp_path / f"{number}.png")
    told = []
    folder(tmp_path, progress=lambda fraction, note: told.append((fraction, note)))
    assert told[-1] == (1.0, "3 of 3 images read")
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
