"""How every kernel here is compiled, and on how many threads it runs.

Three rules keep the kernels quick to compile, deterministic and at peace with torch:

- Kernels are serial. Work is cut into *tasks*, and a few threads of our own run the same kernel, which takes
  one task after another until none is left. The calling thread is one of them and waits for the others only
  where they are in the middle of a task: neither a component that fires more than others nor a core that
  somebody else is using holds up the rest. (A pool of OpenMP threads, as numba's own, waits at the end of
  every loop until each has had its turn; beside a busy process that made small steps twenty times slower.)
  For the same reason the caller waits awake, and a helper leaves the caller's core.
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
from numba.core import types
from numba.extending import intrinsic

from sememe.dictionaries.kernels.cores import current_core, leave

# numba's settings; a module whose names appear at run time.
CONFIG: Any = numba.config

# Multiplications in the encoder's product that are worth a thread of their own: about a tenth of a
# millisecond, twice what it takes to wake one. A number that is read from memory and written counts as many
# multiplications as PASSING.
WORK_A_THREAD = 1 << 24
PASSING = 64

# How often the caller looks whether the others are done before it goes to sleep: some tenths of a
# millisecond. Tasks are shorter, and on a busy machine whoever sleeps has lost its core for milliseconds.
_LOOKS = 100_000

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
    # Without ``_nrt`` no row that a kernel looks at is counted as a reference to its array, two atomic
    # instructions each, for which threads would compete; so no kernel can make arrays.
    options |= {"cache": True, "error_model": "numpy", "nogil": True, "_nrt": False}
    compiled: Any = numba.njit(**options)(function)
    if not CONFIG.DISABLE_JIT:
        file = compiled._cache._cache_file
        file._source_stamp = (file._source_stamp, _FINGERPRINT)
    return compiled


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a serial kernel, to be called by other kernels."""
    return _compile(function, fastmath=_REORDERED_SUMS)


def over_tasks(function: Callable[..., Any]) -> Callable[..., None]:
    """Compile a kernel that several threads run at once, and return what runs it on ``threads_for``'s.

    Its first two arguments are given to it: the counter that ``next_task`` takes tasks from, and the number
    of the thread that it runs on, from 0. It writes only while it has a task. Where the kernel has much less
    to do than the whole that ``threads_for`` was told of, ``work=`` says how much, in the same unit.
    """
    compiled = _compile(function)

    @functools.wraps(function)
    def run(*arguments: Any, work: int | None = None) -> None:
        threads = current_threads() if work is None else min(current_threads(), work // WORK_A_THREAD)
        counter = np.zeros(1 + max(1, threads), np.int64)
        core = current_core()
        helpers = [
            _pool().submit(_help, core, compiled, counter, thread, *arguments) for thread in range(1, threads)
        ]
        compiled(counter, 0, *arguments)
        if not _are_idle(counter, _LOOKS):
            for helper in helpers:
                if not helper.cancel():
                    helper.result()

    return run


def _help(core: int | None, compiled: Any, *arguments: Any) -> None:
    """Run a kernel beside its caller, who is on that core."""
    leave(core)
    compiled(*arguments)


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, thread_limit() - 1), "sememe-kernel")


@intrinsic
def _add(typing_context, counter, index, number):
    """Add to an entry of an int64 array and return what it was, as one action that all threads see."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.atomic_rmw("add", builder.gep(array.data, [arguments[1]]), arguments[2], "seq_cst")

    return types.int64(counter, types.intp, types.int64), emit


@intrinsic
def _look(typing_context, counter, index):
    """An entry of an int64 array as other threads left it."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.load_atomic(builder.gep(array.data, [arguments[1]]), "seq_cst", 8)

    return types.int64(counter, types.intp), emit


@kernel
def next_task(counter, thread, tasks):
    """The number of the next task, from 0; ``tasks`` or more when none is left.

    ``counter`` is an int64 array: the next task, and for every thread whether it has one. A thread that asks
    has finished the task before.
    """
    if _look(counter, 1 + thread) == 0:
        _add(counter, 1 + thread, 1)
    task = _add(counter, 0, 1)
    if task >= tasks:
        _add(counter, 1 + thread, -1)
    return task


@kernel
def _are_idle(counter, looks):
    """Whether no thread has a task, looking so many times."""
    for _ in range(looks):
        busy = 0
        for thread in range(1, counter.shape[0]):
            busy += _look(counter, thread)
        if busy == 0:
            return True
    return False


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
