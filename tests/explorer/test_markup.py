"""HTML from calls: text is escaped, markup is not, nothing else gets in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sememe.explorer.markup import Html, markup, tag


def test_text_is_escaped_once_and_markup_not_again():
    assert tag("p", tag("b", "1 < 2"), " & ") == "<p><b>1 &lt; 2</b> &amp; </p>"


def test_none_and_false_leave_no_trace():
    assert tag("p", None, False, [None, "a"], hidden=False, title=None) == "<p>a</p>"


def test_names_of_attributes_are_translated():
    assert (
        tag("i", class_="a", aria_label='"x"', hidden=True)
        == '<i class="a" aria-label="&quot;x&quot;" hidden></i>'
    )


def test_void_elements_have_no_end():
    assert tag("img", src="data:,") == '<img src="data:,">'


def test_what_is_neither_markup_nor_text_is_refused():
    with pytest.raises(TypeError, match="object is neither"):
        markup(object())


@given(st.text())
def test_no_text_can_open_an_element(text):
    inner = tag("p", text, title=text)
    assert inner.count("<") == 2
    assert isinstance(inner, Html)
