"""Work that needs much memory once: done in a process of its own, so that the server stays small."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from threadpoolctl import threadpool_limits


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a module's function gives for some arguments; both travel by pickle between the two processes.

    An error of the function is raised here.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_quietly, function, arguments).result()


def _quietly(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    # Small matrices on many threads wait for each other longer than they compute.
    with threadpool_limits(1):
        return function(*arguments)
