"""What a network predicts, and how well."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from sememe.errors import NetworkError
from sememe.images import ImageSet


@dataclass(frozen=True)
class Evaluation:
    """How well a network classifies a set of images."""

    accuracy: float
    """Share of images whose largest logit is their class's, 0 to 1."""
    cross_entropy: float
    """Mean of ``-log p(class)``, in nats."""
    n: int
    """Images."""


@torch.inference_mode()
def predict(
    net: nn.Module, images: ImageSet, *, batch_size: int = 1000
) -> Float[np.ndarray, "images classes"]:
    """The logits of every image, float32, in evaluation mode and full precision."""
    device = next((p.device for p in net.parameters()), torch.device("cpu"))
    training = net.training
    net.eval()
    try:
        logits = [
            net(torch.from_numpy(images.floats(slice(start, start + batch_size))).to(device)).float().cpu()
            for start in range(0, len(images), batch_size)
        ]
    finally:
        net.train(training)
    if not logits:
        raise NetworkError(f"{images.name} holds no images: give at least one.")
    return torch.cat(logits).numpy()


def evaluate(net: nn.Module, images: ImageSet, *, batch_size: int = 1000) -> Evaluation:
    """Accuracy and mean cross-entropy on labelled images."""
    if images.labels is None:
        raise NetworkError(f"{images.name} has no labels: accuracy cannot be measured on it.")
    logits = predict(net, images, batch_size=batch_size).astype(np.float64)
    rows = np.arange(len(logits))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted[rows, images.labels] - np.log(np.exp(shifted).sum(axis=1))
    return Evaluation(
        accuracy=float((logits.argmax(axis=1) == images.labels).mean()),
        cross_entropy=float(-math.fsum(log_p) / len(log_p)),
        n=len(logits),
    )
