"""``sememe explore``: look at a run in the browser."""

from pathlib import Path

from sememe.commands.options import Flag, say
from sememe.errors import RunError


def explore(run: Path, /, *, no_browser: Flag = False) -> None:
    """Open a run's report in the browser.

    Parameters
    ----------
    run
        The run's folder.
    no_browser
        Only say where the report is.
    """
    import webbrowser

    from sememe.runs import RunFolder

    folder = RunFolder(run)
    folder.read_record()
    if not folder.report_path.exists():
        raise RunError(f"{run} has no report yet: finish the run with the command that began it.")
    say(f"{folder.report_path.resolve()}")
    if not no_browser:
        webbrowser.open(folder.report_path.resolve().as_uri())
