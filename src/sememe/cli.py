"""The command line. A command imports the rooms that it needs when it runs, so that ``--help`` is quick."""

import errno
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

import sememe
from sememe.errors import RunError, SememeError

Device = Literal["auto", "cpu", "cuda"]
Flag = Annotated[bool, Parameter(negative="")]

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
    suppress_keyboard_interrupt=False,
)


@app.command
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
        An impatient first look in under half a minute: one layer a network, fewer images, shorter sweeps.
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
    _say(f"Report: {finished.folder.report_path}")
    _say(f"Time {duration(finished.seconds)}, peak memory {finished.peak_memory / 1e9:.2f} GB")


@app.command
def verdict(
    run: Path, /, *, layer: str | None = None, json_: Annotated[Flag, Parameter("--json")] = False
) -> None:
    """Say what a finished run found: neurons, features and controls at equal fidelity, a sentence a layer.

    Parameters
    ----------
    run
        The run's folder.
    layer
        Only this layer.
    json_
        Every score, difference and interval as JSON, for programs.
    """
    from sememe.runs import RunFolder
    from sememe.summary import print_summary, tables

    folder = RunFolder(run)
    if json_:
        _say(json.dumps([table.to_dict() for table in tables(folder, layer)], indent=1, allow_nan=False))
    else:
        print_summary(Console(highlight=False), folder, layer)


@app.command
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
    _say(f"{folder.report_path.resolve()}")
    if not no_browser:
        webbrowser.open(folder.report_path.resolve().as_uri())


@app.command
def layers(network: str, /) -> None:
    """List the layers of a network: name, kind of module, shape of its output, parameters.

    Parameters
    ----------
    network
        A name (digit_mlp, digit_cnn), or the folder of a saved network, such as RUN/network/digit_cnn.
    """
    import torch
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from sememe import networks

    net = networks.named(network)
    table = Table("layer", "module", "gives", "parameters", box=SIMPLE_HEAD)
    for found in networks.layers(net, torch.zeros(1, *net.input_shape)):
        gives = found.unusable or f"{found.kind} of {' x '.join(map(str, found.shape or ()))}"
        table.add_row(found.name, found.module, gives, f"{found.n_parameters:,}")
    Console(highlight=False).print(table)


@app.command(name="import-dictionary")
def import_dictionary(path: Path, /, *, to: Path, format: str | None = None) -> None:
    """Read a dictionary that another library saved, and write it as a folder of ours.

    Parameters
    ----------
    path
        The file or folder of SAELens, dictionary_learning, sparsify, overcomplete or saev.
    to
        The folder to write.
    format
        Which library's; found by looking at the files if not given.
    """
    from sememe.dictionaries import formats

    dictionary = formats.import_to_folder(path, to, format=format)
    shape = " x ".join(f"{n:,}" for n in dictionary.components_.shape)
    _say(f"{to}: {dictionary}, components x neurons: {shape}")


@app.command(name="export-dictionary")
def export_dictionary(folder: Path, /, *, to: Path, format: str = "saelens") -> None:
    """Write a dictionary of ours as another library does.

    Parameters
    ----------
    folder
        The dictionary's folder, such as RUN/dictionaries/digit_cnn.fc1/TopKSAE-k8.
    to
        The folder to write.
    format
        saelens, dictionary_learning, sparsify or overcomplete.
    """
    from sememe.dictionaries import formats

    dictionary = formats.export_from_folder(folder, to, format=format)
    _say(f"{to}: {dictionary} as {format} writes it")


def main() -> None:
    """Run the command line: exit code 0, 2 with one sentence on bad input, 130 on Ctrl-C."""
    try:
        app(sys.argv[1:], exit_on_error=False, print_error=False)
    except (CycloptsError, SememeError) as error:
        _leave(str(error), 2)
    except BrokenPipeError:
        # Whoever reads has read enough; what Python would flush at exit has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        _leave(sentence, 2)
    except KeyboardInterrupt:
        _leave("Stopped. What is finished is kept: the same command goes on from there.", 130)


def _sentence(error: OSError) -> str | None:
    """What the user can do about a system's error; None where that is not for them to solve."""
    place = error.filename or "the disk"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"No space is left on {place}: make room and repeat the command; what is finished is kept."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{place} cannot be written ({error.strerror}): choose another place."
    if error.errno in (errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ENOENT):
        return f"{place} cannot be used ({error.strerror}): choose another place."
    return None


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _leave(sentence: str, code: int) -> None:
    print(f"sememe: {sentence}", file=sys.stderr)
    sys.exit(code)
