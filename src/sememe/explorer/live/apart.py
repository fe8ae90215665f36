"""Work that needs much memory once: done in a process of its own, so that the server stays small."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from threadpoolctl import threadpool_limits

from sememe.errors import RunError


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a module's function gives for some arguments; both travel by pickle between the two processes.

    An error of the function is raised here.

    Raises:
        RunError: the process was ended from outside, as when memory runs out.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(_quietly, function, arguments).result()
        except BrokenProcessPool:
            raise RunError(
                "A process that was to compute this ended early, perhaps for want of memory: try again."
            ) from None


def _quietly(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    # Small matrices on many threads wait for each other longer than they compute. The variable is read by
    # OpenMP when the function first imports what uses it, the limit holds for what is loaded already.
    os.environ["OMP_NUM_THREADS"] = "1"
    with threadpool_limits(1):
        return function(*arguments)
