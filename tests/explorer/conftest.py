"""A small run that never was, with every part of a report filled; and one on disk, served to a browser."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import uvicorn

from references import explorer_run, measured_run, other_runs
from sememe.activations.receptive_field import ReceptiveField
from sememe.explanations import activation_weighted_images, class_profile, exemplars
from sememe.explorer.export import Export, Request, write_page
from sememe.explorer.live.run_data import RunData
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
from sememe.explorer.server.app import application
from sememe.explorer.server.endpoints import ENDPOINTS
from sememe.explorer.server.guard import Door
from sememe.explorer.server.serve import bind, settings

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
CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """A run on disk, with three layers and nothing measured yet."""
    return explorer_run.make(tmp_path_factory.mktemp("explored") / "run")


@pytest.fixture(scope="session")
def data(folder) -> RunData:
    """The same, opened."""
    return RunData(folder)


class Heard(logging.Handler):
    """What the server logs."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextlib.contextmanager
def served(run: RunData, host: str = "127.0.0.1") -> Iterator[tuple[Door, Heard]]:
    """The page on a free port, and what its server logs."""
    bound = bind(host, 0)
    door = Door.of(host, bound.getsockname()[1])
    server = uvicorn.Server(settings(application(run, ENDPOINTS, door)))
    heard = Heard()
    logging.getLogger("uvicorn.error").addHandler(heard)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    try:
        yield door, heard
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()
        logging.getLogger("uvicorn.error").removeHandler(heard)


@pytest.fixture(scope="session")
def explorer(data) -> Iterator[tuple[Door, Heard]]:
    """The run's page, served for all tests; whatever they ask, the log stays free of tracebacks."""
    with served(data) as (door, heard):
        yield door, heard
    assert not [line for line in heard.lines if "Traceback" in line]


@pytest.fixture(scope="session")
def guarded(data) -> Iterator[Door]:
    """The same page on all addresses of this machine, where viewers need a token."""
    with served(data, "0.0.0.0") as (door, _):
        yield door


@pytest.fixture(scope="session")
def chromium():
    """A browser for the session's tests."""
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield running
        running.close()


@pytest.fixture
def opened(chromium, explorer):
    """Opens a link of the page in a window; at the end no other host was asked, and nothing went wrong."""
    with windows(chromium, explorer[0]) as at:
        yield at


@pytest.fixture(scope="session")
def finished(folder, tmp_path_factory) -> RunData:
    """The run with one of its layers measured, networks trained and a twin."""
    return RunData(measured_run.complete(folder, tmp_path_factory.mktemp("finished") / "run"))


@pytest.fixture(scope="session")
def written(finished, tmp_path_factory) -> Export:
    """Two layers of the finished run in one file: their neurons and their shown dictionary."""
    path = tmp_path_factory.mktemp("exported") / "run & all.html"
    return write_page(finished, path, Request(("digit_mlp.hidden1", "digit_cnn.conv2"), ()))


@pytest.fixture(scope="session")
def finished_explorer(finished) -> Iterator[Door]:
    """Its page."""
    with served(finished) as (door, heard):
        yield door
    assert not [line for line in heard.lines if "Traceback" in line]


@pytest.fixture
def opened_finished(chromium, finished_explorer):
    """As ``opened``, on the finished run."""
    with windows(chromium, finished_explorer) as at:
        yield at


@pytest.fixture(scope="session")
def colour(tmp_path_factory) -> RunData:
    """A run of somebody's own network on colour images, which the explorer cannot build."""
    return RunData(other_runs.colour(tmp_path_factory.mktemp("colour") / "run"))


@pytest.fixture(scope="session")
def encoder(tmp_path_factory) -> RunData:
    """A run of a network that torch can build and NumPy does not know."""
    return RunData(other_runs.encoder(tmp_path_factory.mktemp("encoder") / "run"))


@pytest.fixture
def opened_colour(chromium, colour):
    """As ``opened``, on the colour run."""
    with served(colour) as (door, heard):
        with windows(chromium, door) as at:
            yield at
        assert not [line for line in heard.lines if "Traceback" in line]


@contextlib.contextmanager
def windows(chromium, door: Door):
    """A function that opens a link in a window of its own; at the end, what went wrong in any is raised."""
    wrong: list[str] = []
    contexts = []

    def at(link: str, width: int = 1440, scheme: str = "light", expected: tuple[str, ...] = ()):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()

        def complain(text: str) -> None:
            if not any(part in text for part in expected):
                wrong.append(text)

        page.on("console", lambda message: complain(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("request", lambda request: None if is_own(request.url) else complain(request.url))
        page.goto(door.url + link)
        return page

    def is_own(url: str) -> bool:
        return url.startswith((door.url, "data:", "blob:"))

    yield at
    for context in contexts:
        context.close()
    assert wrong == []


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


@pytest.fixture(scope="session")
def run() -> ReportData:
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
