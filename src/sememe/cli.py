"""The command line. A command imports the rooms that it needs when it runs, so that ``--help`` is quick."""

import errno
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

import sememe
from sememe.errors import SememeError

Device = Literal["auto", "cpu", "cuda"]

app = App(
    name="sememe",
    help=(
        "Are the features of a dictionary more monosemantic than the neurons of the layer "
        "it was learned on?\n\n"
        "Start with `sememe run`: two digit networks, their neurons, the dictionaries found in them, and an "
        "honest comparison, in about two minutes."
    ),
    version=sememe.__version__,
    help_format="markdown",
)


@app.command
def run(
    recipe: str = "mnist",
    /,
    *,
    quick: Annotated[bool, Parameter(negative="")] = False,
    seed: int = 0,
    device: Device = "auto",
    run: Path | None = None,
) -> None:
    """Train, harvest, fit dictionaries, measure, and write a report: the main job.

    A run that was stopped goes on where it was, with the same numbers at the end.

    Parameters
    ----------
    recipe
        What to run: the name of a recipe.
    quick
        An impatient first look in under half a minute: fewer images, shorter sweeps.
    seed
        Every random choice follows from it.
    device
        Where networks and dictionaries are trained.
    run
        The run's folder; runs/RECIPE if not given.
    """
    console = Console(highlight=False)
    from sememe import recipes
    from sememe.console import duration, reporter_for
    from sememe.runs import run as run_recipe
    from sememe.summary import print_summary

    configuration = recipes.configure(recipe, quick=quick, seed=seed)
    path = run or Path("runs") / (recipe if not quick else f"{recipe}-quick")
    command = " ".join(["sememe run", recipe, *(["--quick"] if quick else []), f"--seed {seed}"])
    reporter = reporter_for(console)
    try:
        finished = run_recipe(configuration, path, device=device, command=command, reporter=reporter)
    finally:
        reporter.close()
    print_summary(console, configuration, finished.folder)
    console.print(
        f"Report: {finished.folder.report_path}\n"
        f"Time {duration(finished.seconds)}, peak memory {finished.peak_memory / 1e9:.2f} GB",
        soft_wrap=True,
    )


def main() -> None:
    """Run the command line: exit code 0, 2 with one sentence on bad input, 130 on Ctrl-C."""
    try:
        app(sys.argv[1:], exit_on_error=False, print_error=False)
    except (CycloptsError, SememeError) as error:
        _leave(str(error), 2)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EPERM):
            raise
        place = f" ({error.filename})" if error.filename else ""
        _leave(
            f"{error.strerror}{place}: what was finished before is kept; make room or choose another place.",
            2,
        )
    except KeyboardInterrupt:
        _leave("Stopped. What is finished is kept: the same command goes on from there.", 130)


def _leave(sentence: str, code: int) -> None:
    print(f"sememe: {sentence}", file=sys.stderr)
    sys.exit(code)
