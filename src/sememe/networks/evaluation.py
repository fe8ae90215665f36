"""What a network predicts, and how well."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sememe.errors import NetworkError
from sememe.images import ImageSet
from sememe.networks.inference import device_of, inference


@dataclass(frozen=True)
class Evaluation:
    """How well a network classifies a set of images."""

    accuracy: float
    """Share of images whose largest logit is their class's, 0 to 1."""
    cross_entropy: float
    """Mean of ``-log p(class)``, in nats."""
    n: int
    """Images."""


def predict(
    net: nn.Module, images: ImageSet, *, batch_size: int = 1000
) -> Float[np.ndarray, "images classes"]:
    """The logits of every image, float32, in evaluation mode and full precision.

    ``net`` takes float images (images, channels, height, width) in 0..1 and is run where it is.
    """
    return batches(net, net, images, batch_size)


def evaluate(net: nn.Module, images: ImageSet, *, batch_size: int = 1000) -> Evaluation:
    """Accuracy and mean cross-entropy on labelled images.

    Raises:
        NetworkError: the images have no labels, or labels that the network has no logit for.
    """
    labels = class_labels(images, "accuracy cannot be measured on it")
    logits = predict(net, images, batch_size=batch_size).astype(np.float64)
    check_classes(net, images, logits.shape)
    rows = np.arange(len(logits))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted[rows, labels] - np.log(np.exp(shifted).sum(axis=1))
    return Evaluation(
        accuracy=float((logits.argmax(axis=1) == labels).mean()),
        cross_entropy=-math.fsum(log_p) / len(log_p),
        n=len(logits),
    )


def batches(
    function: Callable[[Tensor], Tensor], net: nn.Module, images: ImageSet, batch_size: int
) -> Float[np.ndarray, "images outputs"]:
    """``function`` of all images, batch by batch, with ``net`` in evaluation mode and without gradients."""
    device = device_of(net)
    with inference(net):
        outputs = [
            function(torch.from_numpy(images.floats(slice(i, i + batch_size))).to(device)).float().cpu()
            for i in range(0, len(images), batch_size)
        ]
    return torch.cat(outputs).numpy()


def class_labels(images: ImageSet, consequence: str) -> np.ndarray:
    """The labels, or an error that says what cannot be done without."""
    if images.labels is None:
        raise NetworkError(f"{images.name} has no labels: {consequence}.")
    return images.labels


def check_classes(net: nn.Module, images: ImageSet, shape: tuple[int, ...]) -> None:
    """Refuse outputs that are not ``(images, logits)``, or fewer logits than the images have classes."""
    if len(shape) != 2:
        raise NetworkError(
            f"{type(net).__name__} gives outputs of shape {shape}; a classifier gives (images, classes)."
        )
    n_classes = int(class_labels(images, "there are no classes").max()) + 1
    if shape[1] < n_classes:
        raise NetworkError(
            f"{type(net).__name__} has {shape[1]} logits, but {images.name} has {n_classes} classes: "
            "give the network a logit a class."
        )
