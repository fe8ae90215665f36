import importlib
import json
import subprocess
import sys
import time

import numpy as np
import pytest

from sememe import dictionaries

SMALL = ("--n-components", 16, "--k", 2, "--set", "n_epochs=2", "--set", "batch_size=128")


def test_a_dictionary_is_learned_and_its_scores_are_printed(command, array, tmp_path):
    code, said, _ = command("learn", array, "--to", tmp_path / "d", *SMALL, "--seed", 3)
    assert code == 0
    for word in ("TopKSAE", "FVU", "L0", "dead", "150 items held out of the fit"):
        assert word in said
    learned = dictionaries.load(tmp_path / "d")
    assert (learned.n_components, learned.k, learned.random_state, learned.n_epochs) == (16, 2, 3, 2)


def test_the_same_command_again_says_that_it_was_learned_before(command, array, tmp_path):
    line = ("learn", array, "--to", tmp_path / "d", *SMALL)
    command(*line)
    code, said, _ = command(*line)
    assert code == 0
    assert "learned before" in said
    assert "FVU" in said


def test_a_sweep_prints_a_line_a_dictionary(command, array, tmp_path):
    sweep = ("--sweep", "k=1,2", "--sweep", "n_components=8,16")
    rest = ("--set", "n_epochs=1", "--held-out", 100)
    code, said, _ = command("learn", array, "--to", tmp_path / "sweep", *sweep, *rest)
    assert code == 0
    assert len(list((tmp_path / "sweep").glob("k?-n_components*/cfg.json"))) == 4
    assert "100 items held out" in said
    assert "learn 4 dictionaries" in said


def test_a_log_for_tensorboard_has_a_run_for_each_dictionary_of_a_sweep(command, array, tmp_path):
    event_accumulator = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    more = (
        "--sweep",
        "k=1,2",
        "--set",
        "n_components=16",
        "--set",
        "max_steps=60",
        "--set",
        "batch_size=128",
    )
    folders = ("--to", tmp_path / "sweep", "--tensorboard", tmp_path / "board")
    assert command("learn", array, *folders, *more)[0] == 0
    for name in ("k1", "k2"):
        events = event_accumulator.EventAccumulator(str(tmp_path / "board" / name)).Reload()
        lines = (tmp_path / "sweep" / name / "training.jsonl").read_text().splitlines()
        for line in map(json.loads, lines):
            found = {event.step: event.value for event in events.Scalars("fvu")}
            assert found[line["step"]] == np.float32(line["fvu"])
        assert len(lines) == len(events.Scalars("seconds")) == 2


def test_without_tensorboard_its_log_is_refused_before_anything_is_learned(
    refused, array, tmp_path, monkeypatch
):
    for name in [name for name in sys.modules if name.startswith(("tensorboard", "torch.utils.tensorboard"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    said = refused("learn", array, "--to", tmp_path / "d", "--tensorboard", tmp_path / "board", *SMALL)
    assert "pip install tensorboard" in said
    assert not list(tmp_path.iterdir())


def test_any_dictionary_of_the_registry_can_be_named(command, array, tmp_path):
    code, said, _ = command(
        "learn", array, "--to", tmp_path / "pca", "--dictionary", "PCA", "--n-components", 3
    )
    assert code == 0
    assert "PCA" in said
    assert isinstance(dictionaries.load(tmp_path / "pca"), dictionaries.PCA)


def test_a_seed_that_is_said_twice_alike_is_no_contradiction(command, array, tmp_path):
    options = ("--set", "random_state=3", "--seed", 3)
    assert command("learn", array, "--to", tmp_path / "d", *SMALL, *options)[0] == 0
    assert dictionaries.load(tmp_path / "d").random_state == 3


def test_without_items_held_out_there_are_no_scores(command, array, tmp_path):
    code, said, _ = command("learn", array, "--to", tmp_path / "d", *SMALL, "--held-out", 0)
    assert code == 0
    assert "Nothing was held out" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--dictionary", "TopkSAE"], "did you mean TopKSAE?"),
        (["--set", "kk=3"], "did you mean k?"),
        (["--set", "k=3", "--k", 4], "k is given twice"),
        (["--set", "random_state=3", "--seed", 4], "--set random_state=3 and --seed 4 contradict each other"),
        (["--set", "device=cuda", "--device", "cpu"], "--set device=cuda and --device cpu contradict"),
        (["--k", 2, "--sweep", "k=1,2"], "both set and swept over"),
        (["--k", 600], "k must be at most n_components (512), but 600 arrived"),
        (["--set", "n_epochs=many"], "n_epochs must be an integer, but 'many' arrived"),
        (["--dictionary", "NMF", "--n-components", 2], "Negative values in data passed to NMF"),
        (["--dictionary", "Transcoder"], "give the store of that layer with --target"),
        (["--target", "ARRAY"], "--target is for transcoders"),
        (["--held-out", 1500], "1500 of 1,500 items cannot be held out"),
        (["--seed", -1], "The seed must be 0 or more, but -1 arrived"),
        (["--device", "tpu"], '"tpu"'),
        (["--checkpoint-every", 0], "checkpoint_every must be at least 1"),
        (["--tensorboard", "FOLDER"], "would be lost in the dictionary's own folder"),
        (["--resum"], "--resum"),
    ],
)
def test_bad_options_get_one_sentence_and_leave_nothing(refused, array, tmp_path, options, message):
    given = {"ARRAY": array, "FOLDER": tmp_path / "d" / "board"}
    options = [given.get(option, option) for option in options]
    assert message in refused("learn", array, "--to", tmp_path / "d", *options)
    assert not list(tmp_path.iterdir())


def test_bad_items_get_one_sentence_and_leave_nothing(refused, tmp_path):
    rows = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
    rows[3, 2] = np.nan
    np.save(tmp_path / "nan.npy", rows)
    np.save(tmp_path / "same.npy", np.ones((200, 4), np.float32))
    np.save(tmp_path / "image.npy", np.ones((20, 4, 4), np.float32))
    for name, message in {
        "nan.npy": "1 NaN and 0 inf",
        "same.npy": "do not vary",
        "image.npy": "shape (20, 4, 4)",
        "absent": "There is nothing at",
    }.items():
        assert message in refused("learn", tmp_path / name, "--to", tmp_path / "d")
        assert not (tmp_path / "d").exists()


def test_a_process_that_is_killed_is_gone_on_from(command, tmp_path):
    rows = np.random.default_rng(0).normal(size=(20_000, 32)).astype(np.float32)
    np.save(tmp_path / "items.npy", rows)
    options = ("--n-components", "256", "--checkpoint-every", "20", "--set", "max_steps=300")
    line = ("learn", str(tmp_path / "items.npy"), *options, "--to")
    killed = [sys.executable, "-m", "sememe", *line, str(tmp_path / "killed")]
    process = subprocess.Popen(killed, stdout=subprocess.DEVNULL)
    checkpoint = tmp_path / "killed" / "training" / "checkpoint"
    patience = time.monotonic() + 60
    while not checkpoint.exists() and process.poll() is None and time.monotonic() < patience:
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert checkpoint.exists()
    command(*line, tmp_path / "whole")
    code, _, _ = command(*line, tmp_path / "killed")
    assert code == 0
    assert not checkpoint.exists()
    weights = [(tmp_path / name / "sae_weights.safetensors").read_bytes() for name in ("killed", "whole")]
    assert weights[0] == weights[1]
