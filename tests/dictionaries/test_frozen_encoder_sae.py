import numpy as np
import pytest

from sememe.dictionaries.frozen_encoder_sae import FrozenEncoderSAE
from sememe.dictionaries.initialisation import random_atoms

SETTINGS = {"n_components": 32, "k": 3, "n_epochs": 10, "batch_size": 200}


def random_codes(items, mean, k, seed):
    """The k largest projections of centred items on random directions, in float64."""
    pre = (items - mean) @ random_atoms(32, 10, seed).numpy().astype(np.float64).T
    kept = np.argsort(-pre, axis=1)[:, :k]
    codes = np.zeros_like(pre)
    np.put_along_axis(codes, kept, np.maximum(np.take_along_axis(pre, kept, axis=1), 0), axis=1)
    return codes


def test_codes_are_those_of_the_untrained_autoencoder(items):
    sae = FrozenEncoderSAE(**SETTINGS, random_state=7).fit(items)
    expected = random_codes(items, items.mean(axis=0, dtype=np.float64), 3, 7)
    np.testing.assert_allclose(sae.transform(items), expected, atol=1e-4)
    np.testing.assert_array_equal(sae.module_.W_enc.detach().numpy(), random_atoms(32, 10, seed=7).numpy())
    np.testing.assert_allclose(sae.partial_fit(items).transform(items), expected, atol=1e-4)


def test_atoms_and_offset_are_trained(items):
    sae = FrozenEncoderSAE(**SETTINGS).fit(items)
    start = random_atoms(32, 10, seed=0).numpy()
    assert ((sae.components_ * start).sum(axis=1) < 0.99).any()
    assert not np.allclose(sae.offset_, sae.mean_, atol=1e-3)
    untrained = FrozenEncoderSAE(**{**SETTINGS, "learning_rate": 1e-12}).fit(items)
    assert sae.score(items) > untrained.score(items) + 0.1


def test_a_resumed_training_ends_as_an_uninterrupted_one(items, tmp_path):
    settings = SETTINGS | {"patience": 50, "held_out": 100}

    def stop(record):
        if record["step"] >= 15:
            raise KeyboardInterrupt

    whole, cut = FrozenEncoderSAE(**settings).fit(items), FrozenEncoderSAE(**settings)
    with pytest.raises(KeyboardInterrupt):
        cut.fit(items, checkpoint=tmp_path / "here", checkpoint_every=7, log=stop)
    cut.fit(items, checkpoint=tmp_path / "here", checkpoint_every=7)
    np.testing.assert_array_equal(cut.components_, whole.components_)
    np.testing.assert_array_equal(cut.transform(items), whole.transform(items))
