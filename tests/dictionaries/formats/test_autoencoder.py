import numpy as np
import pytest
import torch

from references.peer_encoders import jump_relu
from sememe.dictionaries.formats import autoencoder as module
from sememe.dictionaries.formats.autoencoder import Autoencoder, shapes
from sememe.errors import FormatError


@pytest.fixture
def jumprelu(weights) -> Autoencoder:
    names = shapes("jumprelu", 5, 9)
    return Autoencoder("jumprelu", {name: torch.as_tensor(getattr(weights, name)).double() for name in names})


def codes_of(autoencoder, x):
    t = {name: value.numpy() for name, value in autoencoder.tensors.items()}
    return jump_relu((x - t["b_dec"]) @ t["W_enc"] + t["b_enc"], t["threshold"])


def back_of(autoencoder, codes):
    return codes @ autoencoder.tensors["W_dec"].numpy() + autoencoder.tensors["b_dec"].numpy()


def test_centring_by_hand():
    tensors = {"W_enc": [[1.0, 2.0]], "b_enc": [5.0, 5.0], "W_dec": [[1.0], [1.0]], "b_dec": [3.0]}
    plain = Autoencoder("standard", {k: torch.tensor(v).double() for k, v in tensors.items()})
    assert plain.with_centring().tensors["b_enc"].tolist() == [8, 11]
    assert plain.without_centring().tensors["b_enc"].tolist() == [2, -1]
    assert (plain.d_in, plain.d_sae) == (1, 2)


def test_an_encoder_of_items_as_they_are_and_one_that_centres_give_the_same_codes(jumprelu, x):
    raw = jumprelu.without_centring()
    t = {name: value.numpy() for name, value in raw.tensors.items()}
    np.testing.assert_allclose(jump_relu(x @ t["W_enc"] + t["b_enc"], t["threshold"]), codes_of(jumprelu, x))


def test_dividing_atoms_multiplies_codes_and_leaves_the_reconstruction(jumprelu, x):
    unit = jumprelu.with_atoms_divided(jumprelu.atom_lengths())
    np.testing.assert_allclose(unit.atom_lengths(), 1)
    codes = codes_of(unit, x)
    np.testing.assert_allclose(codes, codes_of(jumprelu, x) * jumprelu.atom_lengths().numpy())
    np.testing.assert_allclose(back_of(unit, codes), back_of(jumprelu, codes_of(jumprelu, x)))


def test_scaled_items_are_encoded_alike_after_either_fold(jumprelu, x):
    x = x.astype(np.float64)
    codes = codes_of(jumprelu, 2.5 * x)
    np.testing.assert_allclose(codes_of(jumprelu.with_inputs_scaled(2.5), x), codes)
    np.testing.assert_allclose(
        back_of(jumprelu.with_inputs_scaled(2.5), codes), back_of(jumprelu, codes) / 2.5
    )
    grown = jumprelu.with_biases_scaled(1 / 2.5)
    np.testing.assert_allclose(codes_of(grown, x), codes / 2.5)
    np.testing.assert_allclose(back_of(grown, codes / 2.5), back_of(jumprelu, codes) / 2.5)


def test_what_no_dictionary_here_can_be_is_named(jumprelu, monkeypatch):
    monkeypatch.setattr(module, "registry", dict)
    with pytest.raises(FormatError, match="would be a JumpReLUSAE, which is not among"):
        jumprelu.fitted()
