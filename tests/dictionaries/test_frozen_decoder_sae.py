import numpy as np
import pytest

from sememe.dictionaries.frozen_decoder_sae import FrozenDecoderSAE
from sememe.dictionaries.initialisation import random_atoms
from sememe.dictionaries.topk_sae import TopKSAE

SETTINGS = {"n_components": 32, "k": 3, "n_epochs": 10, "batch_size": 200}


def test_atoms_do_not_move(items):
    sae = FrozenDecoderSAE(**SETTINGS, random_state=7).fit(items)
    np.testing.assert_array_equal(sae.components_, random_atoms(32, 10, seed=7).numpy())
    np.testing.assert_array_equal(sae.partial_fit(items).components_, random_atoms(32, 10, seed=7).numpy())


def test_all_else_is_trained(items):
    sae = FrozenDecoderSAE(**SETTINGS).fit(items)
    assert not np.allclose(sae.module_.W_enc.detach().numpy(), sae.components_, atol=0.01)
    assert (sae.module_.b_enc.detach().numpy() != 0).all()
    untrained = FrozenDecoderSAE(**{**SETTINGS, "learning_rate": 1e-12}).fit(items)
    assert sae.score(items) > untrained.score(items) + 0.1


def test_trained_atoms_reconstruct_better(items):
    assert TopKSAE(**SETTINGS).fit(items).score(items) > FrozenDecoderSAE(**SETTINGS).fit(items).score(items)


def test_a_resumed_training_ends_as_an_uninterrupted_one(items, tmp_path):
    def stop(record):
        if record["step"] >= 15:
            raise KeyboardInterrupt

    cut = FrozenDecoderSAE(**SETTINGS, patience=50, held_out=100)
    whole = FrozenDecoderSAE(**SETTINGS, patience=50, held_out=100).fit(items)
    with pytest.raises(KeyboardInterrupt):
        cut.fit(items, checkpoint=tmp_path / "here", checkpoint_every=7, log=stop)
    cut.fit(items, checkpoint=tmp_path / "here", checkpoint_every=7)
    np.testing.assert_array_equal(cut.transform(items), whole.transform(items))
