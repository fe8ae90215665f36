"""Which device a computation runs on."""

import torch

from sememe.errors import NetworkError


def resolve_device(device: str) -> torch.device:
    """``auto`` is the first CUDA device, or the CPU where there is none."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device not in ("cpu", "cuda"):
        raise NetworkError(f"There is no device {device!r}: use auto, cpu or cuda.")
    if device == "cuda" and not torch.cuda.is_available():
        raise NetworkError("Device cuda was asked for, but PyTorch finds none here: use auto or cpu.")
    return torch.device(device)
