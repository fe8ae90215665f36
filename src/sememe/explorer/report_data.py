"""What a report shows: a tree of frozen dataclasses, filled by the run, drawn by ``explorer.report``.

Nothing here is computed. A part that a run has not reached yet is ``None`` or empty and the report says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float, Int, UInt8

from sememe.explanations import Exemplars
from sememe.explanations.weights import Field
from sememe.explorer.score import Kind, MeasureNote, Score

Verdict = Literal["yes", "no", "mixed"]


@dataclass(frozen=True)
class StageTime:
    """One stage of the run."""

    name: str  # "train digit_cnn"
    seconds: float  # wall time


@dataclass(frozen=True)
class RunSummary:
    """How the run was made."""

    name: str  # of the run's folder
    command: str  # what makes it again: "sememe run mnist --seed 0"
    recipe: str  # name of the recipe
    seed: int
    quick: bool = False  # the impatient variant: fewer images, wider intervals
    device: str = "cpu"
    machine: str = ""  # processor and number of cores
    revision: str | None = None  # git revision; None: an installed package
    started: str = ""  # local date and time, ISO 8601
    versions: Mapping[str, str] = field(default_factory=dict)  # package -> version
    stages: tuple[StageTime, ...] = ()  # in the order in which they ran
    peak_memory: int | None = None  # bytes
    finished: bool = False  # False: an early report of a run that goes on


@dataclass(frozen=True, eq=False)
class TrainingCurve:
    """One quantity over the training of one network."""

    title: str  # "test accuracy", "training loss"
    step: Float[np.ndarray, " points"]  # epochs, or a fraction of them
    value: Float[np.ndarray, " points"]


@dataclass(frozen=True, eq=False)
class WeightImages:
    """The incoming weights of neurons that read the pixels directly, as images."""

    layer: str  # "hidden1"
    weights: Float[np.ndarray, "neurons height width"]
    class_profiles: Float[np.ndarray, "neurons classes"] | None = None  # shares of activation; rows sum to 1


@dataclass(frozen=True, eq=False)
class NetworkSummary:
    """One network, trained."""

    name: str  # "digit_mlp"
    title: str  # "the network of the series, 784-16-16-10"
    n_parameters: int
    accuracy: Score | None = None  # on the reporting images, 0 to 1
    seconds: float | None = None  # of training
    curves: tuple[TrainingCurve, ...] = ()
    layers: tuple[tuple[str, str], ...] = ()  # name and shape in words of each layer, input first
    first_layer: WeightImages | None = None  # None unless its first layer reads the pixels directly


@dataclass(frozen=True, eq=False)
class UnitCard:
    """One unit in a gallery."""

    exemplars: Exemplars  # its `image` rows index ReportData.pixels
    class_profile: Float[np.ndarray, " classes"] | None = None  # share of activation on each class; sums to 1
    scores: Mapping[str, Score] = field(default_factory=dict)  # measure name -> the unit's own score
    reads: Float[np.ndarray, "*channels height width"] | None = None  # weights, or weighted mean image


@dataclass(frozen=True, eq=False)
class Gallery:
    """Some units of a unit set, and how they were picked: honest only if neurons were picked the same way."""

    title: str  # "drawn at random"; neurons and features under one title stand side by side
    selection: str  # one sentence: "12 of 512 units, drawn at random among those that fire (seed 0)."
    cards: tuple[UnitCard, ...]


@dataclass(frozen=True, eq=False)
class UnitSet:
    """The neurons of a layer, or the components of one dictionary on it."""

    name: str  # unique in its layer: "neurons", "TopKSAE-k8"
    title: str  # what people read: "TopK SAE, k = 8"
    kind: Kind
    n_units: int
    fvu: Score | None = None  # fraction of variance unexplained by its reconstruction
    l0: Score | None = None  # firing units per item
    accuracy: Score | None = None  # of the network with the reconstruction spliced in
    n_dead: int | None = None  # units that never fire on the reporting images
    density: Float[np.ndarray, " units"] | None = None  # share of items at which each unit fires
    galleries: tuple[Gallery, ...] = ()


@dataclass(frozen=True)
class ComparisonRow:
    """One unit set at the point where it is compared."""

    title: str  # "TopK SAE"
    kind: Kind
    scores: Mapping[str, Score]  # measure name -> mean over units, with interval
    note: str = ""  # how the point was reached, "between k = 4 and k = 8", or why there is none
    reached: bool = True  # False: this family never gets to the matched point


@dataclass(frozen=True)
class Comparison:
    """All unit sets of a layer at one matched point."""

    title: str  # "at equal fidelity, FVU = 0.05"
    matched: Literal["fvu", "l0", "loss_recovered"]
    target: float  # the value at which they are matched
    measures: tuple[str, ...]  # names, in the order in which they are to be listed
    rows: tuple[ComparisonRow, ...]  # neurons first, then features, then controls
    drawn: tuple[str, ...] = ()  # the few of them that the figure draws; empty: all
    decides: bool = False  # whether the layer's sentence compares here


@dataclass(frozen=True)
class DuelRow:
    """How the features fare against one control."""

    title: str  # "random directions"
    kind: Kind
    outcomes: Mapping[str, str] | None  # family -> "won", "lost", "split", "open"; None: it never gets there


@dataclass(frozen=True)
class Duels:
    """Won and lost against every control, family by family of measures."""

    title: str  # where they are compared: "at equal fidelity: variance unexplained 0.05"
    features: str  # whose wins and losses: "TopK SAE"
    families: tuple[str, ...]  # keys of measures.FAMILIES
    rows: tuple[DuelRow, ...]


@dataclass(frozen=True)
class FrontierPoint:
    """One fitted dictionary of a sweep."""

    fvu: float
    l0: float
    score: Score
    title: str  # "k = 8"


@dataclass(frozen=True)
class FrontierLine:
    """One family of unit sets, swept over its sparsity; a family of one point is a single mark."""

    title: str
    kind: Kind
    points: tuple[FrontierPoint, ...]  # from sparse to faithful


@dataclass(frozen=True)
class Frontier:
    """A score against fidelity, a line a family."""

    measure: str  # name
    lines: tuple[FrontierLine, ...]


@dataclass(frozen=True)
class Answer:
    """Are this layer's features more monosemantic than its neurons?"""

    verdict: Verdict
    sentence: str  # plain words, with the numbers that decide it


@dataclass(frozen=True, eq=False)
class LayerReport:
    """Everything about one layer."""

    name: str  # dotted name: "fc1"
    network: str  # NetworkSummary.name
    title: str  # "the 128 neurons before the output"
    n_neurons: int
    n_items: int | None = None  # items that scores are reported on
    grid: tuple[int, int] | None = None  # height and width of the layer's map; None: an item is an image
    receptive_field: Field | None = None  # what each position of the map sees; None without a map
    unit_sets: tuple[UnitSet, ...] = ()  # neurons first
    comparisons: tuple[Comparison, ...] = ()
    frontiers: tuple[Frontier, ...] = ()
    duels: Duels | None = None
    answer: Answer | None = None
    notes: tuple[str, ...] = ()  # anything a careful reader must know, a sentence each


@dataclass(frozen=True, eq=False)
class ReportData:
    """A run, as far as it has come."""

    run: RunSummary
    pixels: UInt8[np.ndarray, "images ..."]  # what exemplars point to: (h, w) or (channels, h, w) an image
    labels: Int[np.ndarray, " images"] | None = None
    label_names: tuple[str, ...] = ()
    data_title: str = ""  # what was looked at: "the last 5,000 test images of MNIST"
    networks: tuple[NetworkSummary, ...] = ()
    layers: tuple[LayerReport, ...] = ()
    measures: tuple[MeasureNote, ...] = ()  # every measure whose name occurs in a mapping of scores
    notes: tuple[str, ...] = ()
