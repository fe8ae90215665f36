"""Drawing on the Draw page as a viewer does, and what torch says of the very drawing."""

import base64
import re

import numpy as np
import torch

from sememe import images, networks
from sememe.activations import splice
from sememe.images import as_mnist

HIDDEN = "digit_mlp.hidden1"
# A 7, as points of a stroke in shares of the canvas.
SEVEN = [(0.28, 0.22), (0.72, 0.22), (0.62, 0.42), (0.52, 0.62), (0.46, 0.84)]


def draw(page, points) -> None:
    """One stroke of the mouse over the canvas, through points in shares of its side."""
    box = page.locator("canvas.board").bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*at[0])
    page.mouse.down()
    for point in at[1:]:
        page.mouse.move(*point, steps=6)
    page.mouse.up()


def until(page, expression: str, argument=None) -> None:
    """Wait until an expression is true; playwright's own way evaluates text, which the policy forbids."""
    for _ in range(400):
        if page.evaluate(expression, argument):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"never true: {expression}")


def drawing(page) -> np.ndarray:
    """The drawing in the page's address, as whoever gets the link will see it."""
    until(page, "location.hash.includes('d=')")
    packed = re.search(r"[?&]d=([^&]*)", page.url).group(1)
    content = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    ink: list[int] = []
    rest = iter(content)
    for value in rest:
        ink += [value] if value else [0] * next(rest)
    return np.array(ink, np.uint8).reshape(28, 28)


def shown(page) -> list[int]:
    """The ten bars, in per cent."""
    values = page.locator(".probabilities .value").all_text_contents()
    return [int(value.removesuffix(" %")) for value in values]


def comes_to(page, expected: list[int]) -> bool:
    """Whether the bars come to these values, as soon as the last stroke is answered."""
    for _ in range(200):
        if close(shown(page), expected):
            return True
        page.wait_for_timeout(25)
    return False


def torch_says(folder, ink, key=HIDDEN, function=lambda x: x) -> list[int]:
    network, layer = key.split(".")
    net = networks.load(folder / "network" / network)
    logits = splice(net, images.ImageSet(as_mnist(ink)[None]), layer, function, device="cpu")[0]
    return [round(100 * share) for share in torch.softmax(torch.from_numpy(logits), 0).tolist()]


def close(found: list[int], expected: list[int]) -> bool:
    """Equal but for the last digit, where a half may be rounded either way."""
    return all(abs(a - b) <= 1 for a, b in zip(found, expected, strict=True))


def live(page):
    page.wait_for_selector(".live-state.on")
    page.wait_for_selector("[data-answered]")
    return page
