"""How quick the explorer is: start, memory, strokes, pages, ten thousand rows, fifty viewers at once.

usage: python benchmarks/explorer.py RUN [--strokes N] [--viewers N] [--seconds S]

The server is a process of its own, as `sememe explore RUN` starts it. A headless Chromium, which shares the
machine with it and has no graphics card, draws with real pointer events. A stroke's time is from the event's
own time stamp until the bars that it moves are set in the page. Beside it stands what a person sees: the time
to the presentation of the frame that shows the bars, as Chromium traces it on a screen of 60 frames a second;
to the frame that shows the stroke's own ink, which no answer can come before; and to the bars where the page
is given no kernel and asks the server. A page's time is
from the change of the address to the frame after its heading is there. Viewers are sockets in a closed loop:
each draws on when it is answered, at most 30 times a second. Needs the packages of `make test` and Debian's
chromium.

The figures are those of a machine that does nothing else; `taskset -c 0,1` gives it two cores. A target is
met when the 95th percentile is no greater.
"""

import argparse
import asyncio
import base64
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright
from websockets.asyncio.client import connect

from explorer_frames import traced
from sememe import images

PORT = 8790
MOST_ROWS = 10_000
# What issue and documentation promise, in ms; memory in MB.
TARGETS = {"start": 2000, "mlp": 16, "cnn": 50, "page": 100, "rows": 200, "viewers": 250, "memory": 300}
PAGES = ("units", "unit", "compare", "image", "atlas", "runs", "tour", "draw")


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="a finished run of the digit networks")
    parser.add_argument("--strokes", type=int, default=120, help="pointer moves a layer (default 120)")
    parser.add_argument("--viewers", type=int, default=50, help="sockets at once (default 50)")
    parser.add_argument("--seconds", type=float, default=10, help="how long they draw (default 10)")
    options = parser.parse_args()
    print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':54} {'p50':>8} {'p95':>8} {'target':>8}")
    started = [time_of_start(options.run) for _ in range(5)]
    row("process to first page, ms", started, TARGETS["start"])
    with server(options.run) as process:
        layers = ask("run")["layers"]
        with chromium() as page:
            for layer in layers:
                target = TARGETS["cnn" if layer["grid"] or layer["n_neurons"] > 64 else "mlp"]
                found = strokes(page, layer["key"], options.strokes)
                row(f"stroke to bars in the page, {layer['key']}, ms", found["set"], target)
                row("  to the frame that shows them", found["seen"], None)
                row("  to the frame that shows the stroke's ink", found["ink"], None)
                asked = strokes(page, layer["key"], options.strokes, near=False)
                row("  to the frame that shows them, the server asked", asked["seen"], None)
            row("page to page, first visit, ms", page_times(page), None)
            row("page to page, ms", page_times(page) + page_times(page), TARGETS["page"])
        for layer in layers[:1] + layers[-1:]:
            times, errors = asyncio.run(
                viewers(layer["key"], layer["shown"], options.viewers, options.seconds)
            )
            row(f"{options.viewers} viewers, {layer['key']}, ms", times, TARGETS["viewers"])
            print(f"  {len(times):,} answers, {errors} errors")
        used, most = memory(process), TARGETS["memory"]
        print(f"{'memory after all of this, MB':54} {used:8.0f} {'':8} {most:8}  {said(used, most)}")
    with tempfile.TemporaryDirectory() as folder:
        wide = wide_run(options.run, Path(folder) / "wide")
        with server(wide), chromium() as page:
            row(f"{MOST_ROWS:,} rows to first paint, ms", row_times(page), TARGETS["rows"])


def row(name: str, times: list[float], target: float | None) -> None:
    """One line of the table."""
    middle, high = np.percentile(times, [50, 95])
    verdict = "" if target is None else f"{target:8}  {said(high, target)}"
    print(f"{name:54} {middle:8.1f} {high:8.1f} {verdict}", flush=True)


def said(value: float, target: float) -> str:
    """Whether a target is met."""
    return "met" if value <= target else "not met"


# --- the server


@contextmanager
def server(run: Path) -> Iterator[subprocess.Popen]:
    """`sememe explore` on the run, ready to answer."""
    command = [sys.executable, "-m", "sememe", "explore", str(run), "--no-browser", "--port", str(PORT)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until(lambda: fetch("/"), process)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


def time_of_start(run: Path) -> float:
    """Milliseconds from the start of the process to the page and what it needs to show itself."""
    begun = time.perf_counter()
    with server(run):
        fetch("/api/run")
        return 1000 * (time.perf_counter() - begun)


def until(attempt: Callable[[], Any], process: subprocess.Popen) -> None:
    """Try until it works, every 5 ms."""
    while process.poll() is None:
        try:
            attempt()
        except OSError:
            time.sleep(0.005)
        else:
            return
    raise SystemExit("The server did not start.")


def fetch(path: str) -> bytes:
    """What the server answers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=60) as reply:
        return reply.read()


def ask(name: str) -> Any:
    """An answer of the run."""
    return json.loads(fetch(f"/api/{name}"))


def memory(process: subprocess.Popen) -> float:
    """Resident megabytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6


# --- the browser


@contextmanager
def chromium() -> Iterator[Page]:
    """A page in Debian's browser."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser.new_page(viewport={"width": 1440, "height": 900})
        browser.close()


# Runs after the page's own listeners: the ink is drawn.
_INKED = """addEventListener("pointerrawupdate", (event) =>
    performance.measure("ink", { start: event.timeStamp, end: performance.now() }))"""


def strokes(page: Page, layer: str, n: int, near: bool = True) -> dict[str, list[float]]:
    """Milliseconds from each pointer event to its ink and to the bars that it moved.

    "seen": the bars on the screen; "set": in the page; "ink": on the screen. Unless ``near``, the page gets
    no kernel and asks the server for every answer.
    """
    if not near:
        page.route("**/api/kernel?*", lambda route: route.fulfill(json=None))
    page.goto(f"http://127.0.0.1:{PORT}/#/draw?layer={layer}")
    page.reload()
    page.wait_for_selector("[data-answered]")
    page.wait_for_timeout(1000)
    page.unroute_all()
    page.evaluate(_INKED)
    page.evaluate("performance.clearMeasures()")
    with tempfile.TemporaryDirectory() as folder, traced(page, Path(folder)) as trace:
        draw_spiral(page, n)
    measured = page.evaluate(
        "performance.getEntriesByType('measure').map((one) => [one.name, one.startTime, one.duration])"
    )
    found: dict[str, list[float]] = {"seen": [], "set": [], "ink": []}
    for name, begun, lasted in measured:
        seen = trace.frames.seen(begun + lasted)
        if name == "stroke":
            found["set"].append(lasted)
        if seen is not None:
            found["seen" if name == "stroke" else "ink"].append(seen - begun)
    return found


def draw_spiral(page: Page, n: int) -> None:
    """Draw with the mouse, a move every frame or so."""
    box = page.locator("canvas.board").bounding_box()
    assert box is not None
    angle = np.linspace(0, 3 * np.pi, n)
    reach = 0.12 + 0.25 * np.linspace(0, 1, n)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for x, y in zip(0.5 + reach * np.cos(angle), 0.5 + reach * np.sin(angle), strict=True):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(16)
    page.mouse.up()
    page.wait_for_timeout(500)


def page_times(page: Page) -> list[float]:
    """Milliseconds from one page to the next, over all pages."""
    return [show(page, f"#/{name}", f".view-{name} h1") for name in PAGES]


def show(page: Page, link: str, selector: str) -> float:
    """Milliseconds from a change of the address to the frame after something is there."""
    milliseconds: float = page.evaluate(
        """([link, selector]) => new Promise((done) => {
            const begun = performance.now();
            location.hash = link;
            const look = () => {
                if (document.querySelector(selector)) {
                    requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
                } else if (performance.now() - begun > 20_000) throw new Error(`no ${selector}`);
                else setTimeout(look);
            };
            look();
        })""",
        [link, selector],
    )
    page.wait_for_timeout(400)
    return milliseconds


def row_times(page: Page) -> list[float]:
    """Milliseconds until the first rows of ten thousand are painted, the server having read them once."""
    page.goto(f"http://127.0.0.1:{PORT}/#/tour")
    page.wait_for_selector("h1")
    found = []
    for _ in range(6):
        found.append(show(page, "#/units", ".units-row:not(.units-head)"))
        show(page, "#/tour", ".view-tour h1")
    return found[1:]


def wide_run(run: Path, folder: Path) -> Path:
    """The run with ten thousand components on its first layer, scored at random: their number counts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from sememe import activations, dictionaries

    record = json.loads((run / "run.json").read_text())
    layer = record["configuration"]["layers"][0]
    key = f"{layer['network']}.{layer['layer']}"
    for part in (f"network/{layer['network']}", f"activations/{key}/report"):
        shutil.copytree(run / part, folder / part)
    values = np.asarray(activations.open_store(run / "activations" / key / "report").values[:])
    sae = dictionaries.TopKSAE(n_components=MOST_ROWS, k=4, max_steps=1, random_state=0).fit(values)
    dictionaries.save(sae, folder / "dictionaries" / key / "TopKSAE-k4")
    sweep = {
        "title": "TopK SAE",
        "dictionary": "TopKSAE",
        "kind": "features",
        "parameter": "k",
        "values": [4],
    }
    layer |= {"sweeps": [{**sweep, "fixed": []}], "shown": "TopKSAE-k4"}
    record["configuration"]["layers"] = [layer]
    (folder / "run.json").write_text(json.dumps(record))
    rng = np.random.default_rng(0)
    columns: dict[str, Any] = {
        "unit_set": pa.array(["TopKSAE-k4"] * MOST_ROWS).dictionary_encode(),
        "unit": pa.array(np.arange(MOST_ROWS, dtype=np.int32)),
        "density": pa.array(rng.random(MOST_ROWS)),
    }
    for name in ("class_selectivity", "dominant_mass", "class_information"):
        columns[name] = pa.array(rng.random(MOST_ROWS))
    (folder / "measures").mkdir()
    pq.write_table(pa.table(columns), folder / "measures" / f"{key}.units.parquet")
    return folder


# --- many viewers


async def viewers(layer: str, unit_set: str, n: int, seconds: float) -> tuple[list[float], int]:
    """Milliseconds of every answer to viewers who draw at once, and how many answers were errors."""
    pixels = images.mnist("test").pixels[:200]
    ends = time.perf_counter() + seconds
    found = await asyncio.gather(*(viewer(layer, unit_set, pixels, start, ends) for start in range(n)))
    return [each for times, _ in found for each in times], sum(errors for _, errors in found)


async def viewer(
    layer: str, unit_set: str, pixels: np.ndarray, start: int, ends: float
) -> tuple[list[float], int]:
    """One viewer's answers."""
    times, errors = [], 0
    origin = f"http://127.0.0.1:{PORT}"
    async with connect(f"ws://127.0.0.1:{PORT}/live", origin=origin, compression=None) as socket:
        number = 0
        while (begun := time.perf_counter()) < ends:
            drawing = base64.b64encode(pixels[(start + number) % len(pixels)].tobytes()).decode()
            question = {"number": number, "layer": layer, "set": unit_set, "pixels": drawing}
            await socket.send(json.dumps(question))
            errors += isinstance(await socket.recv(), str)
            times.append(1000 * (time.perf_counter() - begun))
            number += 1
            await asyncio.sleep(max(0, 1 / 30 - (time.perf_counter() - begun)))
    return times, errors


if __name__ == "__main__":
    main()
