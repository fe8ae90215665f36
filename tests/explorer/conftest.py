"""Runs on disk, served to a browser; and what a report is drawn from."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from references import explorer_run, made_report, measured_run, other_runs
from sememe.explorer.export import Export, Request, write_page
from sememe.explorer.live.run_data import RunData
from sememe.explorer.report_data import ReportData
from sememe.explorer.server.app import application
from sememe.explorer.server.endpoints import ENDPOINTS
from sememe.explorer.server.guard import Door
from sememe.explorer.server.serve import bind, settings

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


@pytest.fixture(scope="session")
def run() -> ReportData:
    """A finished run with two layers, one of them a map; no run on disk is behind it."""
    return made_report.report()
