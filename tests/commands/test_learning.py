import json

import numpy as np
import pytest

from sememe import dictionaries, measures
from sememe.commands.item_source import open_items
from sememe.commands.learning import Work, grid, learn_all, scores
from sememe.dictionaries import PCA, TopKSAE, Transcoder
from sememe.errors import DictionaryError, RunError
from sememe.progress import silent

SMALL = {"n_components": 16, "k": 2, "batch_size": 64, "n_epochs": 4}


class Killed(BaseException):
    """The process ends here."""


def kill_at(fraction):
    def progress(done, note):
        if done >= fraction:
            raise Killed

    return progress


@pytest.fixture
def work(array, tmp_path):
    source = open_items(array)
    return Work(tmp_path / "to", source, source.of_some_images(150, seed=0), checkpoint_every=20)


def learn(work, sweeps=None, *, kind=TopKSAE, fixed=SMALL, resume=True, progress=silent):
    return learn_all(grid(kind, fixed, sweeps or {}, work.folder), work, resume=resume, progress=progress)


def test_the_dictionary_is_that_of_a_fit_on_what_is_not_held_out(work, array):
    (record,), before = learn(work)
    assert before == 0
    items = np.load(array)
    rest = np.delete(items, work.left_out, axis=0)
    alone = TopKSAE(**SMALL).fit(rest)
    learned = dictionaries.load(work.folder)
    np.testing.assert_array_equal(learned.components_, alone.components_)
    held_out = items[work.left_out]
    x_hat = alone.inverse_transform(alone.transform(held_out))
    assert record["scores"]["fvu"] == pytest.approx(measures.fvu(held_out, x_hat))
    assert record["scores"]["l0"] <= 2


def test_the_folder_holds_dictionary_log_and_record_and_nothing_else(work):
    learn(work)
    names = {path.name for path in work.folder.iterdir()}
    assert names == {"cfg.json", "sae_weights.safetensors", "training.jsonl", "learn.json"}
    lines = [json.loads(line) for line in (work.folder / "training.jsonl").read_text().splitlines()]
    assert lines[-1].keys() >= {"step", "fvu", "l0", "dead", "items_per_second", "seconds"}


def test_a_killed_learn_goes_on_and_ends_bit_for_bit_where_it_would_have(work, tmp_path):
    with pytest.raises(Killed):
        learn(work, progress=kill_at(0.5))
    assert not (work.folder / "cfg.json").exists()
    assert (work.folder / "training" / "checkpoint").exists()
    steps = []
    learn(work, progress=lambda fraction, note: steps.append(note))
    other = Work(tmp_path / "other", work.source, work.left_out)
    learn(other)
    resumed, whole = dictionaries.load(work.folder), dictionaries.load(other.folder)
    np.testing.assert_array_equal(resumed.components_, whole.components_)
    np.testing.assert_array_equal(resumed.module_.W_enc.detach(), whole.module_.W_enc.detach())
    assert not any(note.startswith("step 20 ") for note in steps), "began anew"


def test_what_is_finished_is_not_fitted_again(work):
    learn(work)
    weights = work.folder / "sae_weights.safetensors"
    written = weights.stat().st_mtime_ns
    _, before = learn(work, progress=kill_at(0.0))
    assert before == 1
    assert weights.stat().st_mtime_ns == written


def test_a_sweep_has_a_folder_a_point_and_grows_without_fitting_again(work):
    records, before = learn(work, {"k": [1, 2], "random_state": [0, 1]})
    assert before == 0
    names = {"k1-random_state0", "k1-random_state1", "k2-random_state0", "k2-random_state1"}
    assert {path.name for path in work.folder.iterdir()} == names
    assert [record["parameters"]["k"] for record in records] == [1, 1, 2, 2]
    assert all(record["learned_together"] == 4 for record in records)
    log = (work.folder / "k2-random_state1" / "training.jsonl").read_text().splitlines()
    assert {json.loads(line)["dictionary"] for line in log} == {3}
    records, before = learn(work, {"k": [1, 2, 3], "random_state": [0, 1]})
    assert (len(records), before) == (6, 4)


def test_a_killed_sweep_ends_where_it_would_have(work, tmp_path):
    sweeps = {"k": [1, 2], "n_epochs": [2, 4]}
    with pytest.raises(Killed):
        learn(work, sweeps, progress=kill_at(0.8))
    learn(work, sweeps)
    other = Work(tmp_path / "other", work.source, work.left_out)
    learn(other, sweeps)
    for point in grid(TopKSAE, SMALL, sweeps, work.folder):
        here = dictionaries.load(point.folder)
        there = dictionaries.load(other.folder / point.folder.name)
        np.testing.assert_array_equal(here.components_, there.components_)


def test_kinds_that_are_not_trained_are_swept_too(work):
    records, _ = learn(work, {"n_components": [2, 4]}, kind=PCA, fixed={})
    assert records[0]["scores"]["fvu"] > records[1]["scores"]["fvu"]
    assert not (work.folder / "n_components2" / "training.jsonl").exists()


def test_a_transcoder_is_scored_on_the_later_layer(work, array, tmp_path):
    later = np.load(array)[:, ::-1][:, :5] * 2
    np.save(tmp_path / "later.npy", later)
    pair = Work(tmp_path / "pair", work.source, work.left_out, open_items(tmp_path / "later.npy"))
    (record,), _ = learn(pair, kind=Transcoder)
    learned = dictionaries.load(pair.folder)
    held_out = np.load(array)[work.left_out]
    expected = measures.fvu(later[work.left_out], learned.predict(held_out))
    assert record["scores"]["fvu"] == pytest.approx(expected)


def test_another_request_for_the_same_folder_is_refused_and_nothing_lost(work, array, tmp_path):
    learn(work)
    before = (work.folder / "sae_weights.safetensors").read_bytes()
    with pytest.raises(RunError, match=r"k is 2 there and 3 here"):
        learn(work, fixed={**SMALL, "k": 3})
    other = np.load(array) + 1
    np.save(tmp_path / "other.npy", other)
    with pytest.raises(RunError, match="ends_sha256 is"):
        learn(Work(work.folder, open_items(tmp_path / "other.npy"), work.left_out))
    assert (work.folder / "sae_weights.safetensors").read_bytes() == before
    learn(work, fixed={**SMALL, "k": 3}, resume=False)
    assert dictionaries.load(work.folder).k == 3


def test_an_unfinished_training_of_others_is_refused(work):
    with pytest.raises(Killed):
        learn(work, progress=kill_at(0.5))
    with pytest.raises(RunError, match="unfinished training of other dictionaries"):
        learn(work, fixed={**SMALL, "k": 3})


def test_what_somebody_else_put_there_is_never_removed(work):
    work.folder.mkdir()
    (work.folder / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match=r"holds thesis\.txt: choose another folder"):
        learn(work)
    with pytest.raises(RunError, match=r"holds thesis\.txt"):
        learn(work, resume=False)
    assert (work.folder / "thesis.txt").read_text() == "mine"


def test_a_dictionary_that_was_saved_there_by_hand_is_never_replaced(work, array):
    dictionaries.save(PCA(n_components=2).fit(np.load(array)), work.folder)
    with pytest.raises(RunError, match="not learned by this command"):
        learn(work)


def test_a_refused_hyperparameter_leaves_nothing_behind(work):
    with pytest.raises(DictionaryError, match="k must be at most n_components"):
        learn(work, fixed={**SMALL, "k": 17})
    assert not work.folder.exists()


def test_nothing_held_out_is_no_score():
    assert scores(PCA(), np.empty((0, 4), np.float32)) == {"fvu": None, "l0": None, "dead_fraction": None}
