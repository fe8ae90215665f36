"""Which device a computation runs on, and what it is good at."""

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


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the device has instructions for products in bfloat16; without, they are slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # PyTorch has no public question for this; a version that drops the private one gets float32.
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return supported is not None and bool(supported())
