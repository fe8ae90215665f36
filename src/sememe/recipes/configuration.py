"""A run, written down: everything that decides its numbers, in frozen dataclasses.

A configuration holds no object and no path of this machine, so that it can be saved as JSON beside the
results, compared, and run again. Two runs of equal configurations on one machine give equal measures.
"""

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["neurons", "features", "control"]
Source = Literal["layer", "untrained", "pixels"]

# Raised when a run folder of an earlier layout can no longer be read.
LAYOUT_VERSION = 2


@dataclass(frozen=True)
class NetworkPlan:
    """One network to train and the layers of it to look at."""

    name: str  # name in networks.registry(), and of its folder in the run
    title: str  # what people read
    seed: int  # of its initialisation and of the order of its training images
    layers: tuple[str, ...]  # dotted names of the layers whose activations are studied
    positions_per_image: int | None = None  # sampled of an image, where a layer has a map; None: all
    epochs: int | None = None  # passes over the training images; None: the network's own recipe
    second_seed: int | None = (
        None  # of a second network, in which universality looks for like units; None: none
    )


@dataclass(frozen=True)
class Sweep:
    """One kind of dictionary, fitted once per value of the parameter that trades sparsity for fidelity."""

    title: str  # what people read in tables: "TopK SAE"
    dictionary: str  # name in dictionaries.registry()
    kind: Kind
    parameter: str  # the swept parameter: "k", "l1_coefficient", ...
    values: tuple[float, ...]  # its values, from sparse to faithful
    fixed: tuple[tuple[str, Any], ...] = ()  # other parameters, name and value
    name: str = ""  # begins the names of its folders; empty: the dictionary's
    source: Source = "layer"  # what it reads: the layer, the same layer untrained, or the pixels seen there
    items: int | None = None  # it is fitted on so many items, drawn at random; None: all
    twins: tuple[float, ...] = ()  # values also fitted with another seed, and on the second network

    def parameters(self, value: float) -> dict[str, Any]:
        """The keyword arguments of one point of the sweep."""
        return dict(self.fixed) | {self.parameter: value}

    def point_name(self, value: float) -> str:
        """The name of one point, and of its folder: ``TopKSAE-k8``."""
        return f"{self.name or self.dictionary}-{self.parameter}{value:g}"


@dataclass(frozen=True)
class LayerPlan:
    """One layer: which items are harvested, which dictionaries are fitted on them."""

    network: str  # name of its NetworkPlan
    layer: str  # dotted name
    title: str  # what people read
    n_neurons: int  # for an early report, before anything is harvested
    splice_images: int  # report images passed on through the network, where the layer has a map
    sweeps: tuple[Sweep, ...]  # what is compared
    shown: str  # the sweep point whose features the report shows beside the neurons
    l0_targets: tuple[float, ...]  # the sparsities at which unit sets are compared

    @property
    def default(self) -> Sweep:
        """The dictionary that the layer's answer is about: the one that is shown."""
        return next(s for s in self.sweeps if self.shown in [s.point_name(value) for value in s.values])


@dataclass(frozen=True)
class Effort:
    """How much is looked at: a quick run has less of it than a study."""

    map_images: int  # of each split, the images whose pixels' concepts are found
    exemplar_images: int  # fitting images that exemplars are chosen from
    edited_images: int  # report images that are thinned, thickened, swollen, cut
    scored_units: int | None  # units of a set that are scored, drawn at random; None: all
    effect_images: int  # images that fire a unit, on which it is ablated
    simulated_items: int  # report items that are predicted from exemplars


@dataclass(frozen=True)
class RunConfiguration:
    """Everything that decides a run's numbers."""

    recipe: str  # name in recipes.registry()
    seed: int  # every other seed follows from it
    quick: bool  # the impatient variant: fewer images, shorter sweeps
    train_images: int  # images that networks and dictionaries are fitted on, the first of the training split
    development_images: int  # images that choices are made on: the first of the test split
    report_images: int  # images that scores are reported on: the last of the test split
    effort: Effort
    networks: tuple[NetworkPlan, ...]
    layers: tuple[LayerPlan, ...]
    encoder_seed: int  # of the independent encoder behind the similarity measures
    encoder_epochs: int | None = None  # passes over the training images; None: its own recipe
    fvu_targets: tuple[float, ...] = (0.05, 0.02)  # the fidelities at which unit sets are compared
    loss_recovered_targets: tuple[float, ...] = (0.99,)  # the same, in the loss that is recovered
    replicates: int = 500  # bootstrap replicates behind every interval
    gallery_units: int = 12  # units of each kind that the report shows
    layout_version: int = field(default=LAYOUT_VERSION)

    def as_json(self) -> dict[str, Any]:
        """Plain lists, numbers and strings, equal to what a JSON round trip gives."""
        plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return plain
