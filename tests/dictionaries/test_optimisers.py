import numpy as np
import pytest
import torch
from torch import nn

import sememe.dictionaries.training as training
from sememe.dictionaries.optimisers import OPTIMISERS, optimiser
from sememe.dictionaries.storage import load, save
from sememe.dictionaries.topk_sae import TopKSAE
from sememe.errors import DictionaryError

SMALL = {"n_components": 12, "k": 2, "n_epochs": 4, "batch_size": 100, "learning_rate": 1e-3}

OF_TORCH = {
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
    "nadam": (torch.optim.NAdam, {}),
    "radam": (torch.optim.RAdam, {}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "sgd": (torch.optim.SGD, {"momentum": 0.9}),
}


class Killed(BaseException):
    pass


@pytest.mark.parametrize("name", OPTIMISERS)
def test_state_made_beforehand_changes_no_update(name):
    mine, theirs = nn.Parameter(torch.tensor([1.0, -2.0])), nn.Parameter(torch.tensor([1.0, -2.0]))
    made = optimiser(name, [mine])
    made.param_groups[0]["lr"] = 0.1
    kind, settings = OF_TORCH[name]
    plain = kind([theirs], lr=0.1, **settings)
    for step in range(8):
        for parameter, stepper in ((mine, made), (theirs, plain)):
            parameter.grad = torch.tensor([0.3 * step - 1, 0.7])
            stepper.step()
    assert torch.equal(mine, theirs)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_resumed_training_equals_uninterrupted_bit_for_bit(name, items, tmp_path, monkeypatch):
    kwargs = {"checkpoint": tmp_path / "checkpoint", "checkpoint_every": 5}
    write = training.write_checkpoint

    def write_then_die(folder, identity, step, learners):
        write(folder, identity, step, learners)
        if step == 15:
            raise Killed

    monkeypatch.setattr(training, "write_checkpoint", write_then_die)
    with pytest.raises(Killed):
        TopKSAE(**SMALL, optimizer=name).fit(items, **kwargs)
    monkeypatch.undo()
    resumed = TopKSAE(**SMALL, optimizer=name).fit(items, **kwargs)
    whole = TopKSAE(**SMALL, optimizer=name).fit(items)
    for key, value in whole.module_.state_dict().items():
        np.testing.assert_array_equal(resumed.module_.state_dict()[key], value, err_msg=key)


def test_the_name_is_saved(items, tmp_path):
    save(TopKSAE(**SMALL, optimizer="radam").fit(items), tmp_path / "saved")
    assert load(tmp_path / "saved").get_params()["optimizer"] == "radam"


def test_an_unknown_optimiser_is_named(items):
    with pytest.raises(
        DictionaryError, match=r"optimizer must be one of 'adam', 'adamw', .* 'lbfgs' arrived"
    ):
        TopKSAE(**SMALL, optimizer="lbfgs").fit(items)
