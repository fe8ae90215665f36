import pytest

from sememe.commands.settings import kind_named, read_settings, read_sweeps
from sememe.dictionaries import MatryoshkaSAE, TopKSAE
from sememe.errors import DictionaryError


def test_values_are_read_as_what_they_look_like():
    given = ["k=4", "learning_rate=1e-3", "clip_norm=none", "centring=geometric_median", "sparse_output=true"]
    assert read_settings(TopKSAE, given) == {
        "k": 4,
        "learning_rate": 1e-3,
        "clip_norm": None,
        "centring": "geometric_median",
        "sparse_output": True,
    }
    assert read_settings(MatryoshkaSAE, ["prefixes=16,64"]) == {"prefixes": (16, 64)}
    assert read_settings(TopKSAE, ["n-components=32"]) == {"n_components": 32}


def test_a_sweep_is_a_list_of_values():
    assert read_sweeps(TopKSAE, ["k=4,8,16", "centring=mean,geometric_median", "clip_norm=none,1"]) == {
        "k": [4, 8, 16],
        "centring": ["mean", "geometric_median"],
        "clip_norm": [None, 1],
    }
    assert read_sweeps(MatryoshkaSAE, ["prefixes=(16,64),(32,64)"]) == {"prefixes": [(16, 64), (32, 64)]}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["kk=3"], r"no parameter 'kk': did you mean k\? Choose one of auxk_coefficient"),
        (["xyzzy=3"], "no parameter 'xyzzy': choose one of auxk_coefficient"),
        (["k"], "'k' arrived where NAME=VALUE was expected"),
        (["k="], "'k=' arrived where NAME=VALUE was expected"),
        (["k=3", "k=4"], "k is given twice"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(given, message):
    with pytest.raises(DictionaryError, match=message):
        read_settings(TopKSAE, given)
    with pytest.raises(DictionaryError, match=message):
        read_sweeps(TopKSAE, given)


def test_a_value_that_is_swept_twice_is_refused():
    with pytest.raises(DictionaryError, match="has a value twice: 4,4"):
        read_sweeps(TopKSAE, ["k=4,4"])


def test_dictionaries_are_found_by_name_and_near_names_are_offered():
    assert kind_named("TopKSAE") is TopKSAE
    with pytest.raises(DictionaryError, match="did you mean TopKSAE"):
        kind_named("topksae")
