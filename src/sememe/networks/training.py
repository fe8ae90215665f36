"""Training a classifier in place."""

import dataclasses
import math
import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from sememe.errors import NetworkError
from sememe.images import ImageSet
from sememe.networks.device import resolve_device
from sememe.networks.evaluation import Evaluation, evaluate
from sememe.networks.optimiser import AdamW, one_cycle
from sememe.networks.training_recipe import TrainingRecipe
from sememe.progress import Progress, silent


@dataclass(frozen=True)
class TrainingRecord:
    """What happened in a training."""

    recipe: TrainingRecipe
    seed: int
    losses: tuple[float, ...]
    """Mean cross-entropy of the steps of each epoch, in nats, as trained (smoothing included)."""
    accuracies: tuple[float, ...]
    """On the validation images after each epoch, 0 to 1; empty without any."""
    seconds: float
    """Wall time, validation included."""
    final: Evaluation | None
    """On the validation images after the last epoch; None without any."""


def train(
    net: nn.Module,
    images: ImageSet,
    *,
    seed: int = 0,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    validation: ImageSet | None = None,
    progress: Progress = silent,
    device: str = "auto",
) -> TrainingRecord:
    """Train a classifier in place: AdamW, one cycle of the learning rate, cross-entropy.

    ``seed`` decides the order of the images (and dropout, if there is any): on one machine, equal networks
    trained with equal seeds end bit for bit equal. What is not given comes from the network's ``recipe``
    if it has one, else from :class:`TrainingRecipe`'s defaults. The network comes back in evaluation mode.
    """
    recipe = getattr(net, "recipe", TrainingRecipe())
    asked = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    recipe = dataclasses.replace(recipe, **{k: v for k, v in asked.items() if v is not None})
    where = resolve_device(device)
    start = time.perf_counter()
    if images.labels is None:
        raise NetworkError(f"{images.name} has no labels: a classifier cannot be trained on it.")
    _check_fit(net, images)
    net.to(where).train()
    optimiser = AdamW(net.parameters(), weight_decay=recipe.weight_decay)
    generator = np.random.default_rng(seed)
    labels = torch.from_numpy(np.array(images.labels))
    steps_per_epoch = math.ceil(len(images) / recipe.batch_size)
    steps = recipe.epochs * steps_per_epoch
    losses: list[float] = []
    accuracies: list[float] = []
    final: Evaluation | None = None
    step = 0
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        for epoch in range(recipe.epochs):
            net.train()
            order = generator.permutation(len(images))
            total = torch.zeros((), device=where)
            for rows in np.array_split(order, steps_per_epoch):
                x = torch.from_numpy(images.floats(rows)).to(where)
                y = labels[rows].to(where)
                with torch.autocast(where.type, torch.bfloat16, enabled=recipe.low_precision):
                    logits = net(x)
                loss = F.cross_entropy(logits.float(), y, label_smoothing=recipe.label_smoothing)
                loss.backward()
                optimiser.step(one_cycle(step, steps, recipe.learning_rate, recipe.warm_up))
                total += loss.detach()
                step += 1
                if step % 20 == 0:
                    progress(step / steps, f"epoch {epoch + 1} of {recipe.epochs}")
            losses.append(float(total) / steps_per_epoch)
            if not math.isfinite(losses[-1]):
                raise NetworkError(
                    f"The loss is not finite in epoch {epoch + 1}: "
                    f"try a learning rate below {recipe.learning_rate:g}."
                )
            net.eval()
            note = f"epoch {epoch + 1} of {recipe.epochs}, loss {losses[-1]:.3f}"
            if validation is not None:
                final = evaluate(net, validation)
                accuracies.append(final.accuracy)
                note += f", accuracy {final.accuracy:.1%}"
            progress(step / steps, note)
    return TrainingRecord(
        recipe=recipe,
        seed=seed,
        losses=tuple(losses),
        accuracies=tuple(accuracies),
        seconds=time.perf_counter() - start,
        final=final,
    )


def _check_fit(net: nn.Module, images: ImageSet) -> None:
    expected = getattr(net, "input_shape", None)
    arrived = (images.n_channels, images.height, images.width)
    if expected is not None and tuple(expected) != arrived:
        raise NetworkError(
            f"{type(net).__name__} takes images of shape {tuple(expected)}, "
            f"but those of {images.name} are {arrived}: resize them first."
        )
