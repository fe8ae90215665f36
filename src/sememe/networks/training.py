"""Training a classifier in place."""

import contextlib
import dataclasses
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sememe.errors import NetworkError
from sememe.images import ImageSet
from sememe.networks.curriculum import Curriculum
from sememe.networks.device import multiplies_bfloat16, resolve_device
from sememe.networks.evaluation import Evaluation, check_classes, class_labels, evaluate
from sememe.networks.inference import device_of, try_out
from sememe.networks.optimiser import AdamW, one_cycle
from sememe.networks.training_recipe import TrainingRecipe
from sememe.progress import Progress, silent

# Steps between two words of progress: every few tenths of a second for the digit networks.
STEPS_PER_NOTE = 50


@dataclass(frozen=True)
class TrainingRecord:
    """What happened in a training."""

    recipe: TrainingRecipe
    """The settings it ran with."""
    seed: int
    losses: tuple[float, ...]
    """Mean cross-entropy of each epoch, in nats, over the images that it visited: with a ``focus`` below 1
    the hardest ones, so that the loss can rise while the network gets better."""
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

    ``net`` takes float images (images, channels, height, width) in 0..1 and gives logits (images, classes).
    ``seed`` decides the order of the images (and dropout, if there is any): on one machine, equal networks
    trained with equal seeds and threads end bit for bit equal. What is not given comes from the network's
    ``recipe`` if it has one, else from :class:`TrainingRecipe`. The network comes back in evaluation mode, on
    the device where it was.

    Raises:
        NetworkError: images without labels, of a shape that the network does not take, or of more classes
            than it has logits; settings that make no training; a loss that is no longer finite.
    """
    start = time.perf_counter()
    recipe = _recipe(net, epochs, batch_size, learning_rate)
    target = resolve_device(device)
    home = device_of(net)
    labels = torch.from_numpy(class_labels(images, "a classifier cannot be trained on it").copy())
    _check_fit(net, images)
    generator = np.random.default_rng(seed)
    curriculum = Curriculum(len(images), recipe, generator)
    optimiser = AdamW(net.to(target).parameters(), recipe.betas, recipe.weight_decay)
    low_precision = recipe.low_precision and multiplies_bfloat16(target)
    losses: list[float] = []
    accuracies: list[float] = []
    final: Evaluation | None = None
    step = 0
    with _own_randomness(seed, target):
        for epoch in range(recipe.epochs):
            net.train()
            done = f"epoch {epoch + 1} of {recipe.epochs}"
            total = visited = 0.0
            for rows in curriculum.batches(epoch):
                x = _shifted(torch.from_numpy(images.floats(rows)), recipe.shift, generator).to(target)
                with torch.autocast(target.type, torch.bfloat16, enabled=low_precision):
                    logits = net(x)
                each = F.cross_entropy(logits.float(), labels[rows].to(target), reduction="none")
                each.mean().backward()
                optimiser.step(one_cycle(step, curriculum.n_steps, recipe.learning_rate, recipe.warm_up))
                seen = each.detach().cpu().numpy()
                curriculum.seen(rows, seen)
                total, visited, step = total + float(seen.sum()), visited + len(rows), step + 1
                if step % STEPS_PER_NOTE == 0:
                    progress(step / curriculum.n_steps, f"{done}, loss {total / visited:.3f}")
            losses.append(total / visited)
            if not math.isfinite(losses[-1]):
                raise NetworkError(
                    f"The loss of {type(net).__name__} is no longer finite in {done}: build the network anew "
                    f"and train it with a learning rate below {recipe.learning_rate:g}."
                )
            note = f"{done}, loss {losses[-1]:.3f}"
            if validation is not None:
                final = evaluate(net, validation)
                accuracies.append(final.accuracy)
                note += f", accuracy {final.accuracy:.2%}"
            progress(step / curriculum.n_steps, note)
    net.to(home).eval()
    return TrainingRecord(recipe, seed, tuple(losses), tuple(accuracies), time.perf_counter() - start, final)


def _recipe(
    net: nn.Module, epochs: int | None, batch_size: int | None, learning_rate: float | None
) -> TrainingRecipe:
    recipe = getattr(net, "recipe", None)
    if not isinstance(recipe, TrainingRecipe):
        recipe = TrainingRecipe()
    return dataclasses.replace(
        recipe,
        epochs=recipe.epochs if epochs is None else epochs,
        batch_size=recipe.batch_size if batch_size is None else batch_size,
        learning_rate=recipe.learning_rate if learning_rate is None else learning_rate,
    )


def _check_fit(net: nn.Module, images: ImageSet) -> None:
    """One image through the network, so that what does not fit is said before training."""
    logits = try_out(net, torch.from_numpy(images.floats(slice(0, 1))))
    if not isinstance(logits, Tensor):
        raise NetworkError(
            f"{type(net).__name__} returns a {type(logits).__name__}; a classifier gives logits."
        )
    check_classes(net, images, tuple(logits.shape))


def _shifted(
    images: Float[Tensor, "images channels height width"], reach: int, generator: np.random.Generator
) -> Float[Tensor, "images channels height width"]:
    """The batch, moved as one by up to ``reach`` pixels down and right; what comes in at the edge is 0."""
    if reach == 0:
        return images
    down, right = generator.integers(-reach, reach + 1, size=2).tolist()
    return F.pad(images, (right, -right, down, -down))


@contextlib.contextmanager
def _own_randomness(seed: int, device: torch.device) -> Iterator[None]:
    """Dropout and the like draw from PyTorch's global state: seed it here, and put it back afterwards."""
    with torch.random.fork_rng(devices=[] if device.type == "cpu" else [torch.cuda.current_device()]):
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            torch.cuda.manual_seed(seed)
        yield
