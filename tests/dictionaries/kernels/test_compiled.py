import numba
import numpy as np
import torch

from sememe.dictionaries.kernels import compiled
from sememe.dictionaries.kernels.compiled import kernel, next_task, over_tasks, threads_for


@over_tasks
def _count_takers(threads, taken):
    counter = np.zeros(1, np.int64)
    for _ in numba.prange(threads):
        task = next_task(counter)
        while task < taken.shape[0]:
            taken[task] += 1
            task = next_task(counter)


def test_every_task_is_taken_once():
    taken = np.zeros(1000, np.int64)
    _count_takers(numba.get_num_threads(), taken)
    assert (taken == 1).all()


def test_cached_code_is_stale_when_any_kernel_file_changed():
    def function(x):
        return x + 1

    assert kernel(function)._cache._cache_file._source_stamp == compiled._FINGERPRINT
    assert len(compiled._FINGERPRINT) == 64


def test_kernels_take_as_many_threads_as_torch_and_give_them_back():
    before, of_torch = numba.get_num_threads(), torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        with threads_for(1 << 40):
            assert numba.get_num_threads() == 1
    finally:
        torch.set_num_threads(of_torch)
    assert numba.get_num_threads() == before


def test_small_work_is_done_by_one_thread():
    with threads_for(1000):
        assert numba.get_num_threads() == 1
