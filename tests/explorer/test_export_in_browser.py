"""A run exported to one file and opened from disk: the same pages, no server, no request to anyone."""

import contextlib
import re
import socket

import numpy as np
import pytest

from references.asked import MAP, MLP, SAE, ask
from references.drawing_in_browser import SEVEN, comes_to, draw, drawing, live, torch_says, until
from sememe import __version__

PAGES = ("draw", "units", "unit", "compare")


@pytest.fixture
def from_disk(chromium, written):
    """Opens a link within the file; at the end nobody was asked for anything, and nothing went wrong."""
    wrong: list[str] = []
    opened = []

    def at(link: str = "", width: int = 1440, scheme: str = "light"):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: None if is_own(asked.url) else wrong.append(asked.url))
        page.goto(written.path.as_uri() + link)
        page.wait_for_selector("main .view *")
        return page

    def is_own(url: str) -> bool:
        return url.startswith((written.path.as_uri(), "data:", "blob:"))

    yield at
    for context in opened:
        context.close()
    assert wrong == []


def test_a_seven_drawn_by_mouse_is_answered_as_torch_does(from_disk, finished):
    page = live(from_disk(f"#/draw?layer={MLP}"))
    draw(page, SEVEN)
    assert comes_to(page, torch_says(finished.folder.root, drawing(page)))


def test_an_ablated_neuron_moves_the_bars_to_what_torch_gives(from_disk, finished):
    page = live(from_disk(f"#/draw?layer={MLP}"))
    draw(page, SEVEN)
    page.get_by_role("button", name="Neuron 3", exact=True).click()
    page.get_by_role("radio", name="ablate").click()
    expected = torch_says(
        finished.folder.root, drawing(page), function=lambda x: np.where(np.arange(16) == 3, 0, x)
    )
    assert comes_to(page, expected)


def test_a_map_is_drawn_on_and_a_test_image_is_loaded(from_disk, finished):
    page = live(from_disk(f"#/draw?layer={MAP}"))
    page.get_by_label("Which digit to load").select_option(label="a 4")
    page.get_by_role("button", name="Load a test image").click()
    until(page, "document.body.innerText.includes('labelled 4')")
    assert page.get_by_role("link", name=re.compile(r"^\d+$")).count() == 0  # the Image page is not here
    assert comes_to(page, torch_says(finished.folder.root, drawing(page), key=MAP))


def test_every_link_leads_to_a_page_of_the_file(from_disk):
    page = from_disk()
    shown = [link.inner_text() for link in page.locator("header.bar nav a").all()]
    assert shown == ["Draw", "Units", "Unit", "Compare"]
    for name in PAGES:
        for layer in (MLP, MAP):
            page.evaluate("hash => { location.hash = hash; }", f"#/{name}?layer={layer}&unit=1")
            page.wait_for_selector(f".view-{name}")
            until(page, "!document.querySelector('[aria-busy=true]')")
            links = page.evaluate(
                "[...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href'))"
            )
            assert links
            strange = [link for link in links if not re.match(rf"#/({'|'.join(PAGES)})\b|#main$|blob:", link)]
            assert strange == []
    assert "Atlas" not in page.locator("dialog.help").inner_html()


def test_a_unit_is_opened_by_link_and_back_leads_back(from_disk):
    page = from_disk(f"#/units?layer={MLP}&sort=-density")
    page.get_by_role("link", name=re.compile("^feature")).first.click()
    page.wait_for_selector(".view-unit h2")
    assert "feature" in page.locator(".view-unit h2").first.inner_text()
    page.go_back()
    page.wait_for_selector(".units-table")
    assert "sort=-density" in page.url


def test_firings_in_a_range_are_counted_as_the_server_counts_them(from_disk):
    page = from_disk(f"#/unit?layer={MLP}&set={SAE}&unit=1")
    page.get_by_label("from activation").fill("0.1")
    page.get_by_label("to activation").fill("99")
    page.get_by_role("button", name="Show these firings").click()
    until(page, "document.body.innerText.includes('drawn at random')")


def test_the_table_is_saved_as_the_server_saves_it(from_disk, finished, tmp_path):
    page = from_disk(f"#/units?layer={MLP}&set={SAE}")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Save as CSV").click()
    found = (tmp_path / "units.csv", coming.value.save_as(tmp_path / "units.csv"))[0].read_text()
    expected = ask(finished, "units.csv", layer=MLP, set=SAE).content.decode()
    ours, theirs = ([line.split(",") for line in text.strip().split("\n")] for text in (found, expected))
    assert [cell.strip() for cell in ours[0]] == [cell.strip() for cell in theirs[0]]
    assert len(ours) == len(theirs)
    for own, other in zip(ours[1:], theirs[1:], strict=True):
        for a, b in zip(own, other, strict=True):
            assert a.strip() == b.strip() or float(a) == pytest.approx(float(b), rel=1e-6)


def test_at_its_foot_the_file_says_which_run_it_is(from_disk, finished):
    said = from_disk("#/units").get_by_role("contentinfo").inner_text()
    assert f"The run {finished.name}, looked at on the last" in said
    assert f"Made by {finished.command} with Sememe {__version__}." in said


def test_a_link_to_a_page_that_the_file_does_not_hold_says_who_has_it(from_disk):
    page = from_disk("#/tour")
    assert "served explorer has it: sememe explore" in page.locator("main").inner_text()


WAYS_OUT = {
    "fetch": "fetch(url)",
    "image": "Object.assign(new Image(), { src: url }).decode()",
    "script": "import(url)",
    "style": """new Promise((yes, no) => document.head.append(Object.assign(document.createElement("link"),
        { rel: "stylesheet", href: url, onload: yes, onerror: no })))""",
    "frame": """new Promise((yes, no) => { const frame = document.createElement("iframe");
        document.addEventListener("securitypolicyviolation", no); frame.src = url;
        document.body.append(frame); })""",
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_the_policy_forbids_the_page_to_ask_anyone(chromium, written, way):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(written.path.as_uri())
    page.wait_for_selector("main .view *")
    tried = f"try {{ await {WAYS_OUT[way]}; return 'asked'; }} catch {{ return 'refused'; }}"
    with listener() as (url, heard):
        assert page.evaluate(f"async (url) => {{ {tried} }}", url) == "refused"
        page.wait_for_timeout(50)
    assert heard == []
    context.close()


@contextlib.contextmanager
def listener():
    """A port that somebody listens at, and what was said there."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", heard
        # A browser may open a connection ahead of a navigation that it then refuses: nothing is sent over it.
        with contextlib.suppress(TimeoutError):
            visitor, _ = server.accept()
            with visitor:
                visitor.settimeout(0.1)
                heard.append(visitor.recv(100))
    heard[:] = [sent for sent in heard if sent]


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_is_wider_than_its_window(from_disk, width):
    page = from_disk(width=width, scheme="dark")
    for name in PAGES:
        page.evaluate("hash => { location.hash = hash; }", f"#/{name}?unit=1")
        page.wait_for_selector(f".view-{name}")
        until(page, "!document.querySelector('[aria-busy=true]')")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_the_file_lacks_is_not_said_of_the_run(from_disk):
    for name in ("units", "draw"):
        page = from_disk(f"#/{name}?layer=digit_cnn.fc1")
        page.get_by_text("This file holds no layer digit_cnn.fc1").wait_for()
