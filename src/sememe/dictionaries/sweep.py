"""Many dictionaries on one pass over the activations: a sweep over sparsity, width or seed."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.items import Items, ItemsLike, validated_items
from sememe.dictionaries.paired_items import PairedItems, validated_target
from sememe.dictionaries.sae import SparseAutoencoder
from sememe.dictionaries.together import train_together
from sememe.dictionaries.training import Log
from sememe.errors import DictionaryError
from sememe.progress import Progress, part, silent


class ItemsWithout(Items):
    """All items but some, which are left for judging what was fitted on the rest; nothing is copied.

    Args:
        items: all items.
        left_out: sorted numbers of the rows that are never given.
    """

    def __init__(self, items: Items, left_out: Int64[np.ndarray, " left_out"]) -> None:
        self._all = items
        # How many kept rows stand before each row that is left out.
        self._kept_before = left_out - np.arange(len(left_out))
        self.n_items = len(items) - len(left_out)
        self.n_neurons = items.n_neurons
        self.in_memory = items.in_memory

    @property
    def block(self) -> int:
        return self._all.block

    def read(self, start: int, stop: int) -> Float32[np.ndarray, "some neurons"]:
        stop = min(stop, self.n_items)
        if stop <= start:
            return np.empty((0, self.n_neurons), dtype=np.float32)
        rows = self._rows_of(np.arange(start, stop))
        return self._all.read(int(rows[0]), int(rows[-1]) + 1)[rows - rows[0]]

    def take(self, rows: Int64[np.ndarray, " some"]) -> Float32[np.ndarray, "some neurons"]:
        return self._all.take(self._rows_of(rows))

    def _rows_of(self, kept: Int64[np.ndarray, " some"]) -> Int64[np.ndarray, " some"]:
        return kept + np.searchsorted(self._kept_before, kept, side="right")


def fit_together(
    dictionaries: Sequence[Dictionary],
    X: ItemsLike,
    y: ItemsLike = None,
    *,
    left_out: Int64[np.ndarray, " left_out"] | None = None,
    checkpoint: Path | str | None = None,
    checkpoint_every: int = 500,
    log: Log | None = None,
    progress: Progress = silent,
) -> None:
    """Fit dictionaries of any kinds, in place; all that are trained by gradients share one stream of batches.

    Items are read, shuffled and given out once for all. Dictionaries with the ``random_state`` of the first
    end as they would alone, bit for bit; others see the batches in the first one's order. What is not trained
    by gradients is fitted one after the other.

    Args:
        dictionaries: unfitted or to be fitted anew. Those that are trained may differ in everything but
            ``n_epochs``, ``max_steps``, ``batch_size``, ``patience`` and ``held_out``.
        X: items, ``(items, neurons)``.
        y: items of a later layer, for transcoders.
        left_out: sorted numbers of rows of ``X`` that no dictionary is fitted on.
        checkpoint, checkpoint_every, log: as in ``SparseAutoencoder.fit``, of those that are trained; the log
            numbers them in their order.
        progress: told the share of the work that is done.

    Raises:
        DictionaryError: none was given, they cannot share batches, a hyperparameter or the items are
            unsuitable, or a training diverged. All are left as they were.
        FormatError: the checkpoint is damaged or belongs to another training.
    """
    if not dictionaries:
        raise DictionaryError("There is no dictionary to fit: give at least one.")
    trained = [one for one in dictionaries if isinstance(one, SparseAutoencoder)]
    others = [one for one in dictionaries if not isinstance(one, SparseAutoencoder)]
    with contextlib.ExitStack() as stack:
        for dictionary in dictionaries:
            stack.enter_context(dictionary._unchanged_on_failure())
            items = validated_items(dictionary, X, reset=True, minimum=dictionary._minimum_items)
        later = None if y is None else validated_target(dictionaries[0], y, len(items))
        if left_out is not None:
            _check_left_out(left_out, len(items), max(one._minimum_items for one in dictionaries))
            items = ItemsWithout(items, left_out)
            later = None if later is None else ItemsWithout(later, left_out)
        if later is not None:
            items = PairedItems(items, later)
        for number, dictionary in enumerate(others):
            progress(number / len(dictionaries), f"{type(dictionary).__name__}, {len(items):,} items")
            dictionary._fit(items)
        if trained:
            train_together(
                trained,
                items,
                checkpoint=checkpoint,
                checkpoint_every=checkpoint_every,
                log=log,
                progress=part(progress, len(others) / len(dictionaries), 1.0),
            )


def _check_left_out(left_out: Int64[np.ndarray, " left_out"], n_items: int, minimum: int) -> None:
    if len(left_out) and not (left_out[0] >= 0 and left_out[-1] < n_items and (np.diff(left_out) > 0).all()):
        raise DictionaryError(f"The rows that are left out must be sorted and within 0 .. {n_items - 1}.")
    if n_items - len(left_out) < minimum:
        raise DictionaryError(
            f"Of {n_items} items {len(left_out)} are left out, but a fit needs at least {minimum}."
        )
