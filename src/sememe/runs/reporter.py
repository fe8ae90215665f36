"""What a run tells whoever watches it.

The run itself never prints. It calls a :class:`Reporter`; the command line has one for terminals and one
for logs, tests have one that remembers.
"""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Reporter(Protocol):
    """Listens to a run."""

    def begin(self, title: str, number: int, of: int, remaining: float | None) -> None:
        """A stage begins. ``remaining``: estimated seconds to the end of the run, None while unknown."""

    def progress(self, fraction: float, note: str) -> None:
        """The current stage is this far (0 to 1)."""

    def end(self, seconds: float, result: str) -> None:
        """The current stage is done; ``result`` is one line worth reading."""

    def skip(self, title: str, number: int, of: int) -> None:
        """A stage is skipped, since an earlier process finished it."""

    def close(self) -> None:
        """No more calls will come, whether the run ended well or not."""


class Silent:
    """Listens and says nothing."""

    def begin(self, title: str, number: int, of: int, remaining: float | None) -> None: ...

    def progress(self, fraction: float, note: str) -> None: ...

    def end(self, seconds: float, result: str) -> None: ...

    def skip(self, title: str, number: int, of: int) -> None: ...

    def close(self) -> None: ...
