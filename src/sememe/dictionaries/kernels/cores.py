"""Which core a thread is on, and how it gets off it.

Where all cores are busy, Linux leaves a thread that is woken on the core of the one who woke it, even if the
others are busy with less urgent work: it would begin when the one whom it was to help is done.
"""

import ctypes
import os

# Bytes of a set of cores: room for 1024.
_SET_BYTES = 128


def _system() -> ctypes.CDLL | None:
    """The C library, where it knows of cores."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "sched_getcpu") else None


_LIBRARY = _system()


def current_core() -> int | None:
    """The core that the calling thread is on; None where the system does not tell."""
    return None if _LIBRARY is None else _LIBRARY.sched_getcpu()


def leave(core: int | None) -> None:
    """Move the calling thread off a core, if it is there and may run on others."""
    if _LIBRARY is None or core is None or current_core() != core:
        return
    allowed = os.sched_getaffinity(0)
    if len(allowed) > 1:
        for cores in (allowed - {core}, allowed):
            mask = sum(1 << each for each in cores).to_bytes(_SET_BYTES, "little")
            # Unlike ``os.sched_setaffinity`` this lets go of Python's lock while the thread is moved.
            _LIBRARY.sched_setaffinity(0, _SET_BYTES, mask)
