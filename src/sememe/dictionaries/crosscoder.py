"""Crosscoder: several layers, one code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, Float64
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from sememe.activations import Moments
from sememe.dictionaries.crosscoder_module import CrosscoderModule, WeightedTopK
from sememe.dictionaries.crosscoder_objective import CrosscoderObjective
from sememe.dictionaries.folding import Standardisation
from sememe.dictionaries.initialisation import data_atoms, random_atoms
from sememe.dictionaries.items import Items, ItemsLike, validated_items
from sememe.dictionaries.kernels.encode import encode_top_k
from sememe.dictionaries.layer_standardisation import LayerStandardisation
from sememe.dictionaries.learner import Learner, Schedule
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.moments import moments_of
from sememe.dictionaries.nonlinearities import Nonlinearity, ReLU
from sememe.dictionaries.parameters import check_integer
from sememe.dictionaries.several_layers_sae import SeveralLayersAutoencoder
from sememe.errors import DictionaryError

# Items from which data-point atoms are taken.
_SAMPLE = 10_000


@dataclass(eq=False, repr=False, kw_only=True)
class Crosscoder(SeveralLayersAutoencoder):
    """One code for several layers, so that a feature they share is one component.

    Items are the layers' activations side by side, ``np.concatenate([x_1, x_2], axis=1)``. Each layer is
    centred and scaled by itself, to the same variance whatever its width, and the encoder sums over layers.
    A code costs as much as its atom is long, summed over layers: that is the L1 penalty (Lindsey et al. 2024,
    "Sparse crosscoders for cross-layer features and model diffing"), or what the k largest are chosen by
    (Minder et al. 2025, "Overcoming sparsity artifacts in crosscoders", over a batch there). ``score`` is
    that of all neurons together, in their own units; ``fvu_by_layer`` tells the layers apart. Other
    hyperparameters: ``SeveralLayersAutoencoder``.

    Args:
        splits: numbers of neurons of the layers, which add up to those of the items; None: one layer.

    Attributes:
        components_: atoms of all layers side by side, of unit length together; ``np.split(components_,
            np.cumsum(splits)[:-1], axis=1)`` are those of each.
        layer_scales_: what each layer was divided by in training, ``(layers,)``.
        layer_shares_: how an atom is shared out among the layers, ``(n_components, layers)``: its lengths in
            units of ``layer_scales_``, divided by their sum. Near 1: a feature of that layer alone.
    """

    splits: tuple[int, ...] | None = None

    def fvu_by_layer(self, X: ItemsLike) -> Float64[np.ndarray, " layers"]:
        """Fraction of each layer's variance that the reconstruction leaves unexplained.

        ``sum ||x_l - x_hat_l||^2 / sum ||x_l - mean_l||^2`` over all items, with the mean of ``X``; NaN for a
        layer that does not vary in ``X``.
        """
        check_is_fitted(self)
        items = validated_items(self, X, reset=False)
        squares = np.zeros(items.n_neurons)
        for chunk in self._chunks(items):
            x_hat = self._codes(chunk) @ self.components_ + self.offset_
            squares += np.square(chunk - x_hat, dtype=np.float64).sum(axis=0)
        starts = np.cumsum((0, *self._widths(items.n_neurons)))[:-1]
        variance = np.add.reduceat(moments_of(items).variance, starts)
        error = np.add.reduceat(squares, starts) / len(items)
        return np.divide(error, variance, out=np.full(len(starts), np.nan), where=variance > 0)

    def _widths(self, n_neurons: int) -> tuple[int, ...]:
        return (n_neurons,) if self.splits is None else tuple(int(width) for width in self.splits)

    def _check_own_hyperparameters(self, items: Items) -> None:
        super()._check_own_hyperparameters(items)
        for width in () if self.splits is None else self.splits:
            check_integer("splits", width, 1)
        widths = self._widths(items.n_neurons)
        if sum(widths) != items.n_neurons:
            raise DictionaryError(
                f"splits must add up to the {items.n_neurons} neurons of the items, but {widths} arrived, "
                f"which add up to {sum(widths)}."
            )

    def _nonlinearity(self) -> Nonlinearity:
        return WeightedTopK(self.k, self.n_components) if self.sparsity == "topk" else ReLU()

    def _module(self, atoms: Float32[Tensor, "components neurons"]) -> CrosscoderModule:
        return CrosscoderModule(atoms, self._widths(atoms.shape[1]), self._nonlinearity())

    def _objective(self, d_in: int) -> CrosscoderObjective:
        return CrosscoderObjective(self._penalty, self._k_aux, self.auxk_coefficient)

    def _new_learner(self, items: Items, found: Moments, schedule: Schedule, seed: int) -> Learner:
        widths = self._widths(items.n_neurons)
        each = (items.n_neurons / len(widths),) * len(widths)
        standardisation = LayerStandardisation.of(found, widths, each)
        if self.initialisation == "data":
            sample = torch.from_numpy(
                items.sample(max(_SAMPLE, self.n_components), np.random.default_rng([seed, 1]))
            )
            atoms = data_atoms(standardisation.apply(sample).numpy(), self.n_components, seed)
        else:
            atoms = random_atoms(self.n_components, items.n_neurons, seed)
        return self._learner(self._module(atoms), standardisation, schedule, seed)

    def _adopt(self, learner: Learner) -> None:
        module, standardisation = learner.module, learner.standardisation
        assert isinstance(module, CrosscoderModule)
        assert isinstance(standardisation, LayerStandardisation)
        module.fold(standardisation)
        self.n_steps_ = learner.n_steps
        self.layer_scales_: Float64[np.ndarray, " layers"] = standardisation.layer_scales
        self._set_module(module, standardisation)

    def _set_module(self, module: SAEModule, standardisation: Standardisation) -> None:
        super()._set_module(module, standardisation)
        assert isinstance(module, CrosscoderModule)
        norms = module.layer_norms().detach().cpu().numpy() / self.layer_scales_
        self.layer_shares_: Float64[np.ndarray, "components layers"] = norms / norms.sum(1, keepdims=True)

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> Any:
        module = self.module_
        if not isinstance(module.nonlinearity, WeightedTopK) or module.W_enc.device.type != "cpu":
            return super()._codes(x)
        # The k largest of weighted codes; the weights come off again.
        weights = module.nonlinearity.weights.numpy()
        W_enc, b_enc = module.W_enc.detach().numpy(), module.b_enc.detach().numpy()
        codes = encode_top_k(x, weights[:, None] * W_enc, weights * b_enc, self.offset_, self.k)
        codes.data /= weights[codes.indices]
        return codes

    def _stored_facts(self) -> dict[str, Any]:
        return super()._stored_facts() | {"layer_scales": self.layer_scales_.tolist()}

    def _restore(self, tensors: Mapping[str, Tensor], facts: Any) -> None:
        self.layer_scales_ = np.array(facts["layer_scales"], dtype=np.float64)
        if self.layer_scales_.shape != (len(self._widths(tensors["W_dec"].shape[1])),):
            raise ValueError
        super()._restore(tensors, facts)
