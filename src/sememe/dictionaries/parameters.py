"""Hyperparameters, checked when a fit begins: each wrong one is refused in a sentence that names it."""

from typing import Any

import numpy as np

from sememe.errors import DictionaryError


def check_integer(name: str, value: Any, minimum: int, maximum: int | None = None, of: str = "") -> None:
    """Refuse what is not an integer from ``minimum`` to ``maximum``; ``of`` says what the maximum is."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
        raise DictionaryError(f"{name} must be an integer, but {value!r} arrived.")
    if value < minimum:
        raise DictionaryError(f"{name} must be at least {minimum}, but {value} arrived.")
    if maximum is not None and value > maximum:
        limit = f"{of} ({maximum})" if of else str(maximum)
        raise DictionaryError(f"{name} must be at most {limit}, but {value} arrived.")


def check_number(
    name: str, value: Any, minimum: float, maximum: float | None = None, *, above: bool = False
) -> None:
    """Refuse what is not a finite number from ``minimum`` (or, if ``above``, over it) to ``maximum``."""
    if (
        not isinstance(value, (int, float, np.number))
        or isinstance(value, bool)
        or not np.isfinite(float(value))
    ):
        raise DictionaryError(f"{name} must be a finite number, but {value!r} arrived.")
    if value < minimum or (above and value == minimum):
        bound = "above" if above else "at least"
        raise DictionaryError(f"{name} must be {bound} {minimum}, but {value} arrived.")
    if maximum is not None and value > maximum:
        raise DictionaryError(f"{name} must be at most {maximum}, but {value} arrived.")


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Refuse what is not one of the words."""
    if value not in choices:
        raise DictionaryError(
            f"{name} must be one of {', '.join(map(repr, choices))}, but {value!r} arrived."
        )


def seed_of(random_state: Any) -> int:
    """An integer seed from scikit-learn's ``random_state``: an integer, a generator to draw from, or None.

    None draws a fresh seed from the operating system; the global generator is never touched.
    """
    if random_state is None:
        return int(np.random.default_rng().integers(2**31))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31))
    check_integer("random_state", random_state, 0)
    return int(random_state)
