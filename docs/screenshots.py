"""Draw the README's pictures of the explorer from a finished run.

``python docs/screenshots.py RUN [FOLDER]``; pictures go to the folder of this file if none is given.
Needs the packages of ``make test`` and Debian's chromium.
"""

import argparse
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

MLP, CNN = "digit_mlp.hidden1", "digit_cnn.fc1"
# A seven, in shares of the canvas.
SEVEN = [(0.25, 0.23), (0.5, 0.22), (0.74, 0.21), (0.66, 0.4), (0.56, 0.6), (0.48, 0.82)]
SCALE = 2  # pixels of the picture for one of the page
MOST_BYTES = 300_000
SETTLED = "() => !document.querySelector('[aria-busy=true], .skeleton')"


def main() -> None:
    """Serve the run, open its pages, write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("run", type=Path, help="a finished run of the recipe mnist")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent)
    options = parser.parse_args()
    with served(options.run) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": 1440, "height": 900}, device_scale_factor=SCALE, color_scheme="light"
        )
        draw(page, address, options.folder / "explorer.png")
        compare_two(page, address, options.folder / "unit.png")
        browser.close()


@contextmanager
def served(run: Path) -> Iterator[str]:
    """The address of the explorer on a run."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "sememe", "explore", str(run), "--port", str(port), "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    try:
        while True:
            try:
                urllib.request.urlopen(address).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit(f"The explorer did not start on {run}.") from None
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def draw(page: Page, address: str, path: Path) -> None:
    """A seven, drawn: the network of the series, its neurons under the ink, features, probabilities."""
    page.goto(f"{address}#/draw?layer={MLP}")
    page.wait_for_selector("[data-answered]")
    box = page.locator("canvas.board").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(500)  # until the lines are drawn
    shoot(page, path, ".stage")


def compare_two(page: Page, address: str, path: Path) -> None:
    """The least choosy neuron of a layer beside one of its most choosy features."""
    neuron = first(page, address, "set=Neurons-k128&sort=share")
    feature = first(page, address, "sort=-share&m=density&min=0.05")
    page.goto(f"{address}{feature}&pin={CNN}/Neurons-k128/{number(neuron)}")
    page.wait_for_selector(".unit-pair .histogram >> nth=1")
    page.wait_for_function(SETTLED)
    shoot(page, path, ".unit-page section:has(.histogram)")


def first(page: Page, address: str, query: str) -> str:
    """The link of the unit that stands first in a table."""
    page.goto(f"{address}#/units?layer={CNN}&{query}")
    page.wait_for_function(f"() => location.hash.includes({query!r})")
    page.wait_for_selector(".units-body a")
    page.wait_for_function(SETTLED)
    link = page.locator(".units-body a").first.get_attribute("href")
    assert link is not None
    return link


def number(link: str) -> int:
    """The unit that a link is about."""
    found = re.search(r"unit=(\d+)", link)
    assert found is not None
    return int(found[1])


def shoot(page: Page, path: Path, down_to: str) -> None:
    """The page down to the end of an element, as a picture of few colours, so that it is small."""
    box = page.locator(down_to).first.bounding_box()
    assert box is not None
    page.screenshot(path=path, full_page=True)
    with Image.open(path) as picture:
        shown = picture.crop((0, 0, picture.width, round(SCALE * (box["y"] + box["height"] + 24))))
        shown.convert("RGB").quantize(192, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f"{path} has {size:,} bytes, more than a README should carry.")
    print(f"{path}: {size:,} bytes")


if __name__ == "__main__":
    main()
