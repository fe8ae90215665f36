"""A fitted dictionary on disk: ``cfg.json`` and ``sae_weights.safetensors``.

Where SAELens has the architecture, both files are as it writes and reads them (``W_enc`` transposed against
ours), and its loader takes them as they are. What only Sememe knows, the hyperparameters and how training was
scaled, stands in ``cfg.json`` under ``sememe``, where other readers pass over it. Nothing is pickled.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save as safetensors_bytes
from sklearn.utils.validation import check_is_fitted

import sememe
from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.parameters import check_integer
from sememe.dictionaries.registry import registry
from sememe.dictionaries.tensors import check_tensors, read_tensors
from sememe.errors import DictionaryError, FormatError
from sememe.files import read_json, whole_folder, write_bytes, write_json

CONFIGURATION, WEIGHTS = "cfg.json", "sae_weights.safetensors"

_FORMAT = 1

# Parameters of training that came later: a file of an earlier version is read as if it gave their defaults.
_LATER = frozenset({"lift", "multi_topk_coefficient", "optimizer"})


def save(dictionary: Dictionary, folder: Path | str) -> None:
    """Write a fitted dictionary to a folder, which appears whole or not at all and replaces an older one.

    Raises:
        DictionaryError: it is not fitted, or a hyperparameter cannot be written as JSON.
    """
    check_is_fitted(dictionary)
    tensors = dictionary._stored_tensors()
    n_components, d_in = dictionary.components_.shape
    configuration = {
        "d_in": d_in,
        "d_sae": n_components,
        "dtype": "float32",
        "device": "cpu",
        **dictionary._stored_configuration(),
        "sememe": {
            "format": _FORMAT,
            "version": sememe.__version__,
            "dictionary": type(dictionary).__name__,
            "parameters": _as_json(dictionary.get_params(deep=False)),
            "fitted": dictionary._stored_facts(),
        },
    }
    content = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with whole_folder(folder) as partial:
        write_json(partial / CONFIGURATION, configuration)
        write_bytes(partial / WEIGHTS, safetensors_bytes(content))


def load(folder: Path | str) -> Dictionary:
    """The dictionary that ``save`` wrote to a folder, with the same codes bit for bit.

    One that an earlier version wrote has the defaults of the parameters that did not exist then.

    Raises:
        FormatError: a file is missing, truncated, tampered with or a pickle; a tensor is missing or has
            another shape; the architecture or a parameter is unknown. The sentence names the file and the
            key.
    """
    folder = Path(folder)
    configuration = read_json(folder / CONFIGURATION)
    record = configuration.get("sememe") if isinstance(configuration, dict) else None
    if not isinstance(record, dict):
        raise FormatError(
            f"{folder / CONFIGURATION} was not written by Sememe: import it as a foreign format."
        )
    if record.get("format") != _FORMAT:
        raise FormatError(
            f"{folder / CONFIGURATION} has format {record.get('format')!r}, but this version of Sememe reads "
            f"{_FORMAT}: update Sememe or save the dictionary again."
        )
    name = record.get("dictionary")
    kind = registry().get(name) if isinstance(name, str) else None
    if kind is None:
        raise FormatError(
            f"{folder / CONFIGURATION} holds a dictionary {name!r}, which is not among {sorted(registry())}."
        )
    dictionary = _with_parameters(kind, record.get("parameters"), folder / CONFIGURATION)
    tensors = read_tensors(folder / WEIGHTS)
    sizes = _sizes(configuration, folder / CONFIGURATION, kind._stored_sizes)
    try:
        expected = dictionary._stored_shapes(**sizes)
    except (TypeError, ValueError, RuntimeError) as error:
        raise FormatError(
            f"{folder / CONFIGURATION} gives {name} parameters that do not go together ({error!s:.80})."
        ) from None
    check_tensors(folder / WEIGHTS, tensors, expected)
    for key, value in tensors.items():
        exact = key in kind._stored_arrays and value.dtype == torch.float64
        if value.dtype != torch.float32 and not exact:
            raise FormatError(f"{folder / WEIGHTS}: tensor {key} should be float32, but is {value.dtype}.")
    facts = record.get("fitted")
    try:
        dictionary._restore(tensors, facts)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise FormatError(
            f"{folder / CONFIGURATION} does not say how {name} was fitted (sememe.fitted is {facts!r:.80})."
        ) from None
    dictionary.n_features_in_ = sizes["d_in"]
    return dictionary


def _with_parameters(kind: type[Dictionary], parameters: Any, path: Path) -> Dictionary:
    if not isinstance(parameters, dict):
        raise FormatError(f"{path} does not give the parameters of {kind.__name__}: save it again.")
    known = set(kind._get_param_names())
    for name in sorted(known - parameters.keys() - _LATER):
        raise FormatError(f"{path} does not give the parameter {name} of {kind.__name__}: save it again.")
    for name in sorted(parameters.keys() - known):
        raise FormatError(
            f"{path} gives a parameter {name} that {kind.__name__} does not have in this version of Sememe: "
            "update Sememe, or save it again."
        )
    if "k" in known and not (parameters["k"] is None and kind().get_params()["k"] is None):
        try:
            check_integer("k", parameters["k"], 1)  # the only one that encoding needs
        except DictionaryError as error:
            raise FormatError(f"{path} cannot be used: {error}") from None
    return kind(
        **{key: tuple(value) if isinstance(value, list) else value for key, value in parameters.items()}
    )


def _sizes(configuration: Mapping[str, Any], path: Path, keys: tuple[str, ...]) -> dict[str, int]:
    sizes = {}
    for key in keys:
        value = configuration.get(key)
        if not isinstance(value, int) or value < 1:
            raise FormatError(f"{path} should give {key} as a positive integer, but {value!r} stands there.")
        sizes[key] = value
    return sizes


def _as_json(parameters: Mapping[str, Any]) -> dict[str, Any]:
    plain = {}
    for name, value in parameters.items():
        if isinstance(value, np.generic):
            value = value.item()
        if name == "random_state" and not isinstance(value, int):
            value = None  # a generator's later draws are not part of what was fitted
        if not isinstance(value, bool | int | float | str | list | tuple | None):
            raise DictionaryError(f"The parameter {name} cannot be saved: {value!r} is not a plain value.")
        plain[name] = value
    return plain
