import doctest

import pytest

from sememe import measures
from sememe.measures.page import index, page

RECORDS = measures.registry()


@pytest.mark.parametrize("name", RECORDS)
def test_a_page_says_all_that_the_record_says(name):
    record, text = RECORDS[name], page(RECORDS[name])
    for said in (
        record.title,
        record.formula,
        record.source.replace("|", r"\|"),
        record.dead,
        f"sememe.measures.{name}(",
    ):
        assert said in text
    assert "``" not in text.replace("```", ""), "reStructuredText is no Markdown"
    assert ":func:" not in text


def test_a_page_says_what_a_dead_unit_counts_in_the_mean():
    assert "NaN; counts 0 in the mean" in page(RECORDS["clarity"])
    assert "NaN; counts 2 in the mean" in page(RECORDS["polysemanticity"]), "the worst, where low is good"
    assert "in the mean of a set" not in page(RECORDS["density"])


@pytest.mark.parametrize("name", RECORDS)
def test_the_example_on_a_page_runs(name):
    example = page(RECORDS[name]).split("```python\n")[1].split("```")[0]
    globs = {"np": pytest.importorskip("numpy"), **vars(measures)}
    test = doctest.DocTestParser().get_doctest(example, globs, name, None, 0)
    assert test.examples
    assert doctest.DocTestRunner(verbose=False).run(test, out=lambda text: None).failed == 0


def test_the_index_links_every_measure_under_its_family():
    text = index()
    for name, record in RECORDS.items():
        assert f"[{record.title}]({name}.md)" in text
    assert text.count("\n## ") == len({record.family for record in RECORDS.values()})


def test_arguments_that_are_written_elsewhere_stand_on_the_page_all_the_same():
    text = page(RECORDS["concept_generality"])
    assert "as for" not in text
    for argument in ("codes", "concepts", "chosen", "labels", "n_classes"):
        assert f"- **{argument}**: " in text
    assert "0..classes; higher is more general" in text, "its own result, not the borrowed one"
