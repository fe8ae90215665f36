"""Whatever a viewer sends is read as a question or refused with a sentence."""

import base64
import json
import string

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from sememe.errors import RunError
from sememe.explorer.live.question import read_question

BLANK = base64.b64encode(bytes(784)).decode()
GOOD = {"number": 3, "layer": "digit_mlp.hidden1", "set": "TopKSAE-k4", "pixels": BLANK}


def changed(**fields) -> str:
    return json.dumps({**GOOD, **fields})


def test_a_question_is_read():
    edit = {"of": "features", "unit": 2, "how": "clamp", "value": 1.5}
    question = read_question(changed(edits=[edit], fit=False))
    assert (question.number, question.layer, question.unit_set) == (3, "digit_mlp.hidden1", "TopKSAE-k4")
    assert question.pixels.shape == (28, 28)
    assert (question.fit, question.keep_error) == (False, True)
    assert (question.edits[0].unit, question.edits[0].value) == (2, 1.5)


def test_edits_do_what_they_say():
    edits = [{"of": "features", "unit": 0, "how": how, "value": 2} for how in ("ablate", "clamp", "steer")]
    values = np.array([1.0, 0.0], np.float32)
    applied = [edit.apply(values).tolist() for edit in read_question(changed(edits=edits)).edits]
    assert applied == [[0, 0], [2, 2], [3, 2]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("[" * 5000, "not JSON"),
        ("[]", "a list arrived"),
        (changed(number=-1), "'number' should be a whole number"),
        (changed(number=True), "'number' should be a whole number"),
        (changed(layer=7), "'layer' should be a name, but 7 arrived"),
        (changed(pixels="AAAA"), "784 bytes in base64"),
        (changed(pixels=BLANK + "é"), "784 bytes in base64"),
        (changed(fit="yes"), "'fit' should be true or false"),
        (changed(edits={}), "Edits are a list"),
        (changed(edits=[{}] * 65), "at most 64"),
        (changed(edits=[5]), "An edit is an object"),
        (
            changed(edits=[{"of": "soul", "unit": 0, "how": "ablate"}]),
            "of neurons or of features, not of 'soul'",
        ),
        (changed(edits=[{"of": "features", "unit": 0, "how": "kill"}]), "'kill' is none of these"),
        (
            changed(edits=[{"of": "features", "unit": 0.5, "how": "ablate"}]),
            "'unit' should be a whole number",
        ),
        (
            changed(edits=[{"of": "features", "unit": 0, "how": "clamp", "value": float("nan")}]),
            "a number up to a million",
        ),
        (changed(edits=[{"of": "features", "unit": 0, "how": "clamp", "value": 1e9}]), "up to a million"),
    ],
)
def test_what_is_no_question_is_refused_with_a_sentence(text, message):
    with pytest.raises(RunError, match=message):
        read_question(text)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(string.printable, max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*GOOD, "edits", "fit", "keep_error", "more"]), ANY))
def test_any_json_is_read_or_refused(fields):
    try:
        question = read_question(json.dumps({**GOOD, **fields}))
    except RunError as error:
        sentence = str(error)
        event("refused")
    else:
        sentence = "read."
        assert question.pixels.shape == (28, 28)
    assert sentence.endswith(".")
