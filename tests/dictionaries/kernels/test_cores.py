import os
import threading

import pytest

from sememe.dictionaries.kernels.cores import current_core, leave

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system does not tell cores"
)


def _in_a_thread(function):
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_the_core_is_one_that_the_thread_may_run_on():
    assert _in_a_thread(lambda: current_core() in os.sched_getaffinity(0))


def test_a_thread_leaves_a_core_and_may_run_where_it_might_before():
    def move():
        allowed = os.sched_getaffinity(0)
        core = current_core()
        os.sched_setaffinity(0, {core, min(allowed - {core})})
        leave(core)
        return core, current_core(), os.sched_getaffinity(0) == {core, min(allowed - {core})}

    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("there is but one core")
    # The system may put a thread back at any time, but hardly ever does within a microsecond.
    tries = [_in_a_thread(move) for _ in range(5)]
    assert any(before != after for before, after, _ in tries)
    assert all(same for _, _, same in tries)


def test_a_thread_that_may_run_on_one_core_alone_stays():
    def stay():
        core = current_core()
        os.sched_setaffinity(0, {core})
        leave(core)
        return core, current_core()

    before, after = _in_a_thread(stay)
    assert after == before
