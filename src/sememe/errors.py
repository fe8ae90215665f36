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
