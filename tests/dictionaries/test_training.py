"""Whole trainings: the same from the same seed, resumed as if never interrupted, shared and stopped early."""

import numpy as np
import pytest

import sememe.dictionaries.training as training
from sememe.dictionaries.archetypal_sae import ArchetypalSAE
from sememe.dictionaries.batch_topk_sae import BatchTopKSAE
from sememe.dictionaries.gated_sae import GatedSAE
from sememe.dictionaries.jump_relu_sae import JumpReLUSAE
from sememe.dictionaries.l1_sae import L1SAE
from sememe.dictionaries.matching_pursuit_sae import MatchingPursuitSAE
from sememe.dictionaries.matryoshka_sae import MatryoshkaSAE
from sememe.dictionaries.p_annealed_sae import PAnnealedSAE
from sememe.dictionaries.topk_sae import TopKSAE

SMALL = {"n_components": 12, "n_epochs": 4, "batch_size": 100, "dead_after": 300}


def trained_families() -> list:
    return [
        TopKSAE(k=2, **SMALL),
        TopKSAE(k=2, multi_topk_coefficient=0.125, **SMALL),
        L1SAE(**SMALL),
        BatchTopKSAE(k=2, **SMALL),
        MatryoshkaSAE(k=2, **SMALL),
        JumpReLUSAE(**SMALL),
        GatedSAE(**SMALL),
        PAnnealedSAE(**SMALL),
        MatchingPursuitSAE(k=2, **SMALL),
        ArchetypalSAE(k=2, **SMALL),
    ]


class Killed(BaseException):
    pass


def same_fit(one, other) -> None:
    for name, value in one.module_.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), other.module_.state_dict()[name].numpy(), err_msg=name)


@pytest.mark.parametrize("sae", trained_families(), ids=lambda sae: type(sae).__name__)
@pytest.mark.parametrize("kind", ["memory", "store"])
def test_resumed_training_equals_uninterrupted_bit_for_bit(sae, kind, items, store, tmp_path, monkeypatch):
    X = items if kind == "memory" else store
    kwargs = {"checkpoint": tmp_path / "checkpoint", "checkpoint_every": 5}
    write = training.write_checkpoint

    def write_then_die(folder, identity, step, learners):
        write(folder, identity, step, learners)
        if step == 15:
            raise Killed

    monkeypatch.setattr(training, "write_checkpoint", write_then_die)
    with pytest.raises(Killed):
        type(sae)(**sae.get_params()).fit(X, **kwargs)
    monkeypatch.undo()
    resumed = type(sae)(**sae.get_params()).fit(X, **kwargs)
    whole = type(sae)(**sae.get_params()).fit(X)
    same_fit(resumed, whole)
    assert resumed.n_steps_ == whole.n_steps_ == 24


def test_the_same_seed_gives_the_same_dictionary_and_another_does_not(items):
    one, same = TopKSAE(k=2, **SMALL).fit(items), TopKSAE(k=2, **SMALL).fit(items)
    same_fit(one, same)
    other = TopKSAE(k=2, random_state=1, **SMALL).fit(items)
    assert not np.array_equal(one.components_, other.components_)


def test_global_random_state_is_neither_read_nor_moved(items):
    import torch

    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    TopKSAE(k=2, **SMALL).fit(items)
    assert np.array_equal(before[0], np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(before[1], torch.get_rng_state())


def test_records_are_given_at_intervals_and_at_the_end(items):
    records = []
    TopKSAE(k=2, **{**SMALL, "n_epochs": 20}).fit(items, log=records.append)
    assert [record["step"] for record in records] == [50, 100, 120]
    for record in records:
        assert set(record) == {
            *("dictionary", "step", "loss", "fvu", "l0", "dead", "learning_rate", "items_per_second")
        }
        assert 0 < record["fvu"] < 1
        assert 0 < record["l0"] <= 2
    assert records[-1]["fvu"] < records[0]["fvu"]


def test_progress_ends_at_one(items):
    calls = []
    TopKSAE(k=2, **SMALL).fit(items, progress=lambda fraction, note: calls.append((fraction, note)))
    assert calls[-1][0] == 1.0
    assert calls[-1][1].startswith("step 24 of 24, FVU 0.")


def test_training_stops_early_when_the_held_out_error_no_longer_falls(items):
    records = []
    sae = TopKSAE(k=2, **{**SMALL, "n_epochs": 400}, patience=2, held_out=100).fit(items, log=records.append)
    assert sae.n_steps_ < 400 * 5
    held_out = [record["held_out_fvu"] for record in records if "held_out_fvu" in record]
    best = int(np.argmin(held_out))
    assert len(held_out) - 1 - best <= 2 + 1
    assert sae.n_steps_ % 5 == 0


def test_max_steps_replaces_passes(items):
    assert TopKSAE(k=2, **SMALL, max_steps=7).fit(items).n_steps_ == 7
