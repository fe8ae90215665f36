"""Errors that a user can act on.

Every message is one sentence that names the thing, says what arrived and what to do about it.
The command line prints it and leaves with exit code 2. All are ``ValueError``, so that code that
knows nothing of Sememe catches them as what they are: bad input.

::

    SememeError(ValueError)
    ├── ImageError          a data file, a folder or an array that is not a set of images
    ├── NetworkError        a network, or a layer name, that cannot be used
    ├── ActivationsError    activations that are empty, not finite, or do not fit their store
    ├── DictionaryError     parameters or data that a dictionary cannot work with
    ├── FormatError         a file on disk that is not what its name says: truncated, tampered, foreign
    ├── MeasureError        arrays that a measure is not defined on
    └── RunError            a run folder that cannot be used or resumed
"""

import difflib
from collections.abc import Iterable


class SememeError(ValueError):
    """Base of all errors raised for bad input."""


class ImageError(SememeError):
    """A data file, a folder or an array is not a set of images."""


class NetworkError(SememeError):
    """A network cannot be used, or has no such layer."""


class ActivationsError(SememeError):
    """Activations are empty, not finite, or do not fit their store."""


class DictionaryError(SememeError):
    """Parameters or data do not suit a dictionary."""


class FormatError(SememeError):
    """A file on disk is truncated, tampered with, or of another kind."""


class MeasureError(SememeError):
    """Arrays do not suit a measure."""


class RunError(SememeError):
    """A run folder cannot be used or resumed."""


def choices(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about a name that there is not: the one that was probably meant, and all.

    >>> f"There is no fruit 'Aple'{choices('Aple', ['apple', 'pear'])}."
    "There is no fruit 'Aple': did you mean apple? Choose one of apple, pear."
    >>> f"There is no fruit 'nut'{choices('nut', ['apple', 'pear'])}."
    "There is no fruit 'nut': choose one of apple, pear."
    """
    known = list(known)
    near = nearest(name, known)
    meant = f"did you mean {near[0]}? Choose" if near else "choose"
    return f": {meant} one of {', '.join(known)}"


def nearest(name: str, known: Iterable[str], n: int = 1, cutoff: float = 0.65) -> list[str]:
    """Up to ``n`` known names that are written most like this one, whatever their case."""
    lowered = {word.lower(): word for word in known}
    return [lowered[word] for word in difflib.get_close_matches(name.lower(), lowered, n, cutoff)]
