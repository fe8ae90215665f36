import json

import pytest

from sememe.dictionaries.json_lines import JsonLines
from sememe.errors import FormatError


def record(step: int, dictionary: int = 0, fvu: float = 0.1) -> dict:
    return {"dictionary": dictionary, "step": step, "fvu": fvu}


def lines_of(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_record_is_a_line(tmp_path):
    log = JsonLines(tmp_path / "training.jsonl")
    for step in (50, 100):
        log(record(step))
    assert lines_of(log.path) == [record(50), record(100)]


def test_a_resumed_training_records_again_what_came_after_the_checkpoint(tmp_path):
    for step in (50, 100, 150):
        JsonLines(tmp_path / "training.jsonl")(record(step))
    log = JsonLines(tmp_path / "training.jsonl")
    log(record(100, fvu=0.2))
    assert lines_of(log.path) == [record(50), record(100, fvu=0.2)]


def test_dictionaries_of_a_sweep_do_not_replace_each_other(tmp_path):
    log = JsonLines(tmp_path / "training.jsonl")
    log(record(50, 0))
    log(record(50, 1))
    assert lines_of(log.path) == [record(50, 0), record(50, 1)]


def test_a_file_that_is_no_log_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("not JSON\n")
    with pytest.raises(FormatError, match="not a log of JSON lines"):
        JsonLines(tmp_path / "notes.txt")
