"""Dictionaries in NumPy: codes of items from the files of a run, without torch.

The families of :mod:`sememe.explorer.live.encoders` are read here. The codes of any other are found by
:mod:`sememe.dictionaries`, which takes seconds and a few hundred megabytes, the first time.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError
from safetensors.numpy import load
from scipy import sparse

from sememe.errors import FormatError
from sememe.explorer.live.encoders import ENCODERS
from sememe.files import read_json

Array = np.ndarray
# Items are encoded in pieces whose dense codes take about this much.
_CHUNK_BYTES = 16 * 2**20


@dataclass(frozen=True, eq=False)
class LiveDictionary:
    """What turns activations into codes and back: ``x_hat = codes @ components_ + offset_``.

    Attributes:
        name: its class in ``sememe.dictionaries``.
        components_: the atoms.
        offset_: what codes of zeros give.
        encoder: how much of each neuron a component reads; None where atoms are chosen by pursuit.
        codes: dense codes of a few items.
    """

    name: str
    components_: Float32[np.ndarray, "components neurons"]
    offset_: Float32[np.ndarray, " neurons"]
    encoder: Float32[np.ndarray, "components neurons"] | None
    codes: Callable[[Array], Array]

    @property
    def n_components(self) -> int:
        """How many components there are."""
        return len(self.components_)

    def transform(self, x: Float32[np.ndarray, "items neurons"]) -> sparse.csr_array:
        """Codes of many items, without their zeros."""
        step = max(1, _CHUNK_BYTES // (4 * self.n_components))
        parts = [sparse.csr_array(self.codes(x[start : start + step])) for start in range(0, len(x), step)]
        found: sparse.csr_array = sparse.vstack(parts, format="csr")
        return found

    def decode(self, codes: Array) -> Array:
        """Activations from dense codes."""
        given: Array = codes @ self.components_ + self.offset_
        return given


def n_components_of(folder: Path) -> int:
    """How many components a saved dictionary has, without opening it.

    Raises:
        FormatError: its configuration does not say.
    """
    configuration = read_json(folder / "cfg.json")
    count = configuration.get("d_sae") if isinstance(configuration, dict) else None
    if not isinstance(count, int):
        raise FormatError(f"{folder / 'cfg.json'} does not say how many components there are: fit it again.")
    return count


def open_dictionary(folder: Path) -> LiveDictionary:
    """A dictionary that a run saved.

    Raises:
        FormatError: a file is missing, damaged, or not Sememe's.
    """
    configuration = read_json(folder / "cfg.json")
    record = configuration.get("sememe") if isinstance(configuration, dict) else None
    if not isinstance(record, dict) or not isinstance(record.get("parameters"), dict):
        raise FormatError(f"{folder / 'cfg.json'} was not written by Sememe: fit the dictionary again.")
    name, parameters = str(record.get("dictionary")), record["parameters"]
    if name not in ENCODERS:
        return _by_torch(folder, name)
    path = folder / "sae_weights.safetensors"
    try:
        tensors = load(path.read_bytes())
        encoder, codes = ENCODERS[name](tensors, parameters)
        return LiveDictionary(name, tensors["W_dec"], tensors["b_dec"], encoder, codes)
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise FormatError(f"{path} does not hold a {name} ({error!r}): fit the dictionary again.") from None


def _by_torch(folder: Path, name: str) -> LiveDictionary:
    """Its atoms are read here; what encodes is opened when the first codes are asked for."""
    path = folder / "sae_weights.safetensors"
    try:
        tensors = load(path.read_bytes())
        components, offset = tensors["W_dec"].astype(np.float32), tensors["b_dec"].astype(np.float32)
    except (OSError, SafetensorError, KeyError) as error:
        raise FormatError(f"{path} does not hold a {name} ({error!r}): fit the dictionary again.") from None

    @functools.cache
    def opened() -> Any:
        from sememe import dictionaries

        return dictionaries.load(folder).set_params(sparse_output=False)

    def codes(x: Array) -> Array:
        return np.asarray(opened().transform(x))

    return LiveDictionary(name, components, offset, None, codes)
