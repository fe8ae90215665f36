"""The report as text: whole, safe, honest about what is missing."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from sememe.errors import RunError
from sememe.explorer.gallery import class_bars
from sememe.explorer.report import report_html
from sememe.explorer.report_data import LayerReport, NetworkSummary, ReportData, RunSummary, Score

VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """Checks that elements nest and collects what a test asks about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.referred: list[str] = []
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("aria-controls", "aria-labelledby", "popovertarget"):
                self.referred.append(value)
            if name == "href" and value.startswith("#"):
                self.referred.append(value[1:])
            elif name in ("src", "href", "srcset", "action", "data", "poster"):
                self.fetched.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def html(run) -> str:
    return report_html(run)


@pytest.fixture(scope="module")
def page(html) -> Page:
    return Page(html)


def test_elements_nest_and_every_reference_has_its_one_target(page):
    assert len(page.ids) == len(set(page.ids))
    assert set(page.referred) <= set(page.ids)


def test_nothing_is_fetched(html, page):
    assert all(value.startswith("data:image/") for value in page.fetched)
    styles = "".join(re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL))
    assert "@import" not in styles
    assert all(url.startswith("data:image/") for url in re.findall(r"url\(([^)]*)\)", styles))


def test_the_policy_forbids_requests_and_scripts_other_than_its_own_two(html):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)[1]
    assert "default-src &#x27;none&#x27;" in policy
    scripts = re.search(r"script-src ([^;]*(?:&#x27;[^;]*)*); style-src", policy)[1]
    assert scripts.count("sha256-") == 2
    assert "unsafe" not in scripts


def test_language_title_and_landmarks_are_there(html, page):
    assert '<html lang="en">' in html
    assert {"title", "header", "nav", "main", "footer", "h1"} <= set(page.tags)
    assert page.tags.count("h1") == 1


def test_the_answer_of_each_layer_stands_first_and_says_its_verdict_once(page):
    said = page.said
    assert said.index("Features win on one measure") < said.index("Two networks")
    answers = said[: said.index("Two networks")]
    assert answers.count("Mixed") == 1


def test_numbers_come_with_interval_and_n(page):
    assert "95 % 95 %" not in page.said
    assert "(95 % interval 94 % to 96 %, n = 60 images)" in page.said
    assert "0.61 0.55 to 0.66 n = 32 units 0.64 without dead units 0.2 by chance" in page.said


def test_the_table_of_unit_sets_says_n_once_and_each_score_in_a_line(run):
    cell = Score(0.0726, 0.0705, 0.0752, 60)
    layer = run.layers[0]
    sets = tuple(replace(s, fvu=cell, l0=cell, accuracy=replace(cell, value=0.5)) for s in layer.unit_sets)
    said = Page(report_html(replace(run, layers=(replace(layer, unit_sets=sets),)))).said
    table = said[said.index("The sets of units") : said.index("How often units fire")]
    assert table.count("n = 60 images") == 1
    assert "0.0726 [0.0705, 0.0752]" in table


@pytest.mark.parametrize(("dead", "times"), [(0, 0), (2, 1)])
def test_scores_without_dead_units_are_told_only_where_some_are_dead(run, dead, times):
    layer = run.layers[0]
    counted = replace(layer.unit_sets[0], n_dead=dead, l0=Score(2.0, n=60, without_dead=3.0))
    said = Page(report_html(replace(run, layers=(replace(layer, unit_sets=(counted,)),)))).said
    table = said[said.index("The sets of units") : said.index("How often units fire")]
    assert table.count("3 without dead units") == times


def test_the_heading_of_a_layer_counts_its_dead_neurons(page):
    assert "4 neurons (1 dead), scored on 60 images." in page.said


def test_only_the_drawn_measures_are_explained_below_a_comparison(run):
    note = run.measures[0]
    other = replace(note, name="density", title="Density of firing")
    layer = run.layers[0]
    drawn = replace(layer.comparisons[0], measures=("purity", "density"), drawn=("purity",))
    layer = replace(layer, comparisons=(drawn,))
    said = Page(report_html(replace(run, layers=(layer,), measures=(note, other)))).said
    assert said.count("How it is computed: Purity") == 2  # the comparison and the frontier
    below = said[said.index("How it is computed: ") :]
    assert "Density of firing" not in below[: below.index("The same as a table")]


@pytest.mark.parametrize("decides", [0, 1])
def test_the_comparison_opens_where_the_answer_compares(run, decides):
    layer = run.layers[0]
    comparisons = tuple(replace(found, decides=i == decides) for i, found in enumerate(layer.comparisons))
    html = report_html(replace(run, layers=(replace(layer, comparisons=comparisons),)))
    tabs = re.findall(r'id="layer-0-matched-(\d)-tab"[^>]*aria-selected="(true|false)"[^>]*>([^<]*)<', html)
    assert [i for i, selected, _ in tabs if selected == "true"] == [str(decides)]
    assert [i for i, _, title in tabs if title.endswith(", where the answer compares")] == [str(decides)]


def test_what_is_not_defined_is_a_dash_and_never_nan(page):
    assert "–" in page.said
    assert not re.search(r"\b(nan|NaN|None|inf)\b", page.said)


def test_a_unit_that_fires_on_every_item_is_explained_once(run):
    said = Page(report_html(replace(run, layers=run.layers[:1]))).said
    assert said.count("fires on 100 % of 60 images") == 3  # the components of the PCA
    assert said.count("never exactly 0") == 1


@pytest.mark.parametrize(("greatest", "coloured"), [(0.14, 0), (0.16, 1)])
def test_only_a_class_that_stands_out_is_coloured(greatest, coloured):
    profile = np.full(10, (1 - greatest) / 9)
    profile[3] = greatest
    assert class_bars(profile, tuple("0123456789")).count('class="most"') == coloured


def test_a_dead_unit_says_so(page):
    assert "neuron 3 Never fires on these 60 images: a dead unit." in page.said


def test_a_family_that_never_gets_there_says_so(page):
    assert "random dictionary: its best FVU is 0.26." in page.said


def test_positions_are_framed_and_negative_firings_marked(html):
    assert 'class="tile patch"' in html
    assert 'class="tile negative"' in html
    assert "--top:0.0;--left:42.9;--tall:57.1;--wide:57.1" in html


def test_text_from_a_run_is_escaped_everywhere(run):
    hostile = "</script><script>alert(1)</script><b>&"
    layer = run.layers[0]
    sets = tuple(replace(unit_set, title=hostile) for unit_set in layer.unit_sets)
    rows = tuple(replace(row, title=hostile, note=hostile) for row in layer.comparisons[0].rows)
    lines = tuple(replace(line, title=hostile) for line in layer.frontiers[0].lines)
    layer = replace(
        layer,
        name=hostile,
        title=hostile,
        unit_sets=sets,
        comparisons=(replace(layer.comparisons[0], title=hostile, rows=rows),),
        frontiers=(replace(layer.frontiers[0], lines=lines),),
        notes=(hostile,),
        answer=replace(layer.answer, sentence=hostile),
    )
    html = report_html(
        replace(
            run,
            run=replace(run.run, name=hostile, command=hostile),
            label_names=(hostile, *run.label_names[1:]),
            measures=tuple(replace(note, title=hostile, formula=hostile) for note in run.measures),
            networks=tuple(replace(network, name=hostile) for network in run.networks[:1]),
            layers=(layer,),
            data_title=hostile,
        )
    )
    assert "<script>alert" not in html
    assert "<b>&<" not in html
    Page(html)


def test_the_same_run_gives_the_same_bytes(run, html):
    assert report_html(run) == html


def test_a_run_that_has_only_begun_says_what_is_still_to_come():
    data = ReportData(
        run=RunSummary(name="mnist", command="sememe run", recipe="mnist", seed=0),
        pixels=np.zeros((2, 28, 28), np.uint8),
        networks=(NetworkSummary("digit_mlp", "the network of the series", 13002),),
        layers=(LayerReport("hidden1", "digit_mlp", "the first hidden layer", 16),),
    )
    said = Page(report_html(data)).said
    assert "This run is not finished" in said
    for missing in (
        "this layer's comparison",
        "its accuracy",
        "the images that fire this layer's units",
        "neurons and dictionaries of this layer",
        "how often this layer's units fire",
        "the comparison at matched fidelity",
        "the sweep over sparsity",
    ):
        assert f"Not measured yet: {missing}" in said


def test_an_empty_run_still_opens():
    data = ReportData(RunSummary("r", "sememe run", "mnist", 0), np.zeros((0, 28, 28), np.uint8))
    assert "Not measured yet: the training of the networks." in Page(report_html(data)).said


def test_variants_of_a_measure_share_its_note(run):
    layer = run.layers[0]
    name = "purity[cnn, centred]"
    frontier = replace(layer.frontiers[0], measure=name)
    page = Page(report_html(replace(run, layers=(replace(layer, frontiers=(frontier,)),))))
    assert "Purity (cnn, centred)" in page.said
    assert "note-purity-cnn-centred" in page.ids


def test_a_score_without_a_note_is_refused_by_name(run):
    layer = run.layers[0]
    unknown = replace(layer, frontiers=(replace(layer.frontiers[0], measure="clarity"),))
    with pytest.raises(RunError, match="hidden1 shows clarity"):
        report_html(replace(run, layers=(unknown,)))


def test_colour_images_and_many_classes_are_shown_too(run):
    rng = np.random.default_rng(0)
    names = tuple(f"class {i}" for i in range(10))
    colour = rng.integers(0, 256, (60, 3, 90, 120), dtype=np.uint8)
    html = report_html(replace(run, pixels=colour, label_names=names))
    assert "data:image/jpeg;base64," in html
    assert "activation by class: class " in Page(html).said


def test_nan_scores_in_a_table_are_dashes(run):
    network = replace(run.networks[0], accuracy=Score(float("nan"), float("nan"), float("nan"), 3))
    assert "nan" not in Page(report_html(replace(run, networks=(network,)))).said.lower().split()
