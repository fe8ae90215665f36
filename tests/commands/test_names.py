"""A name that there is not: the one that was meant is offered, whatever it is the name of."""

import pytest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "mnits"], "There is no recipe 'mnits': did you mean mnist? Choose one of mnist."),
        (["study", "widht"], "There is no study 'widht': did you mean width? Choose one of monosemanticity,"),
        (["study", "width", "--layer", "hiden1"], "has no layer 'hiden1': did you mean hidden1?"),
        (["study", "monosemanticity", "--families", "tpk"], "There is no family 'tpk': did you mean topk?"),
        (["layers", "digit_cn"], "There is no network 'digit_cn': did you mean digit_cnn?"),
        (["import-dictionary", ".", "--to", "x", "--format", "SAELens"], "did you mean saelens?"),
        (["learn", "items.npy", "--to", "x", "--dictionary", "TopkSAE"], "did you mean TopKSAE? Choose"),
        (
            ["learn", "items.npy", "--to", "x", "--dictionary", "qqq"],
            "no dictionary 'qqq': choose one of Arch",
        ),
    ],
)
def test_near_names_are_offered(refused, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert message in refused(*arguments)
