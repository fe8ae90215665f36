"""What studies look at: networks of several seeds and widths, the layers in them, the images."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sememe import activations, images, networks
from sememe.activations import Activations
from sememe.images import ImageSet
from sememe.networks.network import Network
from sememe.progress import Progress
from sememe.runs.stage import Stage
from sememe.studies.folder import StudyFolder

# What training takes on two cores, in seconds, with all images.
_SECONDS = {"digit_mlp": 4.0, "digit_cnn": 8.0, "independent_encoder": 6.0}
_ALL_IMAGES = 60_000
# Of a layer with a map, positions harvested of each image.
POSITIONS_PER_IMAGE = 4
ENCODER_SEED = 1000
"""What the seed of the independent encoder is raised by: far from those of the networks."""


@dataclass(frozen=True)
class Layer:
    """A layer that studies look at."""

    name: str
    network: str
    title: str
    argument: str | None
    """The keyword of the network's constructor that sets the number of its neurons; None: fixed."""
    components: int
    """Components of a dictionary on it, unless the study varies them."""


LAYERS: Mapping[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer("hidden1", "digit_mlp", "the first hidden layer of the MLP", "hidden1", 64),
        Layer("hidden2", "digit_mlp", "the second hidden layer of the MLP", "hidden2", 64),
        Layer("conv2", "digit_cnn", "the second convolution of the CNN", None, 512),
        Layer("fc1", "digit_cnn", "the layer before the output of the CNN", "fc1", 512),
    )
}


@dataclass(frozen=True)
class Subject:
    """One network of a study: architecture, seed and arguments."""

    network: str
    seed: int
    arguments: tuple[tuple[str, int], ...] = ()

    @property
    def name(self) -> str:
        """Of its folder: ``digit_mlp-hidden1=8-seed100``."""
        said = [f"{key}={value}" for key, value in self.arguments]
        return "-".join([self.network, *said, f"seed{self.seed}"])


def train_stage(subject: Subject, folder: StudyFolder, device: str, train_images: int) -> Stage:
    """Train one network on the first images of the training split, and keep it."""

    def work(progress: Progress) -> str:
        net = networks.registry()[subject.network](seed=subject.seed, **dict(subject.arguments))
        networks.train(net, fitting_images(train_images), seed=subject.seed, device=device, progress=progress)
        judged = networks.evaluate(net.cpu(), images.mnist("test"))
        networks.save(net, folder.network(subject.name))
        return f"{judged.accuracy:.2%} of the test images right"

    return Stage(
        name=f"train {subject.name}",
        title=f"train {subject.name}",
        outputs=(folder.network(subject.name),),
        work=work,
        seconds=_SECONDS[subject.network] * train_images / _ALL_IMAGES,
    )


def encoder_of(seed: int) -> Subject:
    """The encoder that says how alike two images are: another architecture, another seed."""
    return Subject("independent_encoder", seed + ENCODER_SEED)


def load(subject: Subject, folder: StudyFolder) -> Network:
    """A network that was trained before."""
    return networks.load(folder.network(subject.name))


def fitting_images(n: int) -> ImageSet:
    """Images that networks and dictionaries are fitted on."""
    return images.mnist("train")[:n]


def choice_images(n: int) -> ImageSet:
    """Images that choices are made on, such as the concept of a unit: the first of the test split."""
    return images.mnist("test")[:n]


def report_images(n: int) -> ImageSet:
    """Images that scores are reported on: the last of the test split."""
    return images.mnist("test")[-n:]


def harvested(net: Network, shown: ImageSet, layer: str, seed: int) -> Activations:
    """The layer's activations on some images, in memory."""
    return activations.harvest(
        net, shown, layer, positions_per_image=POSITIONS_PER_IMAGE, seed=seed, device="cpu"
    )


def image_of(acts: Activations) -> np.ndarray:
    """The image of each item."""
    return np.asarray(acts.image[:])
