"""The run-time checker of annotations."""

from typing import Any, Self

from beartype import BeartypeConf, beartype


def check(function):
    """beartype, with the numeric tower of PEP 484: where a float is asked for, an int will do.

    It sees methods one by one, so it cannot know what ``Self`` is.
    """
    hints = getattr(function, "__annotations__", {})
    if Self in hints.values():
        function.__annotations__ = {name: Any if hint is Self else hint for name, hint in hints.items()}
    return beartype(conf=BeartypeConf(is_pep484_tower=True))(function)
