"""Several sparse autoencoders on one stream of batches: the items are read, and their scale found, once."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sememe.dictionaries.checkpoint import training_identity
from sememe.dictionaries.items import Items
from sememe.dictionaries.moments import moments_of
from sememe.dictionaries.parameters import check_integer, seed_of
from sememe.dictionaries.stream import BatchStream
from sememe.dictionaries.training import Checkpoints, Log, train
from sememe.errors import DictionaryError
from sememe.progress import Progress, silent

if TYPE_CHECKING:
    from sememe.dictionaries.sae import SparseAutoencoder

# Batches over which what is used after training instead of a batch's own statistics is averaged.
_CALIBRATION_BATCHES = 32

STREAM = ("n_epochs", "max_steps", "batch_size", "patience", "held_out")
"""Hyperparameters that dictionaries must have in common to be fed by one stream of batches."""


def train_together(
    saes: Sequence["SparseAutoencoder"],
    items: Items,
    *,
    checkpoint: Path | str | None = None,
    checkpoint_every: int = 500,
    log: Log | None = None,
    progress: Progress = silent,
) -> None:
    """Train dictionaries on one stream of batches, shuffled by the first one's seed."""
    for sae in saes:
        sae._check_hyperparameters(items)
    lead = saes[0]
    _refuse_other_streams(saes)
    found = moments_of(items)
    seeds = [seed_of(sae.random_state) for sae in saes]
    held_out_rows = None
    if lead.patience is not None:
        rng = np.random.default_rng([seeds[0], 2])
        held_out_rows = np.sort(rng.choice(len(items), lead.held_out, replace=False))
    stream = BatchStream(items, lead.batch_size, seeds[0], held_out_rows)
    n_steps = lead.max_steps or lead.n_epochs * stream.batches_per_epoch
    learners = []
    for sae, seed in zip(saes, seeds, strict=True):
        learners.append(sae._new_learner(items, found, sae._schedule(n_steps), seed))
    checkpoints = None
    if checkpoint is not None:
        check_integer("checkpoint_every", checkpoint_every, 1)
        checkpoints = Checkpoints(Path(checkpoint), checkpoint_every, training_identity(saes, items, found))
    train(
        learners,
        stream,
        n_steps,
        held_out=None if held_out_rows is None else items.take(held_out_rows),
        checkpoints=checkpoints,
        log=log,
        progress=progress,
    )
    for sae, learner in zip(saes, learners, strict=True):
        sae._calibrate(learner, stream.batches(n_steps, n_steps + _CALIBRATION_BATCHES))
        sae._adopt(learner)


def _refuse_other_streams(saes: Sequence["SparseAutoencoder"]) -> None:
    for name in STREAM:
        values = {getattr(sae, name) for sae in saes}
        if len(values) > 1:
            raise DictionaryError(
                f"Dictionaries that are fitted together share their batches, so {name} must be the same, "
                f"but {sorted(values, key=str)} arrived."
            )
