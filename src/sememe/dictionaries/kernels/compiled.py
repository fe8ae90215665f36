"""How every kernel here is compiled, and on how many threads it runs.

Three rules keep the kernels quick to compile, deterministic and at peace with torch:

- Work is cut into *tasks*, and only the thinnest function around a kernel is parallel: a loop over threads
  that calls it for one task after another. numba's parallel transformation is slow to compile, and this
  leaves it almost nothing to do. Each thread takes the next task when it is done with one, so neither a
  component that fires more than others nor a busy core holds up the rest.
- The cut depends on the data alone, and no two tasks write to the same place; what must be summed over
  tasks is summed afterwards in a fixed order. So results are bit-identical from run to run, whichever
  thread took which task, and for every number of threads.
- torch and numba each keep a pool of OpenMP threads, and the idle threads of either spin for some
  milliseconds before they sleep, on a processor that the other wants. So a training step stays within
  numba from beginning to end.

A loop over threads writes to nothing itself: assignments to a tuple's array there are lost (numba 0.68).

What vectorises and what does not: loops over an index do (``for value in row`` does not), sums and integer
maxima do (a float maximum over a loop does not, as NaN and the zeros' signs forbid it).

Compiled code is kept on disk, beside the sources or in numba's cache folder; importing compiles nothing.
"""

# mypy: allow-untyped-defs, no-check-untyped-defs

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
import torch
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

# numba's settings; a module whose names appear at run time.
CONFIG: Any = numba.config

# Sums may be reordered, which vectorises them; infinities and NaN keep their meaning.
_REORDERED_SUMS = {"reassoc", "contract", "nsz", "arcp"}


def _fingerprint() -> str:
    """Changes with any source file of this package."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


_FINGERPRINT = _fingerprint()


def _compile(function: Callable[..., Any], **options: Any) -> Any:
    """``numba.njit`` with a cache on disk that knows of all kernels.

    numba takes a cached function for fresh as long as its own file is unchanged, and would go on calling
    the old code of a kernel that changed in another file.
    """
    compiled: Any = numba.njit(cache=True, error_model="numpy", **options)(function)
    if not CONFIG.DISABLE_JIT:
        compiled._cache._cache_file._source_stamp = _FINGERPRINT
    return compiled


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a serial kernel: called by other kernels, and by the loop over tasks."""
    return _compile(function, fastmath=_REORDERED_SUMS, nogil=True)


def over_tasks(function: Callable[..., Any]) -> Any:
    """Compile a function whose first argument is the number of threads, and whose ``numba.prange`` loop over
    threads calls a kernel for each ``next_task``.
    """
    return _compile(function, parallel=True)


@intrinsic
def next_task(typing_context, counter):
    """Take the number that an ``int64 (1,)`` array holds and leave the one after it, as one action."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.atomic_rmw("add", array.data, ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(counter), emit


def thread_limit() -> int:
    """How many threads numba may ever use in this process."""
    return int(CONFIG.NUMBA_NUM_THREADS)


# Multiplications in the encoder's product that are worth a thread of their own: about a tenth of a
# millisecond. Threads that wait for each other cost more than that where the processor is busy.
WORK_A_THREAD = 1 << 24


@contextmanager
def threads_for(work: int) -> Iterator[None]:
    """Run kernels on as many threads as the work is worth, at most those that torch and numba may use.

    Where both sit on one OpenMP library, a kernel leaves its number of threads to torch, whose results may
    depend on it; so torch's is put back, too.
    """
    of_torch = torch.get_num_threads()  # first, as the first question to numba starts its threads
    before = numba.get_num_threads()
    most = min(of_torch, thread_limit())
    numba.set_num_threads(max(1, min(most, work // WORK_A_THREAD)))
    try:
        yield
    finally:
        numba.set_num_threads(before)
        torch.set_num_threads(of_torch)
