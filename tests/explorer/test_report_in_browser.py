"""The report in a browser, from disk: no request, no error, every figure drawn, readable on a phone."""

import pytest

from sememe.explorer.report import report_html

DRAWN = """() => [...document.querySelectorAll(".chart")]
    .filter((chart) => chart.checkVisibility())
    .every((chart) => chart.querySelector(".main-svg"))"""


@pytest.fixture(scope="module")
def address(run, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_html(run), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def open_page(chromium, address):
    """Opens the report in a window; at the end, there was no request but for the file and no error."""
    heard: list[str] = []
    contexts = []

    def opened(width: int, scheme: str = "light"):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: heard.append(request.url) if is_request(request) else None)
        page.goto(address)
        return page

    def is_request(request) -> bool:
        return request.url != address and not request.url.startswith("data:")

    yield opened
    for context in contexts:
        context.close()
    assert heard == []


def draw_everything(page) -> None:
    """Scroll to each figure, as a reader would."""
    for chart in page.locator(".chart:visible").all():
        chart.scroll_into_view_if_needed()
    page.wait_for_function(DRAWN)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_every_figure_is_drawn_and_nothing_overflows(open_page, width, scheme):
    page = open_page(width, scheme)
    draw_everything(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_tabs_notes_tips_and_theme_work_by_keyboard(open_page):
    page = open_page(1024)

    tab = page.get_by_role("tab", name="digit_mlp · hidden1")
    tab.focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("tab", name="digit_cnn · conv2").get_attribute("aria-selected") == "true"
    assert page.get_by_role("heading", name="the second convolution").is_visible()
    assert not page.get_by_role("heading", name="the first hidden layer").is_visible()

    page.locator(".strip:visible").first.focus()
    page.keyboard.press("ArrowRight")
    assert "activation" in page.locator(".tip").text_content()
    page.keyboard.press("Escape")
    assert page.locator(".tip").is_hidden()

    page.locator(".note-button:visible").first.focus()
    page.keyboard.press("Enter")
    assert page.get_by_text("a paper, equation 1").locator("visible=true").count() == 2  # note and glossary
    page.keyboard.press("Escape")

    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.locator("#theme").focus()
    page.keyboard.press("Enter")  # light
    page.keyboard.press("Enter")  # dark
    assert page.locator("#theme").text_content() == "Theme: dark"
    assert page.evaluate(paper) != light


def test_a_link_opens_the_panels_around_its_target(open_page):
    page = open_page(1024)
    page.evaluate("location.hash = '#layer-1-comparison-1'")
    page.wait_for_function("document.querySelector('#layer-1-comparison-1').checkVisibility()")


def test_without_script_everything_is_still_there(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    for heading in ("the first hidden layer", "the second convolution"):
        assert page.get_by_role("heading", name=heading).is_visible()
    context.close()
