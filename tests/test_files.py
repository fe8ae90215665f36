"""Files are whole or absent, whatever happens while they are written."""

import os

import pytest

from sememe import files
from sememe.errors import FormatError


def test_a_failed_write_leaves_the_old_content_and_no_leftover(tmp_path, monkeypatch):
    target = tmp_path / "numbers.json"
    files.write_json(target, {"a": 1})
    monkeypatch.setattr(
        os, "replace", lambda *paths: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(OSError, match="No space left"):
        files.write_json(target, {"a": 2})
    assert files.read_json(target) == {"a": 1}
    assert os.listdir(tmp_path) == ["numbers.json"]


def test_json_refuses_nan_rather_than_write_what_no_parser_reads(tmp_path):
    with pytest.raises(ValueError, match="Out of range float"):
        files.write_json(tmp_path / "x.json", {"score": float("nan")})
    assert os.listdir(tmp_path) == []


def test_json_is_the_same_bytes_whatever_the_order_of_keys(tmp_path):
    files.write_json(tmp_path / "a.json", {"x": 1, "y": [0.1, 2]})
    files.write_json(tmp_path / "b.json", {"y": [0.1, 2], "x": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_folder_appears_only_when_it_is_complete(tmp_path):
    target = tmp_path / "network"
    with pytest.raises(ZeroDivisionError), files.whole_folder(target) as inside:
        (inside / "config.json").write_text(str(1 / 0))
    assert os.listdir(tmp_path) == []
    with files.whole_folder(target) as inside:
        (inside / "config.json").write_text("{}")
        assert not target.exists()
    assert os.listdir(target) == ["config.json"]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    target = tmp_path / "network"
    for content in ("old", "new"):
        with files.whole_folder(target) as inside:
            (inside / "config.json").write_text(content)
    assert (target / "config.json").read_text() == "new"
    assert os.listdir(tmp_path) == ["network"]


def test_what_somebody_else_put_into_a_folder_survives(tmp_path):
    target = tmp_path / "work"
    target.mkdir()
    (target / "thesis.txt").write_text("precious")
    (target / "config.json").write_text("theirs")
    with (
        pytest.raises(FormatError, match=r"holds thesis\.txt, which would be lost"),
        files.whole_folder(target) as inside,
    ):
        (inside / "config.json").write_text("ours")
    assert (target / "thesis.txt").read_text() == "precious"
    assert (target / "config.json").read_text() == "theirs"
    assert os.listdir(tmp_path) == ["work"]


def test_a_file_does_not_become_a_folder(tmp_path):
    (tmp_path / "thesis").write_text("precious")
    with pytest.raises(FormatError, match="is a file"), files.whole_folder(tmp_path / "thesis"):
        pass
    assert (tmp_path / "thesis").read_text() == "precious"


def test_leftovers_of_a_killed_process_are_removed(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / f"{files.TEMPORARY_PREFIX}file").write_text("half")
    (tmp_path / f"{files.TEMPORARY_PREFIX}folder").mkdir()
    (tmp_path / f"{files.TEMPORARY_PREFIX}folder" / "x").write_text("half")
    (tmp_path / "deep" / "whole").write_text("whole")
    files.remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["deep", "whole"]


@pytest.mark.parametrize(("content", "message"), [(None, "no file"), ("{", "not valid JSON")])
def test_json_that_cannot_be_read_is_named(tmp_path, content, message):
    path = tmp_path / "cfg.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(FormatError, match=message) as caught:
        files.read_json(path)
    assert str(path) in str(caught.value)


def test_a_place_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("kept")
    below = tmp_path / "file" / "a" / "b"
    with pytest.raises(FormatError, match=r"b cannot be made, since .*file is a file"):
        files.write_json(below, {})
    with (
        pytest.raises(FormatError, match=r"b cannot be made, since .*file is a file"),
        files.whole_folder(below),
    ):
        raise AssertionError("the block must not begin")
    assert (tmp_path / "file").read_text() == "kept"
