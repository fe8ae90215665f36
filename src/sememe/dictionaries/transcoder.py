"""Transcoder: sparse codes of one layer that predict a later one, in place of what lies between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float32
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from sememe.activations import Moments, RunningMoments
from sememe.dictionaries.device import torch_device
from sememe.dictionaries.folding import Standardisation
from sememe.dictionaries.initialisation import data_atoms, random_atoms
from sememe.dictionaries.items import Items, ItemsLike, validated_items
from sememe.dictionaries.kernels.encode import encode_top_k
from sememe.dictionaries.layer_standardisation import LayerStandardisation
from sememe.dictionaries.learner import EarlyStop, Learner, Schedule
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import Nonlinearity, ReLU, TopK
from sememe.dictionaries.paired_items import PairedItems, validated_target
from sememe.dictionaries.several_layers_sae import SeveralLayersAutoencoder
from sememe.dictionaries.together import train_together
from sememe.dictionaries.training import Log
from sememe.dictionaries.transcoder_learner import TranscoderLearner, answering_atoms
from sememe.dictionaries.transcoder_module import TranscoderModule
from sememe.dictionaries.transcoder_objective import TranscoderObjective
from sememe.errors import DictionaryError
from sememe.progress import Progress, silent

# Items from which the first encoder rows and atoms are taken.
_SAMPLE = 10_000


@dataclass(eq=False, repr=False, kw_only=True)
class Transcoder(SeveralLayersAutoencoder):
    """Reads one layer and predicts a later one: ``y_hat = codes @ components_ + offset_``.

    ``codes = ReLU(TopK_k(x W_encᵀ + b_enc))``, trained by the squared error of ``y_hat`` (Dunefsky et al.
    2024, "Transcoders find interpretable LLM feature circuits", section 3.1, with TopK in place of their L1).
    Encoder rows live in the earlier layer and ``components_``, of unit length, in the later one; codes are in
    the later layer's units, and AuxK is on its residual. Hyperparameters: ``SeveralLayersAutoencoder``.

    Attributes:
        components_: atoms in the later layer, ``(n_components, neurons_out)``.
        offset_: what the later layer is predicted as where no component fires (and, with a skip, ``x`` is 0).
        mean_, scale_: those of the earlier layer's items in training.
    """

    _stored_sizes = ("d_in", "d_sae", "d_out")
    _has_skip = False

    def fit(
        self,
        X: ItemsLike,
        y: ItemsLike = None,
        *,
        checkpoint: Path | str | None = None,
        checkpoint_every: int = 500,
        log: Log | None = None,
        progress: Progress = silent,
    ) -> Self:
        """Train on items of the earlier layer, ``(items, neurons)``, and of the later one, ``(items,
        neurons_out)``: arrays, tensors or stores whose rows belong together.

        The other arguments are those of ``SparseAutoencoder.fit``.

        Raises:
            DictionaryError: there is no ``y`` or it has other items, a hyperparameter or the items are
                unsuitable, or the training diverged. The estimator is left unfitted, or as it was.
            FormatError: the checkpoint is damaged or belongs to another training.
        """
        with self._unchanged_on_failure():
            x = validated_items(self, X, reset=True, minimum=self._minimum_items)
            train_together(
                [self],
                PairedItems(x, validated_target(self, y, len(x))),
                checkpoint=checkpoint,
                checkpoint_every=checkpoint_every,
                log=log,
                progress=progress,
            )
        return self

    def inverse_transform(self, codes: Any) -> Float32[np.ndarray, "items neurons_out"]:
        """What codes add up to in the later layer: ``codes @ components_ + offset_``.

        Without a skip that is the prediction; with one, ``predict`` adds what goes past the codes.
        """
        return super().inverse_transform(codes)

    def predict(self, X: ItemsLike) -> Float32[np.ndarray, "items neurons_out"]:
        """The later layer's activations, predicted from the earlier layer's."""
        check_is_fitted(self)
        items = validated_items(self, X, reset=False)
        return np.concatenate([self._predicted(chunk) for chunk in self._chunks(items)])

    def score(self, X: ItemsLike, y: ItemsLike = None) -> float:
        """Minus the fraction of the later layer's variance that the prediction leaves unexplained.

        ``-sum ||y - y_hat||^2 / sum ||y - mean||^2``, with the mean of ``y``, over all items.

        Raises:
            DictionaryError: there is no ``y``, it has other items or neurons, or it does not vary.
        """
        check_is_fitted(self)
        items = validated_items(self, X, reset=False)
        target = validated_target(self, y, len(items))
        if target.n_neurons != len(self.offset_):
            raise DictionaryError(
                f"{type(self).__name__} predicts {len(self.offset_)} neurons, but y has {target.n_neurons}."
            )
        error, start, moments = 0.0, 0, RunningMoments(target.n_neurons)
        for chunk in self._chunks(items):
            wanted = target.read(start, start + len(chunk))
            start += len(chunk)
            error += float(np.square(wanted - self._predicted(chunk), dtype=np.float64).sum())
            moments.update(wanted)
        variance = len(items) * moments.result().total_variance
        if variance <= 0:
            raise DictionaryError(f"The {len(items)} items of y do not vary: there is nothing to explain.")
        return -error / variance

    def _predicted(self, x: Float32[np.ndarray, "items neurons"]) -> Float32[np.ndarray, "items neurons_out"]:
        return np.asarray(self._codes(x) @ self.components_ + self.offset_, dtype=np.float32)

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> Any:
        module = self.module_
        if self.sparsity != "topk" or module.W_enc.device.type != "cpu":
            return super()._codes(x)
        W_enc, b_enc = module.W_enc.detach().numpy(), module.b_enc.detach().numpy()
        # The kernel's screening is sharper for centred items.
        bias = (b_enc + W_enc.astype(np.float64) @ self.mean_).astype(np.float32)
        return encode_top_k(x, W_enc, bias, self.mean_.astype(np.float32), self.k)

    def _check_own_hyperparameters(self, items: Items) -> None:
        if not isinstance(items, PairedItems):
            raise DictionaryError(
                f"{type(self).__name__} needs two layers: fit it by itself, with fit(X, y)."
            )
        super()._check_own_hyperparameters(items)

    def _nonlinearity(self) -> Nonlinearity:
        return TopK(self.k) if self.sparsity == "topk" else ReLU()

    def _objective(self, d_in: int) -> TranscoderObjective:
        k = self.k if self.sparsity == "topk" else None
        return TranscoderObjective(k, self._penalty, self._k_aux, self.auxk_coefficient)

    def _new_learner(self, items: Items, found: Moments, schedule: Schedule, seed: int) -> Learner:
        assert isinstance(items, PairedItems)
        widths = (items.x.n_neurons, items.y.n_neurons)
        standardisation = LayerStandardisation.of(found, widths, (float(widths[0]), float(widths[1])))
        sample = torch.from_numpy(items.sample(_SAMPLE, np.random.default_rng([seed, 1])))
        x, y = standardisation.apply(sample).split(list(widths), dim=1)
        if self.initialisation == "data":
            W_enc = data_atoms(x.numpy(), self.n_components, seed)
        else:
            W_enc = random_atoms(self.n_components, widths[0], seed)
        module = TranscoderModule(
            W_enc,
            torch.zeros(self.n_components),
            answering_atoms(W_enc, x, y, seed),
            torch.zeros(widths[1]),
            torch.zeros(widths[::-1]) if self._has_skip else None,
            self._nonlinearity(),
        )
        return self._learner(module, standardisation, schedule, seed)

    def _learner(
        self, module: SAEModule, standardisation: Standardisation, schedule: Schedule, seed: int = 0
    ) -> Learner:
        module = module.to(torch_device(self.device))
        return TranscoderLearner(
            module,
            self._training_step(module, self._objective(module.d_in)),
            standardisation,
            schedule,
            self.dead_after,
            early_stop=None if self.patience is None else EarlyStop(self.patience),
        )

    def _adopt(self, learner: Learner) -> None:
        module, standardisation = learner.module, learner.standardisation
        assert isinstance(module, TranscoderModule)
        assert isinstance(standardisation, LayerStandardisation)
        module.fold(standardisation)
        self.n_steps_ = learner.n_steps
        self._set_module(module, Standardisation(standardisation.mean[: module.d_in], standardisation.scale))

    def _stored_configuration(self) -> dict[str, Any]:
        d_out, d_in = len(self.offset_), self.n_features_in_
        own = {"d_in": d_in, "d_out": d_out, "apply_b_dec_to_input": False}
        # Only that with a ReLU is known elsewhere.
        theirs = {"architecture": "skip_transcoder" if self._has_skip else "transcoder"}
        return super()._stored_configuration() | own | (theirs if self.sparsity == "l1" else {})

    def _stored_shapes(self, d_in: int, d_sae: int, d_out: int = 0) -> dict[str, tuple[int, ...]]:
        shapes = {"W_enc": (d_in, d_sae), "b_enc": (d_sae,), "W_dec": (d_sae, d_out), "b_dec": (d_out,)}
        return shapes | ({"W_skip": (d_out, d_in)} if self._has_skip else {})

    def _restore(self, tensors: Mapping[str, Tensor], facts: Any) -> None:
        mean, scale = np.array(facts["mean"], dtype=np.float64), float(facts["scale"])
        module = TranscoderModule(
            tensors["W_enc"].T.contiguous(),
            tensors["b_enc"],
            tensors["W_dec"],
            tensors["b_dec"],
            tensors.get("W_skip"),
            self._nonlinearity(),
        )
        if mean.shape != (module.d_in,):
            raise ValueError
        self.n_steps_ = int(facts["n_steps"])
        self._set_module(module.to(torch_device(self.device)), Standardisation(mean, scale))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags
