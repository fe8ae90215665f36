"""What a report is drawn from, made up: a small run that never was, with every part filled."""

import numpy as np

from sememe.activations.receptive_field import ReceptiveField
from sememe.explanations import activation_weighted_images, class_profile, exemplars
from sememe.explorer.report_data import (
    Answer,
    Comparison,
    ComparisonRow,
    Frontier,
    FrontierLine,
    FrontierPoint,
    Gallery,
    LayerReport,
    MeasureNote,
    NetworkSummary,
    ReportData,
    RunSummary,
    Score,
    StageTime,
    TrainingCurve,
    UnitCard,
    UnitSet,
    WeightImages,
)

N_IMAGES = 60
LABELS = np.arange(N_IMAGES) % 10
SCORE = Score(0.61, 0.55, 0.66, 32, "units", without_dead=0.64, null=0.2)
NOTE = MeasureNote(
    name="purity",
    title="Purity",
    meaning="The share of a unit's activation on its best class.",
    formula=r"\max_c \sum_{i: y_i = c} a_i / \sum_i a_i",
    range=(0.0, 1.0),
    higher_is_better=True,
    source="a paper, equation 1",
    command="sememe measure",
)


def pixels() -> np.ndarray:
    """Light strokes on black, as MNIST's."""
    rng = np.random.default_rng(0)
    drawn = np.zeros((N_IMAGES, 28, 28), dtype=np.uint8)
    for image in drawn:
        row, column = rng.integers(4, 20, 2)
        image[row : row + 3, 4:24] = 255
        image[4:24, column : column + 3] = 200
    return drawn


def unit_set(kind: str, title: str, codes: np.ndarray, image=None, position=None) -> UnitSet:
    rows = np.arange(len(codes)) if image is None else image
    profiles = class_profile(codes, LABELS[rows], 10)
    reads = activation_weighted_images(codes, pixels(), rows)
    cards = tuple(
        UnitCard(found, profiles[found.unit], {"purity": SCORE}, None if found.is_dead else reads[found.unit])
        for found in exemplars(codes, image=image, position=position)
    )
    density = (codes != 0).mean(axis=0)
    return UnitSet(
        name=title,
        title=title,
        kind=kind,
        n_units=codes.shape[1],
        fvu=Score(0.0 if kind == "neurons" else 0.05, n=N_IMAGES),
        l0=Score(float((codes != 0).sum(axis=1).mean()), n=N_IMAGES, of="items"),
        accuracy=Score(0.987, 0.98, 0.99, N_IMAGES),
        n_dead=int((density == 0).sum()),
        density=density,
        galleries=(Gallery("drawn at random", f"All of {codes.shape[1]} units.", cards),),
    )


def comparison(title: str, matched: str, target: float) -> Comparison:
    rows = (
        ComparisonRow("neurons", "neurons", {"purity": Score(0.2, 0.1, 0.3, 4, "units")}),
        ComparisonRow("TopK SAE", "features", {"purity": SCORE}, "between k = 4 and k = 8"),
        ComparisonRow("random dictionary", "control", {}, "its best FVU is 0.26", reached=False),
        ComparisonRow("stored activations", "control", {"purity": Score(float("nan"))}),
    )
    return Comparison(title, matched, target, ("purity",), rows)


def frontier() -> Frontier:
    points = tuple(
        FrontierPoint(fvu, l0, Score(score, score - 0.05, score + 0.05, 32, "units"), f"k = {l0:g}")
        for fvu, l0, score in ((0.2, 2.0, 0.8), (0.05, 8.0, 0.6), (0.01, 32.0, 0.4))
    )
    exact = FrontierPoint(0.0, 16.0, Score(0.2, 0.1, 0.3, 4, "units"), "")
    return Frontier(
        "purity",
        (
            FrontierLine("neurons", "neurons", (exact,)),
            FrontierLine("TopK SAE", "features", points),
            FrontierLine("k-means", "control", points[1:2]),
        ),
    )


def layers() -> tuple[LayerReport, ...]:
    rng = np.random.default_rng(0)
    dense = np.maximum(rng.normal(size=(N_IMAGES, 4)), 0)
    dense[:, 3] = 0  # a dead neuron
    signed = rng.normal(size=(N_IMAGES, 3))
    positions = np.tile(np.argwhere(np.ones((2, 2))), (N_IMAGES, 1))
    image = np.repeat(np.arange(N_IMAGES), 4)
    mapped = np.maximum(rng.normal(size=(4 * N_IMAGES, 3)), 0)
    places = ((0, 16), (12, 28))
    shared = {
        "n_items": N_IMAGES,
        "comparisons": (comparison("at FVU = 0.05", "fvu", 0.05), comparison("at L0 = 8", "l0", 8.0)),
        "frontiers": (frontier(),),
        "notes": ("Intervals resample images and units together.",),
    }
    return (
        LayerReport(
            "hidden1",
            "digit_mlp",
            "the first hidden layer",
            4,
            unit_sets=(unit_set("neurons", "neurons", dense), unit_set("features", "PCA", signed)),
            answer=Answer("mixed", "Mixed. Features win on one measure and lose on another."),
            **shared,
        ),
        LayerReport(
            "conv2",
            "digit_cnn",
            "the second convolution",
            3,
            grid=(2, 2),
            receptive_field=ReceptiveField(places, places),
            unit_sets=(unit_set("neurons", "neurons", mapped, image, positions),),
            answer=Answer("no", "No. Controls do as well."),
            **shared,
        ),
    )


def report() -> ReportData:
    """A finished run with two layers, one of them a map."""
    steps = np.arange(1.0, 5.0)
    rng = np.random.default_rng(0)
    mlp = NetworkSummary(
        name="digit_mlp",
        title="the network of the series",
        n_parameters=13002,
        accuracy=Score(0.95, 0.94, 0.96, N_IMAGES),
        seconds=4.2,
        curves=(TrainingCurve("training loss", steps, 1 / steps),),
        layers=(("pixels", "28 × 28"), ("hidden1", "4")),
        first_layer=WeightImages("hidden1", rng.normal(size=(4, 28, 28)), np.full((4, 10), 0.1)),
    )
    return ReportData(
        run=RunSummary(
            name="mnist",
            command="sememe run mnist --seed 0",
            recipe="mnist",
            seed=0,
            versions={"torch": "2.13.0"},
            stages=(StageTime("train digit_mlp", 4.2), StageTime("measure", 0.0)),
            peak_memory=2**30,
            revision="abcdef0123456789",
            finished=True,
        ),
        pixels=pixels(),
        labels=LABELS,
        label_names=tuple("0123456789"),
        data_title="60 drawings",
        networks=(mlp, NetworkSummary("digit_cnn", "two convolutions", 200_000)),
        layers=layers(),
        measures=(NOTE,),
    )
