import gc
import importlib
import json
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import sememe.dictionaries.training as training
from sememe.dictionaries.json_lines import JsonLines
from sememe.dictionaries.sweep import fit_together
from sememe.dictionaries.tensorboard_log import TensorBoard
from sememe.dictionaries.topk_sae import TopKSAE
from sememe.errors import DictionaryError

_SETTINGS = {
    "n_components": 12,
    "k": 2,
    "n_epochs": 20,
    "batch_size": 100,
}  # 120 steps: records at 50, 100, 120


def shown(folder: Path) -> dict[int, dict[str, float]]:
    """What TensorBoard shows of one run: its scalars at every step."""
    event_accumulator = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    events = event_accumulator.EventAccumulator(str(folder)).Reload()
    found: dict[int, dict[str, float]] = {}
    for tag in events.Tags()["scalars"]:
        for event in events.Scalars(tag):
            assert tag not in found.setdefault(event.step, {}), f"{tag} at {event.step} is there twice"
            found[event.step][tag] = event.value
    return found


def recorded(path: Path, dictionary: int = 0) -> dict[int, dict[str, float]]:
    """The same of a file of JSON lines, in TensorBoard's precision."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return {
        record["step"]: {
            key: float(np.float32(value))
            for key, value in record.items()
            if key not in ("dictionary", "step")
        }
        for record in records
        if record["dictionary"] == dictionary
    }


@pytest.fixture
def both(tmp_path):
    """A log to both, made anew, as by another process, each time it is asked for."""

    def made():
        lines, board = JsonLines(tmp_path / "training.jsonl"), TensorBoard(tmp_path / "board")

        def log(record):
            lines(record)
            board(record)

        return log

    return made


def test_it_shows_the_numbers_of_the_json_lines(items, both, tmp_path):
    TopKSAE(**_SETTINGS, patience=9, held_out=100).fit(items, log=both())
    found = shown(tmp_path / "board" / "dictionary-0")
    assert found == recorded(tmp_path / "training.jsonl")
    assert found.keys() >= {50, 100}
    assert {"fvu", "l0", "dead", "items_per_second"} <= found[50].keys()
    assert any("held_out_fvu" in numbers for numbers in found.values())


def test_each_dictionary_of_a_sweep_is_a_run(items, both, tmp_path):
    fit_together([TopKSAE(**{**_SETTINGS, "k": k}) for k in (1, 2)], items, log=both())
    for number in (0, 1):
        found = shown(tmp_path / "board" / f"dictionary-{number}")
        assert found == recorded(tmp_path / "training.jsonl", number)
        assert sorted(found) == [50, 100, 120]


def test_a_run_may_have_a_name(tmp_path):
    with TensorBoard(tmp_path, names=("k=4", "k=8")) as log:
        log({"dictionary": 1, "step": 50, "fvu": 0.25})
    assert shown(tmp_path / "k=8") == {50: {"fvu": 0.25}}
    assert not (tmp_path / "k=4").exists()


class Killed(BaseException):
    pass


def test_a_resumed_training_goes_on_behind_what_was_recorded(items, both, tmp_path, monkeypatch):
    keep = {"checkpoint": tmp_path / "checkpoint", "checkpoint_every": 70}
    progress_calls = []

    def killed_after_a_record_beyond_the_checkpoint(fraction, note):
        progress_calls.append(fraction)
        if len(progress_calls) == 2:
            raise Killed

    sae = TopKSAE(**_SETTINGS)
    with pytest.raises(Killed):
        sae.fit(items, **keep, log=both(), progress=killed_after_a_record_beyond_the_checkpoint)
    assert sorted(shown(tmp_path / "board" / "dictionary-0")) == [50, 100]
    before = recorded(tmp_path / "training.jsonl")
    sae.fit(items, **keep, log=both())
    found = shown(tmp_path / "board" / "dictionary-0")
    assert sorted(found) == [50, 100, 120]
    assert found == recorded(tmp_path / "training.jsonl")
    assert found[50] == before[50]


def test_its_writers_end_when_it_is_closed_or_let_go_of(tmp_path):
    before = threading.active_count()
    log = TensorBoard(tmp_path)
    log({"dictionary": 0, "step": 50, "fvu": 0.5})
    assert threading.active_count() == before + 1
    log.close()
    assert threading.active_count() == before
    log({"dictionary": 0, "step": 100, "fvu": 0.25})
    assert shown(tmp_path / "dictionary-0") == {50: {"fvu": 0.5}, 100: {"fvu": 0.25}}
    del log
    gc.collect()
    assert threading.active_count() == before


def test_without_tensorboard_one_sentence_says_so_before_anything_is_trained(items, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("tensorboard", "torch.utils.tensorboard"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.setattr(training, "train", lambda *_, **__: pytest.fail("the training has begun"))
    with pytest.raises(DictionaryError, match="pip install tensorboard, or log to a file"):
        TopKSAE(**_SETTINGS).fit(items, log=TensorBoard(tmp_path / "board"))
    assert not (tmp_path / "board").exists()
