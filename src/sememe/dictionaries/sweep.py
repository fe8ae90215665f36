"""Many dictionaries on one pass over the activations: a sweep over sparsity, width or seed."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from sememe.dictionaries.items import ItemsLike, validated_items
from sememe.dictionaries.sae import SparseAutoencoder, train_together
from sememe.dictionaries.training import Log
from sememe.errors import DictionaryError
from sememe.progress import Progress, silent


def fit_together(
    dictionaries: Sequence[SparseAutoencoder],
    X: ItemsLike,
    *,
    checkpoint: Path | str | None = None,
    checkpoint_every: int = 500,
    log: Log | None = None,
    progress: Progress = silent,
) -> None:
    """Fit trained dictionaries of any kinds, in place, on one shared stream of batches.

    Items are read, shuffled and given out once for all. Dictionaries with the ``random_state`` of the first
    end as they would alone, bit for bit; others see the batches in the first one's order.

    Args:
        dictionaries: unfitted or to be fitted anew. They may differ in everything but ``n_epochs``,
            ``max_steps``, ``batch_size``, ``patience`` and ``held_out``.
        X: items, ``(items, neurons)``.
        checkpoint, checkpoint_every, log, progress: as in ``SparseAutoencoder.fit``.

    Raises:
        DictionaryError: none was given, they cannot share batches, a hyperparameter or the items are
            unsuitable, or a training diverged. All are left as they were.
        FormatError: the checkpoint is damaged or belongs to another training.
    """
    if not dictionaries:
        raise DictionaryError("There is no dictionary to fit: give at least one.")
    with contextlib.ExitStack() as stack:
        for dictionary in dictionaries:
            stack.enter_context(dictionary._unchanged_on_failure())
            items = validated_items(dictionary, X, reset=True, minimum=dictionary._minimum_items)
        train_together(
            dictionaries,
            items,
            checkpoint=checkpoint,
            checkpoint_every=checkpoint_every,
            log=log,
            progress=progress,
        )
