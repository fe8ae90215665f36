"""How every kernel here is compiled, and on how many threads it runs.

Three rules keep the kernels quick to compile, deterministic and at peace with torch:

- Kernels are serial. Work is cut into *tasks*, and a few threads of our own run the same kernel, which takes
  one task after another until none is left. The calling thread is one of them and waits for the others only
  where they are in the middle of a task: neither a component that fires more than others nor a core that
  somebody else is using holds up the rest. (A pool of OpenMP threads, as numba's own, waits at the end of
  every loop until each has had its turn; beside a busy process that made small steps twenty times slower.)
- The cut depends on the data alone, and no two tasks write to the same place; what must be summed over
  tasks is summed afterwards in a fixed order. So results are bit-identical from run to run, whichever
  thread took which task, and for every number of threads.
- Threads that have nothing to do sleep. Those of torch's pool spin for some milliseconds before they do, on
  a core that a kernel then wants; so a training step keeps torch out from beginning to end.

What vectorises and what does not: loops over an index do (``for value in row`` does not), sums and integer
maxima do (a float maximum over a loop does not, as NaN and the zeros' signs forbid it).

Compiled code is kept on disk, beside the sources or in numba's cache folder; importing compiles nothing.
"""

# mypy: allow-untyped-defs, no-check-untyped-defs

import functools
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
import numpy as np
import torch
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

# numba's settings; a module whose names appear at run time.
CONFIG: Any = numba.config

# Multiplications in the encoder's product that are worth a thread of their own: about a tenth of a
# millisecond, twice what it takes to wake one. A number that is read from memory and written counts as many
# multiplications as PASSING.
WORK_A_THREAD = 1 << 24
PASSING = 64

_local = threading.local()

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
    compiled: Any = numba.njit(cache=True, error_model="numpy", nogil=True, **options)(function)
    if not CONFIG.DISABLE_JIT:
        file = compiled._cache._cache_file
        file._source_stamp = (file._source_stamp, _FINGERPRINT)
    return compiled


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a serial kernel, to be called by other kernels."""
    return _compile(function, fastmath=_REORDERED_SUMS)


def over_tasks(function: Callable[..., Any]) -> Callable[..., None]:
    """Compile a kernel that several threads run at once, and return what runs it on ``threads_for``'s.

    Its first two arguments are given to it: the counter that ``next_task`` takes tasks from until there are
    no more, and the number of the thread that it runs on, from 0. Where the kernel has much less to do than
    the whole that ``threads_for`` was told of, ``work=`` says how much, in the same unit.
    """
    compiled = _compile(function)

    @functools.wraps(function)
    def run(*arguments: Any, work: int | None = None) -> None:
        counter = np.zeros(1, np.int64)
        threads = current_threads() if work is None else min(current_threads(), work // WORK_A_THREAD)
        helpers = [_pool().submit(compiled, counter, thread, *arguments) for thread in range(1, threads)]
        compiled(counter, 0, *arguments)
        for helper in helpers:
            # Whoever has not begun is not needed any more.
            if not helper.cancel():
                helper.result()

    return run


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, thread_limit() - 1), "sememe-kernel")


@intrinsic
def next_task(typing_context, counter):
    """Take the number that an ``int64 (1,)`` array holds and leave the one after it, as one action."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.atomic_rmw("add", array.data, ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(counter), emit


def thread_limit() -> int:
    """The most threads that kernels ever run on."""
    return os.cpu_count() or 1


def current_threads() -> int:
    """How many threads the next kernel runs on: 1 outside of ``threads_for``."""
    return getattr(_local, "threads", 1)


@contextmanager
def threads_for(work: int) -> Iterator[None]:
    """Run kernels on as many threads as the work is worth, at most those that torch may use."""
    before = current_threads()
    most = min(torch.get_num_threads(), thread_limit())
    _local.threads = max(1, min(most, work // WORK_A_THREAD))
    try:
        yield
    finally:
        _local.threads = before
