import pytest

from sememe.commands import remaining


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(remaining.time, "monotonic", lambda: now[0])
    return now


def test_what_is_left_is_judged_by_the_speed_since_the_first_call(clock):
    notes = []
    told = remaining.with_remaining(lambda fraction, note: notes.append(note))
    told(0.5, "resumed")  # half was done before: that says nothing of the speed
    clock[0] += 30.0
    told(0.75, "on")
    told(1.0, "done")
    assert notes == ["resumed", "about 30 s to go, on", "done"]


def test_nothing_is_said_before_a_second_has_passed(clock):
    notes = []
    told = remaining.with_remaining(lambda fraction, note: notes.append(note))
    told(0.0, "a")
    clock[0] += 0.5
    told(0.1, "b")
    assert notes == ["a", "b"]
