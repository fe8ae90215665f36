"""How long work tells whoever waits for it.

Every function that can take more than a second takes ``progress``: a callable that is given the
fraction done, from 0 to 1, and a short note on what is being done (``"epoch 3 of 8, accuracy 98.1 %"``).
Library code never prints; the command line turns the calls into bars or plain lines.
"""

from collections.abc import Callable

Progress = Callable[[float, str], None]


def silent(fraction: float, note: str) -> None:
    """The default: say nothing."""


def part(progress: Progress, start: float, stop: float) -> Progress:
    """The slice of ``progress`` between two fractions, for a step of a larger piece of work."""

    def inner(fraction: float, note: str) -> None:
        progress(start + (stop - start) * fraction, note)

    return inner
