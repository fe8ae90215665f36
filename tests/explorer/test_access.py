"""Every page for everyone: at every width, in both themes, with a screen reader and by keyboard alone."""

import importlib

import pytest

from references.explorer_pages import LINKS, MLP, SAE, UNITS, settled, walk


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_no_page_is_wider_than_its_window(opened_finished, width):
    wide = {
        name: page.evaluate("document.documentElement.scrollWidth")
        for name, page in walk(opened_finished("#/runs", width))
    }
    assert {name: found for name, found in wide.items() if found > width} == {}


# Rows that are like those above them: axe asks for each letter what lies behind it, which takes seconds.
ALIKE = {"exclude": [["tbody tr:nth-child(n+7)"], ["li:nth-child(n+7)"], [".signed-row:nth-child(n+4)"]]}


def serious_faults(page, rules: list[str] | None = None) -> list[str]:
    """What axe finds on a page as it is now; all its rules, or some."""
    axe = importlib.import_module("axe_playwright_python.sync_playwright").Axe()
    options: dict = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
    if rules is not None:
        options["runOnly"] = {"type": "rule", "values": rules}
    found = axe.run(page, context=ALIKE, options=options).response
    assert found["passes"], "axe looked at nothing"
    return [
        f"{fault['id']}: {fault['help']}: {[node['target'] for node in fault['nodes'][:3]]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


# Names and roles are the same in every window; colours go with the theme, sizes with the width.
@pytest.mark.parametrize(
    ("scheme", "width", "rules"),
    [("light", 1440, None), ("dark", 390, ["color-contrast", "target-size", "scrollable-region-focusable"])],
)
def test_axe_finds_no_serious_fault(opened_finished, scheme, width, rules):
    opened = walk(opened_finished("#/runs", width, scheme))
    assert {name: faults for name, page in opened if (faults := serious_faults(page, rules))} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_what_opens_over_a_page(opened_finished, scheme):
    page = settled(opened_finished(UNITS, scheme=scheme))
    page.get_by_role("button", name="Columns").click()
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="How Density is computed").click()
    page.get_by_role("dialog", name="Density").wait_for()
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="How to read these pages").wait_for()
    assert serious_faults(page) == []


def unit_of(page) -> list:
    """The unit set and the number in the address."""
    return page.evaluate(
        """() => {
            const query = new URLSearchParams(location.hash.split('?')[1]);
            return [query.get('set'), Number(query.get('unit'))];
        }"""
    )


def test_every_page_is_reached_and_units_are_walked_by_keyboard(opened_finished):
    page = settled(opened_finished(LINKS["unit"]))
    page.keyboard.press("j")
    assert unit_of(page) == [SAE, 4]
    page.keyboard.press("k")
    assert unit_of(page) == [SAE, 3]
    page.keyboard.press("n")
    settled(page).get_by_role("heading", name="neuron 0").wait_for()
    page.keyboard.press("f")
    settled(page).get_by_role("heading", name="feature 0").wait_for()
    page.keyboard.press("/")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("7\n")
    settled(page).get_by_role("heading", name="feature 7").wait_for()
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("p")
    page.keyboard.press("r")
    for key, name in zip(
        "ucmtrhdi", ["units", "compare", "image", "atlas", "runs", "tour", "draw", "unit"], strict=True
    ):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_selector(f".view-{name}")
        settled(page)
    assert f"pin={MLP}/{SAE}/7" in page.url


@pytest.mark.parametrize("name", ["draw", "units", "unit", "compare", "image", "atlas", "tour"])
def test_what_has_the_focus_is_seen_and_has_a_ring(opened_finished, name):
    page = settled(opened_finished(LINKS[name], 1024))
    seen = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
                const focused = document.activeElement;
                const box = focused.getBoundingClientRect();
                const bar = document.querySelector('header.bar');
                const top = bar.contains(focused) ? 0 : bar.getBoundingClientRect().bottom;
                return { what: focused.outerHTML.slice(0, 120), style: getComputedStyle(focused).outlineStyle,
                    shown: box.width > 0 && box.bottom > top && box.top < innerHeight,
                    ends: focused === document.body };
            }"""
        )
        if found["ends"]:
            break
        assert found["style"] != "none", found["what"]
        assert found["shown"], found["what"]
        seen.add(found["what"])
    assert len(seen) > 10
