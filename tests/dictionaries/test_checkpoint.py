import json

import numpy as np
import pytest

from sememe.dictionaries.l1_sae import L1SAE
from sememe.dictionaries.topk_sae import TopKSAE
from sememe.errors import DictionaryError, FormatError


def small(**changed) -> TopKSAE:
    return TopKSAE(**{"n_components": 12, "k": 2, "n_epochs": 3, "batch_size": 100, **changed})


class Killed(BaseException):
    pass


@pytest.fixture
def interrupted(items, tmp_path, monkeypatch):
    """The folder of a training of 18 steps that was killed after step 11, checkpointed every 4."""
    import sememe.dictionaries.training as training

    folder = tmp_path / "checkpoint"
    written = training.write_checkpoint

    def write_then_die(folder, identity, step, learners):
        if step >= 12:
            raise Killed
        written(folder, identity, step, learners)

    monkeypatch.setattr(training, "write_checkpoint", write_then_die)
    with pytest.raises(Killed):
        small().fit(items, checkpoint=folder, checkpoint_every=4)
    monkeypatch.undo()
    return folder


def test_a_killed_training_leaves_its_last_checkpoint(interrupted):
    assert json.loads((interrupted / "checkpoint.json").read_text())["step"] == 8


def test_another_training_does_not_take_the_checkpoint(interrupted, items):
    with pytest.raises(FormatError, match=r"belongs to another training: .*k is 2 there and 3 here"):
        small(k=3).fit(items, checkpoint=interrupted)
    with pytest.raises(FormatError, match=r"data.items is 600 there and 500 here"):
        small().fit(items[:500], checkpoint=interrupted)
    with pytest.raises(FormatError, match="belongs to another training"):
        L1SAE(n_components=12, n_epochs=3, batch_size=100).fit(items, checkpoint=interrupted)


def test_a_failed_resume_leaves_the_estimator_unfitted(interrupted, items):
    sae = small(k=3)
    with pytest.raises(FormatError):
        sae.fit(items, checkpoint=interrupted)
    assert not hasattr(sae, "components_")
    assert not hasattr(sae, "n_features_in_")


def test_a_damaged_checkpoint_is_refused(interrupted, items):
    record = json.loads((interrupted / "checkpoint.json").read_text())
    for step in (None, "8", -1):
        (interrupted / "checkpoint.json").write_text(json.dumps({**record, "step": step}))
        with pytest.raises(FormatError, match=f"step as a positive integer, but {step!r} stands there"):
            small().fit(items, checkpoint=interrupted)
    (interrupted / "checkpoint.json").write_text(json.dumps(record))
    tensors = interrupted / "checkpoint.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:-7])
    with pytest.raises(FormatError, match="truncated or was changed"):
        small().fit(items, checkpoint=interrupted)
    (interrupted / "checkpoint.json").write_text("{")
    with pytest.raises(FormatError, match="not valid JSON"):
        small().fit(items, checkpoint=interrupted)


def test_a_checkpoint_needs_a_seed(items, tmp_path):
    with pytest.raises(DictionaryError, match="integer random_state, but None arrived"):
        small(random_state=None).fit(items, checkpoint=tmp_path / "checkpoint")


def test_a_finished_training_is_found_again_without_a_step(items, tmp_path):
    first = small().fit(items, checkpoint=tmp_path / "checkpoint")
    steps = []
    again = small().fit(items, checkpoint=tmp_path / "checkpoint", log=steps.append)
    assert steps == []
    np.testing.assert_array_equal(first.components_, again.components_)
