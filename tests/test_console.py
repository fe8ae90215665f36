"""What a run looks like in a log."""

import io

import pytest
from rich.console import Console

from sememe.console import LogReporter, TerminalReporter, duration, reporter_for


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (8.24, "8.2 s"), (42.4, "42 s"), (65, "1 min 05 s"), (7500, "2 h 05 min")],
)
def test_durations_are_said_as_people_say_them(seconds, words):
    assert duration(seconds) == words


def test_a_log_gets_plain_lines():
    stream = io.StringIO()
    reporter = reporter_for(Console(file=stream, force_terminal=False))
    assert isinstance(reporter, LogReporter)
    reporter.begin("train digit_mlp", 1, 3, 65.0)
    reporter.progress(0.5, "epoch 1")
    reporter.end(2.0, "95 % [sic] right")
    reporter.skip("train digit_cnn", 2, 3)
    reporter.close()
    assert stream.getvalue().splitlines() == [
        "[1/3] train digit_mlp (about 1 min 05 s to go)",
        "    95 % [sic] right (2.0 s)",
        "[2/3] train digit_cnn: done before",
    ]


def test_a_terminal_gets_a_settled_line_a_stage_and_no_leftover_after_ctrl_c():
    stream = io.StringIO()
    reporter = reporter_for(Console(file=stream, force_terminal=True, width=100))
    assert isinstance(reporter, TerminalReporter)
    reporter.begin("train digit_mlp", 1, 3, 65.0)
    reporter.progress(0.5, "epoch 1")
    reporter.end(2.0, "95 % right")
    reporter.begin("train digit_cnn", 2, 3, None)
    reporter.close()
    assert "✓" in stream.getvalue()
    assert "95 % right" in stream.getvalue()
    shows_the_cursor, hides_it = "\x1b[?25h", "\x1b[?25l"
    assert stream.getvalue().rindex(shows_the_cursor) > stream.getvalue().rindex(hides_it)
