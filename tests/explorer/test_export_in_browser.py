"""A run exported to one file and opened from disk: the same pages, no server, no request to anyone."""

import contextlib
import re
import socket

import numpy as np
import pytest

from references.drawing_in_browser import SEVEN, comes_to, draw, drawing, live, torch_says, until
from references.kernel_page import KernelPage
from sememe.errors import RunError
from sememe.explorer import export
from sememe.explorer.endpoint import plain, read_parameters
from sememe.explorer.export import Request, gather, set_blocks, write_page
from sememe.explorer.export.page import blocks_html
from sememe.explorer.server.endpoints import ENDPOINTS

HIDDEN, MAP = "digit_mlp.hidden1", "digit_cnn.conv2"
PAGES = ("draw", "units", "unit", "compare")


@pytest.fixture(scope="module")
def written(finished, tmp_path_factory) -> export.Export:
    """Two layers of the finished run, their neurons and their shown dictionary."""
    path = tmp_path_factory.mktemp("exported") / "run & all.html"
    return write_page(finished, path, Request((HIDDEN, MAP), ()))


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
    page = live(from_disk(f"#/draw?layer={HIDDEN}"))
    draw(page, SEVEN)
    assert comes_to(page, torch_says(finished.folder.root, drawing(page)))


def test_an_ablated_neuron_moves_the_bars_to_what_torch_gives(from_disk, finished):
    page = live(from_disk(f"#/draw?layer={HIDDEN}"))
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
        for layer in (HIDDEN, MAP):
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
    page = from_disk(f"#/units?layer={HIDDEN}&sort=-density")
    page.get_by_role("link", name=re.compile("^feature")).first.click()
    page.wait_for_selector(".view-unit h2")
    assert "feature" in page.locator(".view-unit h2").first.inner_text()
    page.go_back()
    page.wait_for_selector(".units-table")
    assert "sort=-density" in page.url


def test_firings_in_a_range_are_counted_as_the_server_counts_them(from_disk):
    page = from_disk(f"#/unit?layer={HIDDEN}&set=TopKSAE-k4&unit=1")
    page.get_by_label("from activation").fill("0.1")
    page.get_by_label("to activation").fill("99")
    page.get_by_role("button", name="Show these firings").click()
    until(page, "document.body.innerText.includes('drawn at random')")


def test_the_table_is_saved_as_the_server_saves_it(from_disk, finished, tmp_path):
    page = from_disk(f"#/units?layer={HIDDEN}&set=TopKSAE-k4")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Save as CSV").click()
    found = (tmp_path / "units.csv", coming.value.save_as(tmp_path / "units.csv"))[0].read_text()
    expected = _asked(finished, "units.csv", layer=HIDDEN, set="TopKSAE-k4").content.decode()
    ours, theirs = ([line.split(",") for line in text.strip().split("\n")] for text in (found, expected))
    assert [cell.strip() for cell in ours[0]] == [cell.strip() for cell in theirs[0]]
    assert len(ours) == len(theirs)
    for own, other in zip(ours[1:], theirs[1:], strict=True):
        for a, b in zip(own, other, strict=True):
            assert a.strip() == b.strip() or float(a) == pytest.approx(float(b), rel=1e-6)


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


# ---- what is in the file ----------------------------------------------------------------------------------


def _asked(run, name, **parameters):
    endpoint = next(each for each in ENDPOINTS if each.name == name)
    return endpoint.answer(
        run, read_parameters(endpoint.parameters, {k: str(v) for k, v in parameters.items()})
    )


@pytest.fixture(scope="module")
def answers(chromium, written):
    """Questions to the file, as its pages ask them."""
    context = chromium.new_context()
    yield KernelPage(context.new_page(), blocks_html(written.contents))
    context.close()


def alike(found, expected, tolerance):
    """The same but for rounding; NaN and nothing are one, and packed arrays are unpacked."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            alike(found[key], expected[key], tolerance)
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for own, other in zip(found, expected, strict=True):
            alike(own, other, tolerance)
    elif isinstance(expected, np.ndarray):
        np.testing.assert_allclose(
            found, expected, rtol=tolerance, atol=tolerance * (np.nanmax(np.abs(expected), initial=0))
        )
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=tolerance) if np.isfinite(expected) else found is None
    else:
        assert found == expected


def opened(value):
    """A payload with its arrays as they are, everything else as JSON knows it."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "__dataclass_fields__"):
        return {name: opened(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {str(key): opened(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [opened(inner) for inner in value]
    return value.item() if isinstance(value, np.generic) else value


@pytest.mark.parametrize("name", set_blocks.PER_UNIT)
@pytest.mark.parametrize(
    ("layer", "unit_set"), [(HIDDEN, "TopKSAE-k4"), (HIDDEN, "Neurons-k16"), (MAP, "TopKSAE-k4")]
)
def test_the_file_answers_of_a_unit_what_the_server_answers(answers, finished, name, layer, unit_set):
    for unit in (0, 7):
        where = {"layer": layer, "set": unit_set, "unit": unit}
        found, expected = answers.ask(name, **where), opened(_asked(finished, name, **where))
        if name == "unit":
            picture, own = expected["reads"].pop("picture"), found["reads"].pop("picture")
            if picture is None:
                assert own is None
            else:
                np.testing.assert_allclose(own, picture, atol=np.abs(picture).max() / 250)
        if name == "unit-relatives":  # sets that are not in the file have no page to go to
            here = {None, "TopKSAE-k4", "Neurons-k16", "Neurons-k32"}
            expected["matches"] = [match for match in expected["matches"] if match["set"] in here]
        alike(found, expected, 2**-12)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("measures", {}),
        ("pixel_weights", {"layer": HIDDEN}),
        ("pixel_weights", {"layer": MAP}),
        ("units", {"layer": HIDDEN, "set": "TopKSAE-k4"}),
        ("set-concepts", {"layer": MAP, "set": "TopKSAE-k4"}),
        ("compare", {"layer": HIDDEN}),
        ("compare", {"layer": MAP}),
        ("split", {"layer": HIDDEN, "set": "TopKSAE-k4", "neuron": 5}),
        ("unit-heat", {"layer": HIDDEN, "set": "TopKSAE-k4", "unit": 0, "images": "3"}),
        ("unit-heat", {"layer": MAP, "set": "TopKSAE-k4", "unit": 0, "images": "12,3,12"}),
    ],
)
def test_the_file_answers_what_the_server_answers(answers, finished, name, parameters):
    alike(answers.ask(name, **parameters), opened(_asked(finished, name, **parameters)), 1e-3)


@pytest.mark.parametrize("layer", [HIDDEN, MAP])
def test_a_range_holds_the_servers_firings(answers, finished, layer):
    where = {"layer": layer, "set": "TopKSAE-k4", "unit": 1, "low": 0.05, "high": 50}
    for label in ({}, {"label": 3}):
        found, expected = (
            answers.ask("unit-range", **where, **label),
            _asked(finished, "unit-range", **where, **label),
        )
        assert found["firings"] == expected.firings > 0
        assert len(found["tiles"]["image"]) == len(expected.tiles.image)
        if expected.firings <= 48:  # all of them: the same, however they are drawn
            np.testing.assert_array_equal(np.sort(found["tiles"]["image"]), np.sort(expected.tiles.image))
            np.testing.assert_allclose(found["tiles"]["activation"], expected.tiles.activation, atol=1e-4)


def test_the_run_in_the_file_names_only_what_is_there(answers, finished):
    run = answers.ask("run")
    assert [layer["key"] for layer in run["layers"]] == [HIDDEN, MAP]
    assert [each["key"] for each in run["layers"][0]["unit_sets"]] == ["Neurons-k16", "TopKSAE-k4"]
    assert not run["has_report"]
    assert plain(_asked(finished, "run"))["label_names"] == run["label_names"]


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        (
            "unit",
            {"layer": "digit_cnn.fc1", "set": "TopKSAE-k4", "unit": 0},
            "This file has no layer digit_cnn.fc1",
        ),
        ("unit", {"layer": HIDDEN, "set": "PCA-k4", "unit": 0}, "no unit set PCA-k4 in this file"),
        ("atlas", {"layer": HIDDEN, "set": "TopKSAE-k4"}, "not in the exported file: open the run with"),
        ("test_image", {"label": 11}, "No image is of class 11"),
    ],
)
def test_what_is_not_in_the_file_is_said(answers, name, parameters, message):
    with pytest.raises(Exception, match=message):
        answers.ask(name, **parameters)


@pytest.fixture
def quick(monkeypatch):
    """Of each unit only its first page is asked."""
    monkeypatch.setattr(set_blocks, "PER_UNIT", ("unit",))


def test_controls_come_as_far_as_there_is_room(finished, quick):
    everything = gather(finished, Request((HIDDEN,)))
    keys = [each.key for each in everything.sets[HIDDEN]]
    assert keys[:2] == ["Neurons-k16", "TopKSAE-k4"]
    assert len(keys) > 3
    assert everything.left_out == []
    few = gather(finished, Request((HIDDEN,), most_bytes=everything.size - 1000))
    assert 2 <= len(few.sets[HIDDEN]) < len(keys)
    assert few.size <= everything.size - 1000
    assert all("there is no room for it" in sentence for sentence in few.left_out)


def test_the_same_run_gives_the_same_file(finished, tmp_path, quick):
    one, two = (
        write_page(finished, tmp_path / name, Request((HIDDEN,), ())) for name in ("a.html", "b.html")
    )
    assert one.path.read_bytes() == two.path.read_bytes()
    assert one.size == len(one.path.read_bytes())


def test_a_family_that_the_kernel_does_not_know_is_named_and_left_out(finished, monkeypatch, quick):
    monkeypatch.setattr(
        set_blocks, "dictionary_kernel", lambda each: None if each.key == "PCA-k4" else _known(each)
    )
    found = gather(finished, Request((HIDDEN,), ("PCA-k4",)))
    assert found.left_out == [f"{HIDDEN} PCA-k4: the page's kernel has no encoder for PCA"]
    assert "PCA-k4" not in [each.key for each in found.sets[HIDDEN]]


_known = set_blocks.dictionary_kernel


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request(("nothing",)), "no layer 'nothing'; it has digit_mlp.hidden1"),
        (Request((HIDDEN,), ("Nothing-k1",)), "No layer here has a unit set 'Nothing-k1'; there are"),
        (Request((MAP,)), "has no scores to export yet: finish it with"),
    ],
)
def test_what_the_run_does_not_have_is_said(finished, request_, message):
    with pytest.raises(RunError, match=message):
        gather(finished, request_)


def test_what_the_file_lacks_is_not_said_of_the_run(from_disk):
    for name in ("units", "draw"):
        page = from_disk(f"#/{name}?layer=digit_cnn.fc1")
        page.get_by_text("This file holds no layer digit_cnn.fc1").wait_for()
