"""Parts of a run read back; of a damaged one the message says what to remove."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from torch import nn

from sememe import activations, dictionaries, networks
from sememe.activations import Activations
from sememe.dictionaries import Dictionary
from sememe.errors import RunError, SememeError


@contextlib.contextmanager
def part_of_run(place: Path) -> Iterator[None]:
    """Tell whoever meets a damaged part which folder to remove.

    Raises:
        RunError: in place of any of our errors within the block.
    """
    try:
        yield
    except SememeError as error:
        said = str(error).rstrip(".")
        raise RunError(
            f"{said}. Remove {place} and give the run's command again: only that part is made anew."
        ) from error


def load_network(place: Path) -> nn.Module:
    """A network of a run."""
    with part_of_run(place):
        return networks.load(place)


def load_dictionary(place: Path) -> Dictionary:
    """A dictionary of a run, that gives sparse codes."""
    with part_of_run(place):
        return dictionaries.load(place).set_params(sparse_output=True)


def load_activations(place: Path) -> tuple[Activations, np.ndarray]:
    """A store of a run, and all its values in memory."""
    with part_of_run(place):
        store = activations.open_store(place)
        return store, store.rows(0, len(store))
