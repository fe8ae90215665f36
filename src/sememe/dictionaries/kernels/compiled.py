"""How every kernel here is compiled, and on how many threads it runs.

Three rules keep the kernels quick to compile, deterministic and at peace with torch:

- Work is cut into *tasks*, and only the thinnest function around a kernel is parallel: a loop over tasks
  that calls it. numba's parallel transformation is slow to compile, and this leaves it almost nothing to do.
- The cut depends on the data's shape alone, and no two tasks write to the same place; what must be summed
  over tasks is summed afterwards in a fixed order. So results are bit-identical from run to run, and for
  every number of threads.
- torch and numba each keep a pool of OpenMP threads, and the idle threads of either spin for some
  milliseconds before they sleep, on a processor that the other wants. So a training step stays within
  numba from beginning to end.

Compiled code is kept on disk, beside the sources or in numba's cache folder; importing compiles nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numba
import torch

# Sums may be reordered, which vectorises them; infinities and NaN keep their meaning.
_REORDERED_SUMS = {"reassoc", "contract", "nsz", "arcp"}


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a serial kernel: called by other kernels, and by the loop over tasks."""
    compiled: Callable[..., Any] = numba.njit(
        cache=True, fastmath=_REORDERED_SUMS, nogil=True, error_model="numpy"
    )(function)
    return compiled


def over_tasks(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function whose ``numba.prange`` loop calls a kernel for each task."""
    compiled: Callable[..., Any] = numba.njit(cache=True, parallel=True, error_model="numpy")(function)
    return compiled


@contextmanager
def torch_threads() -> Iterator[None]:
    """Run kernels on as many threads as the user gave torch, as far as numba has them."""
    before = numba.get_num_threads()
    numba.set_num_threads(max(1, min(torch.get_num_threads(), numba.config.NUMBA_NUM_THREADS)))
    try:
        yield
    finally:
        numba.set_num_threads(before)
