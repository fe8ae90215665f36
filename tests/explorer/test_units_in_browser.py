"""The table and the wall of units in a browser: sort, filter, search, bars, columns."""

import base64
import json

import numpy as np
import pytest

from references.asked import ask
from references.explorer_pages import MLP, SAE, UNITS, settled
from sememe.explorer.views.common import SetAddress
from sememe.explorer.views.concepts import set_concepts
from sememe.explorer.views.drawn import DrawnRequest, drawn


def names(page) -> list[int]:
    """Numbers of the units in the rows that are there, from the top."""
    return page.eval_on_selector_all(
        ".units-body .units-row",
        "rows => rows.map(row => Number(row.querySelector('a').textContent.split(' ').at(-1)))",
    )


def test_table_sorts_by_what_the_run_measured(opened_finished, finished):
    page = settled(opened_finished(UNITS))
    page.get_by_role("button", name="Density").first.click()
    page.wait_for_function("() => location.hash.includes('sort=-density')")
    density = np.diff(finished.layer(MLP).codes(SAE).indptr)
    assert names(page)[:10] == np.argsort(-density, kind="stable")[:10].tolist()
    assert page.locator("[aria-sort=descending]").inner_text().startswith("Density")
    page.get_by_role("button", name="Density").first.click()
    page.wait_for_function("() => location.hash.includes('sort=density')")
    assert names(page)[:10] == np.argsort(density, kind="stable")[:10].tolist()


def test_table_filters_by_class_and_by_measure_and_says_how_many_are_left(opened_finished, finished):
    page = settled(opened_finished(UNITS))
    codes = finished.layer(MLP).codes(SAE).toarray()
    mass = np.stack([np.abs(codes[finished.images.labels == c]).sum(axis=0) for c in range(10)], axis=1)
    top = np.where(mass.sum(axis=1) > 0, mass.argmax(axis=1), -1)
    wanted = int(np.bincount(top[top >= 0]).argmax())
    page.get_by_label("Class that a unit spends most on").select_option(str(wanted))
    page.wait_for_function(f"() => location.hash.includes('class={wanted}')")
    assert names(page) == np.flatnonzero(top == wanted).tolist()
    assert f"{(top == wanted).sum()} of 40 features" in page.locator(".units-count").inner_text()
    page.get_by_label("Measure to filter by").select_option("density")
    page.get_by_label("from", exact=True).fill("2")
    page.get_by_label("from", exact=True).press("Enter")
    page.get_by_text("No unit passes these filters.").wait_for()
    page.get_by_role("link", name="Show all units").click()
    page.get_by_text("All 40 features").wait_for()


def test_table_filters_and_sorts_by_the_concept_that_a_unit_detects_best(opened_finished, finished):
    page = settled(opened_finished(UNITS))
    found = set_concepts(finished, SetAddress(MLP, SAE))
    best = np.array(found.best)
    wanted = int(np.bincount(best[best >= 0]).argmax())
    page.get_by_label("Concept that a unit detects best").select_option(found.names[wanted])
    page.get_by_text(f"{(best == wanted).sum()} of 40 features").wait_for()
    assert names(page) == np.flatnonzero(best == wanted).tolist()
    page.get_by_label("Concept that a unit detects best").select_option("")
    page.get_by_role("button", name="Best concept").click()
    page.wait_for_function("() => location.hash.includes('sort=concept')")
    shown = [found.names[best[unit]] for unit in names(page) if best[unit] >= 0]
    assert shown == sorted(shown)


def packed(array: np.ndarray) -> dict:
    """An array as the server sends it."""
    kind = {"f": "float32", "i": "int32"}[array.dtype.kind]
    return {"type": kind, "shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def test_bars_begin_at_zero_and_show_the_sign(opened_finished):
    page = settled(opened_finished("#/runs"))
    scores = np.linspace(-0.5, 1, 40).astype(np.float32)
    shown = {
        "clarity[encoder]": scores,
        "monosemanticity_score[encoder]": np.abs(scores),
    }  # both from -1 to 1

    def with_these_scores(route):
        answer = route.fetch()
        content = answer.json()
        for column in content["columns"]:
            if column["key"] in shown:
                column |= {"values": packed(shown[column["key"]]), "low": None, "high": None}
        route.fulfill(response=answer, json=content)

    page.route("**/api/units?*", with_these_scores)
    page.evaluate("link => { location.hash = link; }", f"{UNITS}&cols={';'.join(shown)}")
    page.wait_for_selector(".units-row .meter")
    meters = page.locator(".units-body .units-row .meter").evaluate_all(
        """meters => meters.map(meter => ({ minus: meter.matches('.minus'), score: Number(
            meter.previousSibling.firstChild.textContent.replace('\u2212', '-')),
            wide: parseFloat(meter.style.getPropertyValue('--wide')) / 100,
            place: parseFloat(meter.style.getPropertyValue('--from')) / 100,
            zero: parseFloat(meter.style.getPropertyValue('--zero')) / 100 }))"""
    )
    for first, second in zip(meters[::2], meters[1::2], strict=True):
        # What is below 0 is seen to its left; with nothing below 0 all of the room is above it.
        assert first["minus"] == (first["score"] < 0)
        assert first["zero"] == pytest.approx(0.5 / 1.5)
        assert first["wide"] == pytest.approx(abs(first["score"]) / 1.5, abs=2e-3)
        left = first["place"] * (1 - first["wide"])
        assert left == pytest.approx(first["zero"] + min(0, first["score"]) / 1.5, abs=2e-3)
        assert (second["minus"], second["zero"], second["place"]) == (False, 0, 0)
        assert second["wide"] == pytest.approx(second["score"], abs=2e-3)
    assert any(meter["minus"] for meter in meters)


def test_where_less_is_better_the_table_says_so_and_sorts_so(opened_finished, finished):
    page = settled(opened_finished(f"{UNITS}&cols=polysemanticity[encoder];class_selectivity"))
    heads = page.locator("[role=columnheader]").all_inner_texts()
    assert [text.split("\n")[0] for text in heads if "lower is better" in text] == [
        "Polysemanticity (encoder)"
    ]
    page.get_by_role("button", name="Polysemanticity (encoder)").first.click()
    page.wait_for_function("() => location.hash.includes('sort=polysemanticity')")
    columns = ask(finished, "units", layer=MLP, set=SAE).columns
    values = next(column.values for column in columns if column.key == "polysemanticity[encoder]")
    assert names(page)[:10] == np.argsort(values, kind="stable")[:10].tolist()  # a NaN is sorted last


def test_search_finds_a_unit_by_its_number_and_keeps_the_focus(opened_finished):
    page = settled(opened_finished(UNITS))
    page.keyboard.press("/")
    page.keyboard.type("17")
    page.wait_for_function("() => location.hash.includes('q=17')")
    assert names(page) == [17]
    assert page.evaluate("document.activeElement.type") == "search"


def test_keys_move_through_the_table_and_open_a_unit(opened_finished):
    page = settled(opened_finished(UNITS))
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.locator(".units-row[aria-selected=true] a").inner_text() == "feature 1"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="feature 1").wait_for()
    assert "#/unit?" in page.url


def test_table_pages_down_to_its_last_row_with_few_rows_alive(opened_finished):
    page = settled(opened_finished(UNITS, 1024))
    table, last = page.locator(".units-table"), page.locator(".units-body a", has_text="feature 39")
    for _ in range(40):
        if last.count():
            break
        table.press("PageDown")
        page.wait_for_timeout(50)
    last.wait_for()
    assert page.locator("[role=table]").get_attribute("aria-rowcount") == "41"
    assert page.locator(".units-body .units-row").last.get_attribute("aria-rowindex") == "41"


def test_ten_thousand_rows_are_painted_in_time_and_only_those_that_are_seen_exist(opened_finished):
    n = 10_000
    rng = np.random.default_rng(0)
    values = rng.random(n).astype(np.float32)
    columns = [
        {
            "key": f"clarity[{i}]",
            "values": packed(rng.random(n).astype(np.float32)),
            "low": None,
            "high": None,
        }
        for i in range(20)
    ]
    answer = {
        "items": 100, "images": 100, "density": packed(values), "greatest": packed(values), "measured": True,
        "columns": columns, "top_class": packed(rng.integers(0, 10, n).astype(np.int32)),
        "top_share": packed(values), "shares": None,
    }  # fmt: skip
    page = opened_finished("#/runs")
    settled(page)
    page.route(
        "**/api/units?*",
        lambda route: route.fulfill(body=json.dumps(answer), content_type="application/json"),
    )
    # The run has 40 units: there are no thumbnails of the others.
    page.route(
        "**/api/thumbs?*",
        lambda route: route.fulfill(
            body="<svg xmlns='http://www.w3.org/2000/svg'/>", content_type="image/svg+xml"
        ),
    )
    took = page.evaluate(
        """link => new Promise(done => {
            const start = performance.now();
            const watch = () => document.querySelector('.units-body .units-row')
                ? requestAnimationFrame(() => done(performance.now() - start)) : requestAnimationFrame(watch);
            location.hash = link;
            watch();
        })""",
        f"{UNITS}&sort=-density",
    )
    assert page.locator(".units-body .units-row").count() < 60
    assert names(page)[0] == int(values.argmax())
    # Far above the 200 ms that benchmarks/explorer.py measures on a quiet machine: here others compute, too.
    assert took < 3000


def packed_drawing(pixels: np.ndarray) -> str:
    """A drawing as links carry it: counted runs of blank paper, then base64 for addresses."""
    packed, blank = bytearray(), 0
    for value in [*pixels.ravel().tolist(), None]:
        if value == 0 and blank < 255:
            blank += 1
            continue
        if blank:
            packed += bytes([0, blank])
            blank = 0
        if value == 0:
            blank = 1
        elif value is not None:
            packed.append(value)
    return base64.urlsafe_b64encode(bytes(packed)).decode().rstrip("=")


def test_units_that_fire_on_my_drawing(opened_finished, finished):
    layer = "digit_cnn.fc1"
    drawing = finished.images.pixels[11]
    page = settled(opened_finished(f"#/units?layer={layer}&set={SAE}&d={packed_drawing(drawing)}"))
    page.get_by_label("fires on my drawing").check()
    page.wait_for_function("() => /^\\d+ of/.test(document.querySelector('.units-count').textContent)")
    pixels = base64.b64encode(drawing.tobytes()).decode()
    expected = np.flatnonzero(drawn(finished, DrawnRequest(layer, SAE, pixels)).activation)
    assert names(page) == expected.tolist()
