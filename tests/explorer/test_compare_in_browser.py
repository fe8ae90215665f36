"""The comparison in a browser: the verdict and its tally, what stands where, how a neuron splits."""

import re

import pytest

from references.asked import ask
from references.explorer_pages import LINKS, MLP, SAE, settled


def test_comparison_shows_the_sentence_and_changes_its_measure_by_link(opened_finished, finished):
    page = settled(opened_finished(LINKS["compare"]))
    sentence = finished.layer(MLP).measures.sentences["hidden1"]
    assert sentence in page.locator(".verdict-card").inner_text()
    page.get_by_label("Measure", exact=True).select_option("class_selectivity")
    page.wait_for_function("() => location.hash.includes('m=class_selectivity')")
    assert "Class selectivity" in page.locator(".card").nth(1).inner_text()
    assert page.locator("svg.lines .mark").count() > 3


def test_below_the_verdict_stands_in_how_many_measures_each_control_is_beaten(opened_finished, finished):
    page = settled(opened_finished(LINKS["compare"]))
    found = ask(finished, "compare", layer=MLP)
    rows = page.locator("[data-tour=verdict] tbody tr")
    shown = [
        (row.locator("th").inner_text(), *row.locator("td.number").all_inner_texts()) for row in rows.all()
    ]
    assert shown == [(one.control, str(one.won), str(one.open), str(one.lost)) for one in found.tally]
    assert all(name in page.locator("[data-tour=verdict]").inner_text() for name in found.absent)
    widths = rows.first.locator(".tally-bar i").evaluate_all(
        "parts => Object.fromEntries(parts.map(part => [part.className, part.getBoundingClientRect().width]))"
    )
    first = found.tally[0]
    counts = {"won": first.won, "open": first.open, "lost": first.lost}
    assert widths.keys() == {outcome for outcome, count in counts.items() if count}
    whole = sum(widths.values())
    for outcome, width in widths.items():
        assert abs(width / whole - counts[outcome] / sum(counts.values())) < 0.03


@pytest.mark.parametrize(
    ("others", "absent", "end"),
    [
        (
            [(5, 1), (3, 2)],
            ["PCA", "ICA"],
            "each of the 2 other controls, too. 2 more controls could not",
        ),
        (
            [(5, 1), (2, 2)],
            ["PCA"],
            "1 of the 2 other controls. 1 more control could not be compared there.",
        ),
        ([(5, 1)], [], "against the other control, too."),
        ([(1, 1)], [], "against none of the other controls."),
        ([], [], "cannot be told apart."),
    ],
)
def test_the_verdict_is_said_in_plain_words_first(opened_finished, others, absent, end):
    page = settled(opened_finished(LINKS["runs"]))

    def with_these_controls(route):
        answer = route.fetch()
        content = answer.json()
        met = {**content["tally"][0], "kind": "neurons", "won": 8, "lost": 3, "open": 9}
        rest = [{**met, "kind": "control", "won": won, "lost": lost} for won, lost in others]
        route.fulfill(response=answer, json={**content, "tally": [met, *rest], "absent": absent})

    page.route("**/api/compare*", with_these_controls)
    page.evaluate("link => { location.hash = link; }", LINKS["compare"])
    said = page.locator(".verdict-card .lead")
    said.wait_for()
    assert re.search(
        r"Of 20 measures, .+ features are better than the neurons in 8 and worse in 3; in 9 the two cannot",
        said.inner_text(),
    )
    assert end in said.inner_text()


def test_the_table_of_wins_counts_as_the_verdict_does_and_says_what_was_not_tested(opened_finished):
    page = settled(opened_finished(LINKS["runs"]))

    def with_a_measure_of_the_whole_set(route):
        answer = route.fetch()
        content = answer.json()
        for place in content["places"]:
            first = place["duels"][0]
            own = {"measure": "targeted_removal[5]", "p_holm": None, "outcome": "open"}
            place["duels"].append({**first, **own})
        route.fulfill(response=answer, json=content)

    page.route("**/api/compare*", with_a_measure_of_the_whole_set)
    page.evaluate("link => { location.hash = link; }", LINKS["compare"])
    page.wait_for_selector(".duels tbody tr")
    in_all = page.locator(".duels tbody tr").first.locator("td").first.inner_text()
    won, opened, lost = (
        page.locator("[data-tour=verdict] tbody tr").first.locator("td.number").all_inner_texts()
    )
    assert in_all == f"{won} won, {opened} open, {lost} lost"
    row = page.locator(".duels tbody tr", has_text="(5)")
    assert "open" in row.inner_text()
    assert "not tested: one seed" in row.inner_text()
    assert "for all tests of this dictionary at this place" in page.locator(".duels").inner_text()
    hidden = page.locator(".duels .scroll").evaluate("box => box.scrollWidth - box.clientWidth")
    assert hidden == 0, "a shadow at its side says that there is more of the table"


def test_a_neuron_is_split_in_words_that_add_up_and_a_bar_a_feature(opened_finished, finished):
    page = settled(opened_finished(LINKS["compare"]))
    page.get_by_label("Neuron", exact=True).fill("7")
    page.get_by_label("Neuron", exact=True).press("Enter")
    page.wait_for_selector("text=neuron 7")
    card = page.locator("#split")
    found = ask(finished, "split", layer=MLP, set=SAE, neuron=7)
    story = card.locator(".lead").inner_text().replace("\u2212", "-")
    assert story.startswith(
        f"Neuron 7 goes up and down from image to image. Of that, feature {found.carriers[0].unit}"
    )
    assert sum(int(text) for text in re.findall(r"(-?\d+)\s%", story)) == pytest.approx(100, abs=2)
    parts = card.locator(".split-part")
    said = parts.all_inner_texts()
    names = [text.split("\n")[0] for text in said[2:]]
    carriers = [f"feature {one.unit}" for one in found.carriers]
    assert names == [*carriers, f"{found.others_count} others", "not explained", "constant"]
    assert "raises it" in said[2] if found.carriers[0].weight > 0 else "lowers it" in said[2]
    bars = parts.locator(".signed-track .bar").evaluate_all(
        "bars => bars.map(bar => bar.getBoundingClientRect().width)"
    )
    largest = max(abs(one.share) for one in found.carriers)
    assert bars[0] == pytest.approx(bars[1] * largest / abs(found.carriers[1].share), rel=0.05)


def test_a_link_leads_to_a_card_of_the_comparison(opened_finished):
    page = settled(opened_finished(LINKS["compare"] + "&neuron=3&card=split"))
    at = """card => {
        const { top } = document.querySelector(card).getBoundingClientRect();
        const isLast = Math.abs(scrollY + innerHeight - document.documentElement.scrollHeight) < 2;
        return top > 0 && (top < 120 || (isLast && top < innerHeight));
    }"""
    page.wait_for_function(at, arg="#split")
    page.evaluate("location.hash = location.hash.replace('card=split', 'card=frontier')")
    page.wait_for_function(at, arg="#frontier")


def test_of_a_family_that_is_not_interpolated_the_page_says_so(opened_finished, finished):
    page = settled(opened_finished(LINKS["compare"]))
    found = ask(finished, "compare", layer=MLP)
    place = next(place for place in found.places if place.key == found.decided_at)
    as_fitted = [row.family for row in place.rows if row.status == "exceeds"]
    assert as_fitted
    said = page.locator("#matched p").first.inner_text()
    assert all(f"{family} (" in said.split("shown as fitted: ")[1] for family in as_fitted)
    names = page.locator("#matched .row-name").all_text_contents()
    assert {name[:-1] for name in names if name.endswith("*")} == set(as_fitted)


def test_where_less_is_better_the_comparison_says_so(opened_finished):
    page = settled(opened_finished(LINKS["compare"] + "&m=polysemanticity[encoder]"))
    assert "Polysemanticity (encoder), lower is better" in page.locator("#frontier svg").text_content()
    assert "Polysemanticity (encoder), lower is better" in page.locator("#matched svg").text_content()
    rows = page.locator(".duels tbody tr:not(.group)").all_inner_texts()
    for text in rows:
        assert ("lower is better" in text) == text.startswith("Polysemanticity")
    assert any(text.startswith("Polysemanticity") for text in rows)
