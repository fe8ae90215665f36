"""Drawing in a browser: what the page shows is what torch says of the very drawing on its canvas."""

import base64
import re

import numpy as np
import pytest
import torch

from sememe import dictionaries, images, networks
from sememe.activations import splice
from sememe.images import as_mnist

FC1, HIDDEN = "digit_cnn.fc1", "digit_mlp.hidden1"
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


def test_a_seven_drawn_by_mouse_is_answered_as_torch_answers(opened, folder):
    page = live(opened(f"#/draw?layer={HIDDEN}"))
    draw(page, SEVEN)
    ink = drawing(page)
    assert ink.max() == 255
    expected = torch_says(folder, ink)
    assert comes_to(page, expected)
    assert page.locator(".probabilities .most b").text_content() == str(int(np.argmax(expected)))
    assert page.locator(".features-list > li").count() == 4
    assert "Not reconstructed" in page.locator(".fidelity").text_content()


def test_a_seven_drawn_by_keyboard_is_answered_as_torch_answers(opened, folder):
    page = live(opened(f"#/draw?layer={HIDDEN}", width=390, scheme="dark"))
    page.locator("canvas.board").focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    for step in range(14):
        page.keyboard.press("ArrowDown")
        if step % 2:
            page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    ink = drawing(page)
    assert (ink > 0).sum() > 40
    assert comes_to(page, torch_says(folder, ink))
    page.keyboard.press("Control+z")
    until(page, "!location.hash.includes('d=')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("key", [HIDDEN, FC1, "digit_cnn.conv2"])
def test_ablating_a_feature_moves_the_bars_to_what_torch_gives(opened, folder, key):
    page = live(opened(f"#/draw?layer={key}"))
    draw(page, SEVEN)
    ink = drawing(page)
    page.locator(".feature").first.click()
    unit = int(re.search(r"unit=(\d+)", page.url).group(1))
    page.keyboard.press("a")
    dictionary = dictionaries.load(folder / "dictionaries" / key / "TopKSAE-k4")

    def ablated(x):
        codes = dictionary.transform(x)
        return x - codes[:, [unit]] @ dictionary.components_[[unit]]

    assert comes_to(page, torch_says(folder, ink, key, ablated))
    until(page, "document.querySelectorAll('.probabilities .ghost:not([hidden])').length === 10")
    assert page.get_by_role("radio", name="ablate").get_attribute("aria-checked") == "true"
    page.keyboard.press("a")
    assert comes_to(page, torch_says(folder, ink, key))


def test_clamping_a_neuron_by_slider_gives_what_torch_gives(opened, folder):
    page = live(opened(f"#/draw?layer={HIDDEN}&of=neurons&unit=3"))
    draw(page, SEVEN)
    ink = drawing(page)
    page.get_by_role("radio", name="clamp").click()
    slider = page.get_by_role("slider", name="Value")
    slider.focus()
    page.keyboard.press("End")
    value = float(slider.input_value())
    expected = torch_says(folder, ink, HIDDEN, lambda x: np.where(np.arange(16) == 3, np.float32(value), x))
    assert comes_to(page, expected)
    page.get_by_role("button", name="Let neuron 3 go").click()
    assert comes_to(page, torch_says(folder, ink))


def test_a_link_carries_the_drawing_the_layer_and_the_unit(opened, folder):
    page = live(opened(f"#/draw?layer={FC1}"))
    draw(page, SEVEN)
    page.locator(".feature").first.click()
    ink = drawing(page)
    other = live(opened(page.url[page.url.index("#") :]))
    assert np.array_equal(drawing(other), ink)
    assert comes_to(other, torch_says(folder, ink, FC1))
    assert other.locator(".feature[aria-pressed=true]").count() == 1


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("#/draw?d=nonsense!!", "holds no drawing that can be read"),
        ("#/draw?layer=digit_mlp.nowhere", "no layer digit_mlp.nowhere"),
        (f"#/draw?layer={HIDDEN}&set=%3Cscript%3Ealert(1)%3C/script%3E", "has no <script>alert(1)</script>"),
    ],
)
def test_a_link_that_cannot_be_followed_says_so(opened, link, sentence):
    page = opened(link)
    page.wait_for_selector("[role=alert]:visible")
    assert sentence in page.locator("[role=alert]:visible").first.text_content()


def test_a_page_that_does_not_exist_offers_those_that_do(opened):
    page = opened("#/nowhere?unit=-1e9&layer=%00")
    assert "There is no page of that name" in page.get_by_role("alert").text_content()
    page.get_by_role("link", name="Draw").last.click()
    live(page)


def test_what_changed_between_two_drawings_is_ranked(opened):
    page = live(opened(f"#/draw?layer={FC1}"))
    page.get_by_label("Which digit to load").select_option("3")
    until(page, "location.hash.includes('d=')")
    page.keyboard.press("Tab")  # off the list, whose letters are its own
    page.get_by_role("button", name="Pin this drawing").click()
    page.get_by_label("Which digit to load").select_option("8")
    page.wait_for_selector(".changes li")
    assert "The margin of" in page.locator("section[aria-labelledby=changed-title]").text_content()
    assert page.locator(".changes.neurons li").count() == 8
    assert page.locator(".changes.features li").count() > 1


def test_tools_change_the_drawing_and_undo_brings_it_back(opened):
    page = live(opened("#/draw"))
    draw(page, SEVEN)
    first = drawing(page)
    for name in ("Make all strokes thicker", "Shift right", "Add noise"):
        before = page.url
        page.get_by_role("button", name=name).click()
        until(page, "before => location.href !== before", before)
    moved = drawing(page)
    assert (moved > 0).sum() > (first > 0).sum()
    for _ in range(3):
        page.get_by_role("button", name="Undo (").click()
    until(page, "before => location.href !== before", page.url)
    assert np.array_equal(drawing(page), first)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1024, "dark"), (1440, "light")])
@pytest.mark.parametrize("key", [HIDDEN, "digit_cnn.conv2"])
def test_nothing_overflows(opened, width, scheme, key):
    page = live(opened(f"#/draw?layer={key}", width, scheme))
    draw(page, SEVEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
