"""``NAME=VALUE`` on the command line: hyperparameters of a dictionary, one value or several to sweep over."""

import ast
from collections.abc import Sequence
from typing import Any

from sememe.dictionaries import Dictionary, registry
from sememe.errors import DictionaryError, choices

_WORDS = {"none": None, "true": True, "false": False}


def kind_named(name: str) -> type[Dictionary]:
    """The dictionary of that name; a :class:`DictionaryError` names the near ones."""
    known = registry()
    if name not in known:
        raise DictionaryError(f"There is no dictionary {name!r}{choices(name, known)}.")
    return known[name]


def read_settings(kind: type[Dictionary], given: Sequence[str]) -> dict[str, Any]:
    """``["k=8", "n_components=512"]`` as hyperparameters of ``kind``.

    Raises:
        DictionaryError: not ``NAME=VALUE``, a name that it does not have, or one that is given twice.
    """
    return {name: _value(text) for name, text in _pairs(kind, given)}


def read_sweeps(kind: type[Dictionary], given: Sequence[str]) -> dict[str, list[Any]]:
    """``["k=4,8,16", "random_state=0,1"]`` as lists of values.

    Raises:
        DictionaryError: as ``read_settings``, or a value that comes twice.
    """
    sweeps = {}
    for name, text in _pairs(kind, given):
        values = _values(text)
        if len({repr(value) for value in values}) < len(values):
            raise DictionaryError(f"The sweep over {name} has a value twice: {text}.")
        sweeps[name] = values
    return sweeps


def _pairs(kind: type[Dictionary], given: Sequence[str]) -> list[tuple[str, str]]:
    known = list(kind._get_param_names())
    pairs: list[tuple[str, str]] = []
    for pair in given:
        name, equals, text = pair.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not text.strip():
            raise DictionaryError(f"{pair!r} arrived where NAME=VALUE was expected, such as k=8.")
        if name not in known:
            raise DictionaryError(f"{kind.__name__} has no parameter {name!r}{choices(name, known)}.")
        if name in dict(pairs):
            raise DictionaryError(f"The parameter {name} is given twice.")
        pairs.append((name, text.strip()))
    return pairs


def _values(text: str) -> list[Any]:
    try:
        return list(ast.literal_eval(f"({text},)"))
    except (ValueError, SyntaxError):
        return [_value(part.strip()) for part in text.split(",") if part.strip()]


def _value(text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
