import numpy as np
import pytest

from sememe.dictionaries.parameters import check_choice, check_integer, check_number, seed_of
from sememe.errors import DictionaryError


def test_integers_of_any_kind_pass_and_booleans_do_not():
    check_integer("k", np.int64(3), 1, 3)
    with pytest.raises(DictionaryError, match="k must be an integer, but True arrived"):
        check_integer("k", True, 1)


def test_numbers_may_be_integers_and_bounds_may_be_open():
    check_number("decay", 1, 0, 1)
    with pytest.raises(DictionaryError, match="rate must be above 0, but 0 arrived"):
        check_number("rate", 0, 0, above=True)
    with pytest.raises(DictionaryError, match="rate must be a finite number, but 'fast' arrived"):
        check_number("rate", "fast", 0)


def test_choices_are_listed():
    with pytest.raises(DictionaryError, match="centring must be one of 'mean', 'none', but 'zero' arrived"):
        check_choice("centring", "zero", ("mean", "none"))


def test_an_integer_is_its_own_seed_and_a_generator_is_drawn_from():
    assert seed_of(7) == 7
    assert seed_of(np.random.RandomState(0)) == seed_of(np.random.RandomState(0))
    assert seed_of(np.random.default_rng(1)) == seed_of(np.random.default_rng(1))
    assert seed_of(None) != seed_of(None)
