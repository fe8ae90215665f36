"""Training a dictionary end to end: with the network's own loss added to the dictionary's."""

import copy
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from sememe.activations import harvest
from sememe.dictionaries.end_to_end_objective import EndToEndObjective, held_still
from sememe.dictionaries.folding import Standardisation, unfold
from sememe.dictionaries.items import Items, validated_items
from sememe.dictionaries.learner import Learner, Schedule
from sememe.dictionaries.moments import moments_of
from sememe.dictionaries.parameters import check_integer, check_number, seed_of
from sememe.dictionaries.sae import SparseAutoencoder
from sememe.dictionaries.several_layers_sae import SeveralLayersAutoencoder
from sememe.dictionaries.training import Log
from sememe.errors import DictionaryError
from sememe.images import ImageSet
from sememe.progress import Progress, silent

SAE = TypeVar("SAE", bound=SparseAutoencoder)

# Images, and positions of each, from which centre, scale and replacements of dead components are taken.
_SAMPLE_IMAGES, _SAMPLE_POSITIONS = 2000, 16

# Batches over which what is used after training instead of a batch's own statistics is averaged.
_CALIBRATION_BATCHES = 32

_LOG_EVERY = 50


def fit_end_to_end(
    sae: SAE,
    net: nn.Module,
    images: ImageSet,
    layer: str,
    *,
    kl_coefficient: float = 1.0,
    downstream: Sequence[str] = (),
    downstream_coefficient: float = 1.0,
    batch_size: int = 128,
    log: Log | None = None,
    progress: Progress = silent,
) -> SAE:
    """Train a sparse autoencoder on what its reconstruction does to the network, besides the reconstruction.

    A layer holds much that the network never reads; squared error spends components on it, the network's own
    loss does not. Added to the family's loss are the KL divergence of the network's answers with the
    reconstruction spliced in from those without and, if asked for, the error that this makes in later layers
    (Braun et al. 2024, "Identifying functionally important features with end-to-end sparse dictionary
    learning", arXiv 2405.12241). The network is held fixed and left as it was.

    An unfitted autoencoder is trained from its initialisation; a fitted one goes on from where it is, which
    is best done at a lower ``learning_rate``. Passes over the images (``n_epochs``, ``max_steps``), schedule
    and revival are those of its hyperparameters; ``patience`` and its own ``batch_size`` are not used.

    Args:
        sae: fitted in place, and returned.
        net: any module from float images ``(images, channels, height, width)`` in 0..1 to logits.
        images: what it is trained on.
        layer: dotted name of a layer that gives vectors, maps or tokens.
        kl_coefficient: weight of the KL divergence, in nats, against the squared error as a share of the
            variance. The larger, the less does the squared error count; a family's penalty has to grow along.
        downstream: names of later layers whose activations are to stay the same.
        downstream_coefficient: weight of their squared error as a share of their variance; each counts alike.
        batch_size: images a step.
        log: is given a record every 50 steps: those of ``training.train``, and ``kl``.

    Raises:
        DictionaryError: the autoencoder is of several layers, or cannot go on from where it is; it was fitted
            for another number of neurons; a hyperparameter or the activations are unsuitable; or the training
            diverged. The autoencoder is left as it was.
        NetworkError: an unknown layer, or one that cannot be replaced.
    """
    _refuse_unsuitable(sae)
    check_number("kl_coefficient", kl_coefficient, 0)
    check_number("downstream_coefficient", downstream_coefficient, 0)
    check_integer("batch_size", batch_size, 1)
    seed = seed_of(sae.random_state)
    drawn = np.random.default_rng([seed, 3]).permutation(len(images))[:_SAMPLE_IMAGES]
    sample = harvest(
        net,
        images[np.sort(drawn)],
        layer,
        positions_per_image=_SAMPLE_POSITIONS,
        seed=seed,
        device=next((parameter.device.type for parameter in net.parameters()), "cpu"),
    )
    with sae._unchanged_on_failure(), held_still(net):
        fitted = hasattr(sae, "module_")
        items = validated_items(sae, np.asarray(sample.values), reset=not fitted, minimum=sae._minimum_items)
        sae._check_hyperparameters(items)
        batches_per_epoch = max(1, len(images) // batch_size)
        n_steps = sae.max_steps or sae.n_epochs * batches_per_epoch
        learner = _learner(sae, items, sae._schedule(n_steps), seed)
        objective = EndToEndObjective(
            sae._objective(learner.module.d_in),
            net,
            layer,
            learner.standardisation,
            kl_coefficient,
            downstream,
            downstream_coefficient,
        )
        learner.training_step = sae._training_step(learner.module, objective)
        kl = 0.0
        for step, batch in enumerate(_batches(net, images, batch_size, seed, n_steps), 1):
            learner.update(objective.items_of(batch).cpu().numpy(), items)
            kl += objective.kl
            if step % _LOG_EVERY == 0 or step == n_steps:
                record = {"dictionary": 0, **learner.record(), "kl": kl / ((step - 1) % _LOG_EVERY + 1)}
                kl = 0.0
                if log is not None:
                    log(record)
                note = f"step {step} of {n_steps}, FVU {record['fvu']:.3f}, KL {record['kl']:.4f}"
                progress(step / n_steps, note)
        calibration = _batches(net, images, batch_size, seed + 1, _CALIBRATION_BATCHES)
        sae._calibrate(learner, (objective.items_of(batch).cpu().numpy() for batch in calibration))
        learner.n_steps += sae.n_steps_ if fitted else 0
        sae._adopt(learner)
    return sae


def _refuse_unsuitable(sae: SparseAutoencoder) -> None:
    name = type(sae).__name__
    if isinstance(sae, SeveralLayersAutoencoder):
        raise DictionaryError(
            f"{name} has more than one layer, but end-to-end training puts one layer's reconstruction in its "
            "place: give an autoencoder of one layer."
        )
    if hasattr(sae, "module_") and not hasattr(sae, "partial_fit"):
        raise DictionaryError(
            f"{name} cannot go on from where it is, as its atoms were fixed by its fit: give it unfitted."
        )


def _learner(sae: SparseAutoencoder, items: Items, schedule: Schedule, seed: int) -> Learner:
    if not hasattr(sae, "module_"):
        return sae._new_learner(items, moments_of(items), schedule, seed)
    standardisation = Standardisation(sae.mean_, sae.scale_)
    module = copy.deepcopy(sae.module_).train()
    unfold(module, standardisation)
    return sae._learner(module, standardisation, schedule, seed)


def _batches(net: nn.Module, images: ImageSet, batch_size: int, seed: int, n: int) -> Iterator[Tensor]:
    """``n`` batches of images, shuffled anew in every pass, where the network is and in its number type."""
    parameter = next(iter(net.parameters()), torch.empty(0))
    per_epoch = max(1, len(images) // batch_size)
    for number in range(n):
        epoch, batch = divmod(number, per_epoch)
        if batch == 0:
            order = np.random.default_rng([seed, epoch]).permutation(len(images))
        rows = order[batch * batch_size : (batch + 1) * batch_size]
        yield torch.from_numpy(images.floats(rows)).to(parameter)
