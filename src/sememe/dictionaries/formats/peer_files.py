"""What stands in another library's files: settings and tensors, checked one by one; nothing is unpickled."""

import io
import pickle
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from sememe.dictionaries.tensors import check_tensors, read_tensors
from sememe.errors import FormatError
from sememe.files import read_json, write_bytes


def read_settings(path: Path) -> dict[str, Any]:
    """A JSON file that holds an object.

    Raises:
        FormatError: there is no such file, or it is not JSON or not an object.
    """
    settings = read_json(path)
    if not isinstance(settings, dict):
        raise FormatError(f"{path} should hold a JSON object of settings, but holds {settings!r:.60}.")
    return settings


def section(path: Path, settings: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The settings below ``key``; none, if it is missing or null."""
    value = settings.get(key)
    if value is not None and not isinstance(value, dict):
        raise FormatError(f"{path}: {key} should be an object of settings, but {_found(settings, key)}.")
    return value or {}


def positive_integer(path: Path, settings: Mapping[str, Any], key: str) -> int:
    """The setting ``key``, refused if it is missing or not a positive integer."""
    value = settings.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise FormatError(f"{path}: {key} should be a positive integer, but {_found(settings, key)}.")
    return value


def positive_number(path: Path, settings: Mapping[str, Any], key: str) -> float:
    """The setting ``key``, refused if it is missing or not a positive number."""
    value = settings.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
        raise FormatError(f"{path}: {key} should be a positive number, but {_found(settings, key)}.")
    return float(value)


def flag(path: Path, settings: Mapping[str, Any], key: str, *, default: bool) -> bool:
    """The setting ``key``, refused if it is neither true nor false."""
    value = settings.get(key, default)
    if not isinstance(value, bool):
        raise FormatError(f"{path}: {key} should be true or false, but {_found(settings, key)}.")
    return value


def one_of(path: Path, settings: Mapping[str, Any], key: str, choices: Collection[str]) -> str:
    """The setting ``key``, refused if it is not one of the words."""
    value = settings.get(key)
    if not isinstance(value, str) or value not in choices:
        found = f"is {value!r}" if key in settings else "is missing"
        raise FormatError(f"{path}: {key} {found}, but only {', '.join(choices)} can be imported.")
    return value


def refuse_other_than(path: Path, settings: Mapping[str, Any], key: str, value: Any, why: str) -> None:
    """Refuse a setting that is given and is not ``value``; ``why`` ends the sentence."""
    found = settings.get(key, value)
    if isinstance(found, bool) != isinstance(value, bool) or found != value:
        raise FormatError(f"{path}: {key} is {found!r}, but only {value!r} can be imported: {why}.")


def _found(settings: Mapping[str, Any], key: str) -> str:
    return f"holds {settings[key]!r:.60}" if key in settings else "is missing"


def read_torch(path: Path, content: bytes | None = None) -> Any:
    """What ``torch.save`` wrote to a file, as long as it consists of tensors and plain values.

    Raises:
        FormatError: there is no such file, it is damaged, or it holds a pickled object, which could run code.
    """
    try:
        content = path.read_bytes() if content is None else content
    except FileNotFoundError:
        raise FormatError(f"There is no file {path}.") from None
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # a reader of damaged bytes fails in any way
        if isinstance(error, pickle.UnpicklingError) and "Unsupported" in str(error):
            raise FormatError(
                f"{path} holds a pickled object, which could run code when read, so it is refused: if you "
                "trust it, load it with the library that wrote it, torch.save its state_dict() to another "
                "file, and import that."
            ) from None
        told = str(error).rpartition("WeightsUnpickler error: ")[2].strip()
        reason = told.splitlines()[0] if told else type(error).__name__
        raise FormatError(
            f"{path} is not a whole file of torch.save ({reason:.120}): it is truncated or was changed, so "
            "fetch or write it again."
        ) from None


def tensors_in(path: Path, found: Any) -> dict[str, Tensor]:
    """What was read from ``path``, refused unless it is a ``state_dict``: tensors by name."""
    if not isinstance(found, dict) or not found:
        raise FormatError(f"{path} should hold tensors by name, but holds {type(found).__name__}.")
    for key, value in found.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise FormatError(
                f"{path} should hold tensors by name, but {key!r} is of type {type(value).__name__}."
            )
    return dict(found)


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Tensors by name, from a safetensors file or from one that ``torch.save`` wrote."""
    if path.suffix == ".safetensors":
        return read_tensors(path)
    return tensors_in(path, read_torch(path))


def checked(
    path: Path, tensors: Mapping[str, Tensor], expected: Mapping[str, tuple[int, ...]]
) -> dict[str, Tensor]:
    """The tensors in float64, refused unless they have just the expected names and shapes and are finite."""
    check_tensors(path, tensors, expected)
    return {name: tensors[name].double() for name in expected}


def sizes_of(path: Path, tensors: Mapping[str, Tensor], key: str) -> tuple[int, int]:
    """The two sizes of the matrix ``key``, where no setting tells them."""
    if key not in tensors or tensors[key].ndim != 2:
        found = (
            f"has shape {tuple(tensors[key].shape)}" if key in tensors else f"is not among {sorted(tensors)}"
        )
        raise FormatError(f"{path}: tensor {key} should be a matrix, but {found}.")
    first, second = tensors[key].shape
    return int(first), int(second)


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write a safetensors file atomically."""
    write_bytes(path, safetensors_bytes({name: value.contiguous() for name, value in tensors.items()}))


def write_torch(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write a ``state_dict`` as ``torch.save`` does, for a library that reads nothing else; atomically."""
    stream = io.BytesIO()
    torch.save({name: value.contiguous() for name, value in tensors.items()}, stream)
    write_bytes(path, stream.getvalue())
