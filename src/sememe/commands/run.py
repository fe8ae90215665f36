"""``sememe run``: the main job."""

from pathlib import Path

from rich.console import Console

from sememe.commands.options import Device, Flag, say


def run(
    recipe: str = "mnist",
    /,
    *,
    quick: Flag = False,
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
        A first look in little more than half a minute: one layer a network, fewer images, shorter sweeps.
    seed
        Every random choice follows from it.
    device
        Where networks and dictionaries are trained.
    run
        The run's folder; runs/RECIPE if not given.
    """
    from sememe import recipes
    from sememe.console import duration, reporter_for
    from sememe.runs import run as run_recipe
    from sememe.summary import print_summary

    console = Console(highlight=False)
    configuration = recipes.configure(recipe, quick=quick, seed=seed)
    path = run or Path("runs") / (recipe if not quick else f"{recipe}-quick")
    command = " ".join(["sememe run", recipe, *(["--quick"] if quick else []), f"--seed {seed}"])
    reporter = reporter_for(console)
    try:
        finished = run_recipe(configuration, path, device=device, command=command, reporter=reporter)
    finally:
        reporter.close()
    print_summary(console, finished.folder)
    say(f"Report: {finished.folder.report_path}")
    say(f"Time {duration(finished.seconds)}, peak memory {finished.peak_memory / 1e9:.2f} GB")
