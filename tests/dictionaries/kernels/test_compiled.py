import threading

import numpy as np
import pytest
import torch

from sememe.dictionaries.kernels import compiled
from sememe.dictionaries.kernels.compiled import (
    current_threads,
    kernel,
    next_task,
    over_tasks,
    thread_limit,
    threads_for,
)


@over_tasks
def _count_takers(counter, thread, taken):
    task = next_task(counter, thread, taken.shape[0])
    while task < taken.shape[0]:
        taken[task] += 1
        task = next_task(counter, thread, taken.shape[0])


@over_tasks
def _fail(counter, thread, taken):
    if taken.shape[0] > 3:
        raise ValueError("too many")


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_every_task_is_taken_once(threads, monkeypatch):
    monkeypatch.setattr(compiled._local, "threads", threads, raising=False)
    taken = np.zeros(10_000, np.int64)
    _count_takers(taken)
    assert (taken == 1).all()


def test_an_error_in_a_kernel_arrives():
    with pytest.raises(ValueError, match="too many"):
        _fail(np.zeros(5))


def test_work_that_no_helper_began_does_not_wait_for_one(monkeypatch):
    release = threading.Event()
    for _ in range(thread_limit()):  # every helper is busy
        compiled._pool().submit(release.wait, 30)
    try:
        monkeypatch.setattr(compiled._local, "threads", 2, raising=False)
        taken = np.zeros(100, np.int64)
        _count_takers(taken)
        assert (taken == 1).all()
    finally:
        release.set()


def test_cached_code_is_stale_when_any_kernel_file_changed():
    def function(x):
        return x + 1

    _, all_kernels = kernel(function)._cache._cache_file._source_stamp
    assert all_kernels == compiled._FINGERPRINT


def test_kernels_take_no_more_threads_than_torch():
    of_torch = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        with threads_for(1 << 40):
            assert current_threads() == 1
    finally:
        torch.set_num_threads(of_torch)
    assert current_threads() == 1


def test_small_work_is_done_by_one_thread():
    with threads_for(1000):
        assert current_threads() == 1
