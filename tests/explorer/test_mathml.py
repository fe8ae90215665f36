"""Formulas: every formula of a measure's record becomes MathML; what is unknown stays TeX."""

from xml.etree import ElementTree

import pytest

from sememe import measures
from sememe.explorer.mathml import mathml


def shape(tex: str) -> str:
    """The formula's tree without its outermost element."""
    text = mathml(tex)
    assert text.startswith('<math display="block">')
    return text.removeprefix('<math display="block">').removesuffix("</math>")


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"\frac{a}{2}", "<mfrac><mi>a</mi><mn>2</mn></mfrac>"),
        (r"a_i^2", "<msubsup><mi>a</mi><mi>i</mi><mn>2</mn></msubsup>"),
        (r"\sum_i a", "<mrow><munder><mo>∑</mo><mi>i</mi></munder><mi>a</mi></mrow>"),
        (r"\sqrt{x}", "<msqrt><mi>x</mi></msqrt>"),
        (r"\hat x", '<mover accent="true"><mi>x</mi><mo>^</mo></mover>'),
        (r"\text{two words}", "<mtext>two words</mtext>"),
        (r"d'_k", "<msubsup><mi>d</mi><mi>k</mi><mo>′</mo></msubsup>"),
        (r"\delta \Delta", "<mrow><mi>δ</mi><mi>Δ</mi></mrow>"),
        (r"\log x", '<mrow><mi>log</mi><mspace width="0.17em"></mspace><mi>x</mi></mrow>'),
        (r"1 - x", "<mrow><mn>1</mn><mo>−</mo><mi>x</mi></mrow>"),
        (r"i<j", "<mrow><mi>i</mi><mo>&lt;</mo><mi>j</mi></mrow>"),
    ],
)
def test_tex_becomes_mathml(tex, expected):
    assert shape(tex) == expected


@pytest.mark.parametrize("tex", [r"\unknown{x}", "{x", "x}", "x_", r"\frac{a}", "<script>"])
def test_what_cannot_be_translated_stays_tex_and_is_escaped(tex):
    text = mathml(tex)
    assert "<script>" not in text
    ElementTree.fromstring(text)


@pytest.mark.parametrize("record", measures.registry().values(), ids=lambda record: record.name)
def test_every_measure_has_a_formula_that_can_be_shown(record):
    text = mathml(record.formula)
    assert text.startswith("<math"), f"{record.name}: {record.formula}"
    ElementTree.fromstring(text)
