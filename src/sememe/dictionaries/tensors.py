"""Tensors from a file, checked before anything is done with them; nothing is ever unpickled."""

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from sememe.errors import FormatError


def read_tensors(path: Path | str) -> dict[str, Tensor]:
    """All tensors of a safetensors file.

    Raises:
        FormatError: there is no such file, or it is truncated, tampered with, or a pickle.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FormatError(f"There is no file {path}.") from None
    if content[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") or content[:4] == b"PK\x03\x04":
        raise FormatError(
            f"{path} is a pickle (as torch.save writes), which could run code when read: "
            "save the tensors with safetensors instead."
        )
    try:
        return load(content)
    except SafetensorError as error:
        raise FormatError(
            f"{path} is not a whole safetensors file ({error}): it is truncated or was changed, "
            "so write it again."
        ) from None


def check_tensors(
    path: Path | str, tensors: Mapping[str, Tensor], expected: Mapping[str, tuple[int, ...]]
) -> None:
    """Refuse tensors that are missing, unknown, of another shape, or not finite; the first is named."""
    for key, shape in expected.items():
        if key not in tensors:
            raise FormatError(f"{path} has no tensor {key}: expected one of shape {shape}.")
        found = tuple(tensors[key].shape)
        if found != shape:
            raise FormatError(f"{path}: tensor {key} should have shape {shape}, but has {found}.")
        if not tensors[key].isfinite().all():
            raise FormatError(f"{path}: tensor {key} holds NaN or infinity, so the file was damaged.")
    for key in tensors:
        if key not in expected:
            raise FormatError(
                f"{path} holds a tensor {key} that does not belong: expected {sorted(expected)}."
            )
