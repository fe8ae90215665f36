"""What a run looks like in a terminal, and in a log."""

import time

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sememe.runs.reporter import Reporter

# A log gets a line at the start and the end of a stage, and one this often in between.
_LOG_INTERVAL = 10.0


def reporter_for(console: Console) -> Reporter:
    """Bars on a terminal, plain lines elsewhere."""
    return TerminalReporter(console) if console.is_terminal else LogReporter(console)


def duration(seconds: float) -> str:
    """``"8 s"``, ``"1 min 05 s"``, ``"2 h 05 min"``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class LogReporter:
    """Plain lines, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = 0.0

    def begin(self, title: str, number: int, of: int, remaining: float | None) -> None:
        left = f" (about {duration(remaining)} to go)" if remaining else ""
        self._print(f"[{number}/{of}] {title}{left}")
        self._said = time.monotonic()

    def progress(self, fraction: float, note: str) -> None:
        if time.monotonic() - self._said >= _LOG_INTERVAL:
            self._said = time.monotonic()
            self._print(f"    {fraction:4.0%} {note}")

    def end(self, seconds: float, result: str) -> None:
        self._print(f"    {result} ({duration(seconds)})")

    def skip(self, title: str, number: int, of: int) -> None:
        self._print(f"[{number}/{of}] {title}: done before")

    def close(self) -> None:
        """Nothing to take away."""

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class TerminalReporter:
    """One live line for the stage at work, one settled line for each that is done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._title = ""
        self._place = ""
        self._ends: float | None = None

    def begin(self, title: str, number: int, of: int, remaining: float | None) -> None:
        self._title, self._place = title, f"{number}/{of}"
        self._ends = None if remaining is None else time.monotonic() + remaining
        self._live = Live(self._line(0.0, ""), console=self._console, refresh_per_second=8, transient=True)
        self._live.start()

    def progress(self, fraction: float, note: str) -> None:
        if self._live:
            self._live.update(self._line(fraction, note))

    def end(self, seconds: float, result: str) -> None:
        self._stop()
        line = Text.assemble(
            ("✓ ", "green"), self._title, "  ", (result, "bold"), (f"  {duration(seconds)}", "dim")
        )
        self._console.print(line, highlight=False)

    def skip(self, title: str, number: int, of: int) -> None:
        self._console.print(Text.assemble(("✓ ", "green"), title, ("  done before", "dim")), highlight=False)

    def close(self) -> None:
        """Take the live line away, for instance after Ctrl-C."""
        self._stop()

    def _stop(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def _line(self, fraction: float, note: str) -> Table:
        left = ""
        if self._ends is not None:
            left = f"{duration(max(0.0, self._ends - time.monotonic()))} to go"
        row = Table.grid(padding=(0, 1), expand=True)
        row.add_column(no_wrap=True)
        row.add_column(no_wrap=True)
        row.add_column(width=16)
        row.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        row.add_column(justify="right", no_wrap=True)
        row.add_row(
            Text(self._place, style="dim"),
            self._title,
            ProgressBar(total=1.0, completed=min(1.0, fraction), width=16),
            Text(note, style="dim"),
            Text(left, style="dim"),
        )
        return row
