"""What all sparse autoencoders share: hyperparameters of training, and how a fit is put together."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float32, Float64
from torch import Tensor

from sememe.activations import Moments
from sememe.dictionaries.device import torch_device
from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.folding import Standardisation, fold, unfold
from sememe.dictionaries.initialisation import data_atoms, geometric_median, random_atoms, tied
from sememe.dictionaries.items import Items, ItemsLike, validated_items
from sememe.dictionaries.kernels.choose import training_step
from sememe.dictionaries.learner import EarlyStop, Learner, Revival, Schedule
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.moments import moments_of
from sememe.dictionaries.nonlinearities import Nonlinearity
from sememe.dictionaries.optimisers import OPTIMISERS
from sememe.dictionaries.parameters import check_choice, check_integer, check_number, seed_of
from sememe.dictionaries.step import Objective, ReferenceStep, TrainingStep
from sememe.dictionaries.together import train_together
from sememe.dictionaries.training import Log
from sememe.progress import Progress, silent

# Items from which the geometric median and data-point atoms are taken.
_SAMPLE = 10_000


@dataclass(eq=False, repr=False, kw_only=True)
class SparseAutoencoder(Dictionary):
    """Base of the dictionaries that are trained by gradients.

    Trained on ``(x - mean_) / scale_`` and then folded, so that the fitted module takes raw activations and
    gives codes in their unit, with atoms of unit length.

    Args:
        n_components: number of atoms.
        n_epochs: passes over the items.
        max_steps: training steps, instead of passes; None: as many as the passes have.
        batch_size: items a step; all, where there are fewer.
        optimizer: "adam", for which there are fast kernels, "adamw", "nadam", "radam", "rmsprop" or "sgd".
        learning_rate: at its highest, for items scaled to unit variance; Adam's.
        warmup: share of the steps in which the learning rate rises.
        decay: share of the steps, at the end, in which it falls to 0.
        clip_norm: bound on the length of the gradient; None: unbounded.
        centring: what is subtracted from the items: their "mean" or their "geometric_median".
        initialisation: first atoms: "random" directions or those of items ("data").
        dead_after: items without a firing after which a component counts as dead and is revived.
        patience: passes without a fall of the held-out error after which training stops; None: never.
        held_out: items kept out of training to measure that error; used with ``patience`` only.
        device: "cpu", "cuda" or another torch device; "auto": a GPU if there is one.
        sparse_output: give codes as a CSR array.
        random_state: seed of initialisation, shuffling and revival.

    Attributes:
        module_: the torch module, on raw activations; for forward hooks and gradients.
        mean_, scale_: centre (float64) and scale of the items in training.
        n_steps_: training steps taken.
    """

    n_components: int = 512
    n_epochs: int = 10
    max_steps: int | None = None
    batch_size: int = 1024
    optimizer: str = "adam"
    learning_rate: float = 5e-3
    warmup: float = 0.02
    decay: float = 0.2
    clip_norm: float | None = None
    centring: str = "mean"
    initialisation: str = "random"
    dead_after: int = 10_000
    patience: int | None = None
    held_out: int = 2048
    device: str = "cpu"
    sparse_output: bool = False
    random_state: Any = 0

    def fit(
        self,
        X: ItemsLike,
        y: Any = None,
        *,
        checkpoint: Path | str | None = None,
        checkpoint_every: int = 500,
        log: Log | None = None,
        progress: Progress = silent,
    ) -> Self:
        """Train on items, ``(items, neurons)``.

        Args:
            checkpoint: folder for the state of the training, written every ``checkpoint_every`` steps. A fit
                that finds one there goes on from it and ends bit for bit as if it had not been interrupted.
            log: is given a record every 50 steps; see ``training.train``.

        Raises:
            DictionaryError: a hyperparameter or the items are unsuitable, or the training diverged. The
                estimator is left unfitted, or as it was.
            FormatError: the checkpoint is damaged or belongs to another training.
        """
        with self._unchanged_on_failure():
            items = validated_items(self, X, reset=True, minimum=self._minimum_items)
            train_together(
                [self],
                items,
                checkpoint=checkpoint,
                checkpoint_every=checkpoint_every,
                log=log,
                progress=progress,
            )
        return self

    def partial_fit(self, X: ItemsLike, y: Any = None) -> Self:
        """Train on one pass over some items, in order, at a constant learning rate.

        The first call fixes centre and scale by its items. Adam's state is kept from call to call; after
        ``fit`` or ``load`` it begins anew.
        """
        fitted = hasattr(self, "module_")
        with self._unchanged_on_failure():
            items = validated_items(self, X, reset=not fitted, minimum=1 if fitted else self._minimum_items)
            self._check_hyperparameters(items)
            schedule = Schedule(self._peak_learning_rate(1), warmup=0.0, decay=0.0, n_steps=1)
            if fitted:
                standardisation = Standardisation(self.mean_, self.scale_)
                module = copy.deepcopy(self.module_)
                unfold(module, standardisation)
                learner = self._learner(module, standardisation, schedule)
                learner.n_steps = self.n_steps_
            else:
                found = moments_of(items)
                learner = self._new_learner(items, found, schedule, seed_of(self.random_state))
            state = getattr(self, "_partial_state", None)
            if state is not None:
                learner.load_state(state)
            for start in range(0, len(items), self.batch_size):
                learner.update(items.read(start, min(start + self.batch_size, len(items))), items)
            after = learner.state()
            self._calibrate(learner, items.chunks())
            self._adopt(learner)
            self._partial_state: dict[str, Tensor] | None = after
        return self

    def _nonlinearity(self) -> Nonlinearity:
        """What the family puts between encoder and decoder."""
        raise NotImplementedError

    def _objective(self, d_in: int) -> Objective:
        """What the family minimises, for items of ``d_in`` neurons."""
        raise NotImplementedError

    def _check_own_hyperparameters(self, items: Items) -> None:
        """Refuse unsuitable values of the hyperparameters that only the family has."""

    def _module(self, atoms: Float32[Tensor, "components neurons"]) -> SAEModule:
        return SAEModule(**tied(atoms), nonlinearity=self._nonlinearity())

    def _new_module(
        self,
        atoms: Float32[Tensor, "components neurons"],
        items: Items,
        standardisation: Standardisation,
        seed: int,
    ) -> SAEModule:
        """The module that training begins with; for families that take more than atoms from the items."""
        return self._module(atoms)

    def _training_step(self, module: SAEModule, objective: Objective) -> TrainingStep:
        if self.optimizer != "adam":
            return ReferenceStep(module, objective, self.clip_norm, self.optimizer)
        return training_step(module, objective, self.clip_norm)

    def _revival(self, n_steps: int, seed: int) -> Revival | None:
        """What replaces dead components between steps, where the objective does not revive them."""
        return None

    def _calibrate(self, learner: Learner, batches: Iterator[Float32[np.ndarray, "batch neurons"]]) -> None:
        """Set, from raw batches, what the trained module needs in use and training did not."""

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> Any:
        with torch.no_grad():
            return self.module_.encode(torch.from_numpy(x).to(self.module_.b_dec)).cpu().numpy()

    def _stored_configuration(self) -> dict[str, Any]:
        # With a version of SAELens named, its loader takes this for what it is and migrates nothing.
        return {
            "architecture": type(self).__name__,
            "apply_b_dec_to_input": True,
            "normalize_activations": "none",
            "reshape_activations": "none",
            "metadata": {"sae_lens_version": "6.0.0", "sae_lens_training_version": None},
        }

    def _stored_tensors(self) -> dict[str, Tensor]:
        return self.module_.lens_tensors()

    def _stored_shapes(self, d_in: int, d_sae: int) -> dict[str, tuple[int, ...]]:
        with torch.device("meta"):  # sizes that a damaged file gives may be of any size
            tensors = self._module(torch.zeros(d_sae, d_in)).lens_tensors()
        return {name: tuple(value.shape) for name, value in tensors.items()}

    def _stored_facts(self) -> dict[str, Any]:
        return {"mean": self.mean_.tolist(), "scale": self.scale_, "n_steps": self.n_steps_}

    def _restore(self, tensors: Mapping[str, Tensor], facts: Any) -> None:
        mean, scale = np.array(facts["mean"], dtype=np.float64), float(facts["scale"])
        module = self._module(torch.zeros_like(tensors["W_dec"]))
        module.load_lens_tensors(tensors)
        if mean.shape != (module.d_in,):
            raise ValueError
        self.n_steps_ = int(facts["n_steps"])
        self._set_module(module.to(torch_device(self.device)), Standardisation(mean, scale))

    def _check_hyperparameters(self, items: Items) -> None:
        check_integer("n_components", self.n_components, 1)
        check_integer("n_epochs", self.n_epochs, 1)
        if self.max_steps is not None:
            check_integer("max_steps", self.max_steps, 1)
        check_integer("batch_size", self.batch_size, 1)
        check_choice("optimizer", self.optimizer, OPTIMISERS)
        check_number("learning_rate", self._peak_learning_rate(1), 0, above=True)
        check_number("warmup", self.warmup, 0, 1)
        check_number("decay", self.decay, 0, 1)
        if self.clip_norm is not None:
            check_number("clip_norm", self.clip_norm, 0, above=True)
        check_choice("centring", self.centring, ("mean", "geometric_median"))
        check_choice("initialisation", self.initialisation, ("random", "data"))
        check_integer("dead_after", self.dead_after, 1)
        if self.patience is not None:
            check_integer("patience", self.patience, 1)
            check_integer("held_out", self.held_out, 2, len(items) - 2, "the number of items, less 2")
        self._check_own_hyperparameters(items)

    def _peak_learning_rate(self, n_steps: int) -> float:
        """The highest learning rate of a training of ``n_steps``."""
        return self.learning_rate

    def _schedule(self, n_steps: int) -> Schedule:
        return Schedule(self._peak_learning_rate(n_steps), self.warmup, self.decay, n_steps)

    def _new_learner(self, items: Items, found: Moments, schedule: Schedule, seed: int) -> Learner:
        rng = np.random.default_rng([seed, 1])
        centre = found.mean
        if self.centring == "geometric_median":
            centre = geometric_median(items.sample(_SAMPLE, rng))
        standardisation = Standardisation(centre, found.scale)
        if self.initialisation == "data":
            sample = torch.from_numpy(items.sample(max(_SAMPLE, self.n_components), rng))
            atoms = data_atoms(standardisation.apply(sample).numpy(), self.n_components, seed)
        else:
            atoms = random_atoms(self.n_components, items.n_neurons, seed)
        module = self._new_module(atoms, items, standardisation, seed)
        return self._learner(module, standardisation, schedule, seed)

    def _learner(
        self, module: SAEModule, standardisation: Standardisation, schedule: Schedule, seed: int = 0
    ) -> Learner:
        module = module.to(torch_device(self.device))
        return Learner(
            module,
            self._training_step(module, self._objective(module.d_in)),
            standardisation,
            schedule,
            self.dead_after,
            self._revival(schedule.n_steps, seed),
            None if self.patience is None else EarlyStop(self.patience),
        )

    def _adopt(self, learner: Learner) -> None:
        """Take over what was learned: fold the learner's module and set the fitted attributes."""
        fold(learner.module, learner.standardisation)
        self._partial_state = None
        self.n_steps_ = learner.n_steps
        self._set_module(learner.module, learner.standardisation)

    def _set_module(self, module: SAEModule, standardisation: Standardisation) -> None:
        self.module_ = module.eval()
        self.mean_: Float64[np.ndarray, " neurons"] = standardisation.mean
        self.scale_ = standardisation.scale
        self.components_ = module.W_dec.detach().cpu().numpy()
        self.offset_ = module.b_dec.detach().cpu().numpy()
