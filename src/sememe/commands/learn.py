"""``sememe learn``: dictionaries on a store of activations."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from sememe.commands.options import Device, say
from sememe.errors import DictionaryError

if TYPE_CHECKING:
    from sememe.dictionaries import Dictionary

# Items held out unless another number is given: at most so many, and at most this share of all.
_HELD_OUT, _HELD_OUT_SHARE = 10_000, 0.1


def learn(
    store: Path,
    /,
    *,
    to: Path,
    dictionary: str = "TopKSAE",
    n_components: int | None = None,
    k: int | None = None,
    set_: Annotated[Sequence[str], Parameter("--set", negative="", show_default=False)] = (),
    sweep: Annotated[Sequence[str], Parameter(negative="", show_default=False)] = (),
    target: Path | None = None,
    held_out: int | None = None,
    checkpoint_every: int = 500,
    tensorboard: Path | None = None,
    resume: bool = True,
    seed: int | None = None,
    device: Device = "auto",
) -> None:
    """Learn a dictionary on a layer's activations, or a whole grid of them on one pass over the data.

    `sememe harvest` makes the store. A learn that was stopped goes on from its last checkpoint when the same
    command is given again, and ends with the same numbers; what is finished is not fitted again.

    `sememe learn STORE --to FOLDER --n-components 512 --k 8`

    `sememe learn STORE --to FOLDER --sweep k=4,8,16 --sweep n_components=256,512 --sweep random_state=0,1`

    Parameters
    ----------
    store
        A store of activations, or an .npy file with a row an item and a column a neuron.
    to
        The folder to write: the dictionary, its log, its scores. A sweep gets a folder in it for each.
    dictionary
        Which kind: TopKSAE, BatchTopKSAE, MatryoshkaSAE, L1SAE, NMF, KMeans ...; a wrong name lists all.
    n_components
        Number of components; the same as --set n_components=N.
    k
        Components that are active in an item, for the kinds that have it; the same as --set k=N.
    set_
        Any other parameter of the dictionary, as NAME=VALUE: --set n_epochs=20. May be repeated.
    sweep
        Values of a parameter to try, as NAME=VALUE,VALUE. Repeated, every combination is learned.
    target
        For transcoders: the store of the later layer, of the same items.
    held_out
        Items kept out of the fit, which the printed scores are of: those of images drawn at random. 10,000
        or a tenth of all, whichever is less, if not given.
    checkpoint_every
        Training steps from one checkpoint to the next.
    tensorboard
        A folder for the log of the training as TensorBoard reads it, a run for each dictionary; needs the
        package tensorboard.
    resume
        Go on where an earlier process ended. --no-resume begins anew and replaces what is there.
    seed
        Every random choice follows from it; 0 if not given.
    device
        Where the dictionary is trained.
    """
    from sememe.commands.item_source import open_items
    from sememe.commands.learning import Work, grid, learn_all
    from sememe.commands.remaining import with_remaining
    from sememe.commands.settings import kind_named, read_settings, read_sweeps
    from sememe.console import duration, reporter_for

    console = Console(highlight=False)
    kind = kind_named(dictionary)
    short = {"n_components": n_components, "k": k}
    given = [f"{name}={value}" for name, value in short.items() if value is not None]
    fixed, sweeps = read_settings(kind, [*given, *set_]), read_sweeps(kind, sweep)
    _refuse_both(fixed, sweeps)
    _refuse_contradictions(fixed, {"seed": seed, "device": None if device == "auto" else device})
    seed = _checked_seed(0 if seed is None else seed)
    source = open_items(store)
    later = None if target is None else open_items(target)
    _check_target(kind, target)
    left_out = source.of_some_images(_n_held_out(held_out, len(source)), seed)
    work = Work(to, source, left_out, later, checkpoint_every, tensorboard)
    points = grid(kind, _with_defaults(kind, fixed, sweeps, seed, device), sweeps, to)
    _refuse_log_among_dictionaries(tensorboard, [point.folder for point in points])

    reporter = reporter_for(console)
    begun = time.monotonic()
    what = f"{kind.__name__}" if len(points) == 1 else f"{len(points)} dictionaries ({kind.__name__})"
    try:
        reporter.begin(f"learn {what} on {source.title}", 1, 1, None)
        records, before = learn_all(points, work, resume=resume, progress=with_remaining(reporter.progress))
        seconds = time.monotonic() - begun
        known = f", {before} of them learned before" if before and len(points) > 1 else ""
        known = ", learned before" if before and len(points) == 1 else known
        reporter.end(seconds, f"{len(source) - len(left_out):,} items x {source.n_neurons:,} neurons{known}")
    finally:
        reporter.close()
    console.print(_table(points, records))
    console.print(_about(records, len(left_out)), style="dim")
    say(f"{to}" if len(points) == 1 else f"{to}: a folder for each")
    if before < len(points):
        say(f"Time {duration(seconds)}")


def _refuse_both(fixed: dict[str, Any], sweeps: dict[str, list[Any]]) -> None:
    for name in sweeps:
        if name in fixed:
            raise DictionaryError(f"The parameter {name} is both set and swept over: give one of the two.")


# Options that say the same as a parameter of the dictionary.
_SAME = {"seed": "random_state", "device": "device"}


def _refuse_contradictions(fixed: dict[str, Any], given: dict[str, Any]) -> None:
    for option, value in given.items():
        name = _SAME[option]
        if value is not None and name in fixed and fixed[name] != value:
            raise DictionaryError(
                f"--set {name}={fixed[name]} and --{option} {value} contradict each other: "
                "give one of the two."
            )


def _check_target(kind: "type[Dictionary]", target: Path | None) -> None:
    from sememe.dictionaries import Transcoder

    if issubclass(kind, Transcoder) and target is None:
        raise DictionaryError(
            f"A {kind.__name__} predicts a later layer: give the store of that layer with --target."
        )
    if target is not None and not issubclass(kind, Transcoder):
        raise DictionaryError(
            f"A {kind.__name__} reconstructs the layer that it reads: --target is for transcoders."
        )


def _refuse_log_among_dictionaries(log: Path | None, folders: Sequence[Path]) -> None:
    # A dictionary's folder is replaced as a whole when it is done.
    for folder in folders if log is not None else ():
        assert log is not None
        if log.resolve().is_relative_to(folder.resolve()):
            raise DictionaryError(
                f"The log {log} would be lost in the dictionary's own folder {folder}: give --tensorboard a "
                "folder beside it."
            )


def _n_held_out(wanted: int | None, n_items: int) -> int:
    if wanted is None:
        return min(_HELD_OUT, int(_HELD_OUT_SHARE * n_items))
    if not 0 <= wanted < n_items:
        raise DictionaryError(
            f"{wanted} of {n_items:,} items cannot be held out: use 0 or more, and not all."
        )
    return wanted


def _checked_seed(seed: int) -> int:
    if seed < 0:
        raise DictionaryError(f"The seed must be 0 or more, but {seed} arrived.")
    return seed


def _with_defaults(
    kind: "type[Dictionary]", fixed: dict[str, Any], sweeps: dict[str, list[Any]], seed: int, device: str
) -> dict[str, Any]:
    """The settings, with seed and device where the dictionary has them and they are not given by name."""
    from sememe.networks import resolve_device

    told = {"random_state": seed, "device": resolve_device(device).type}
    known = kind._get_param_names()
    return {name: told[name] for name in told if name in known and name not in sweeps} | fixed


def _table(points: Sequence[Any], records: Sequence[dict[str, Any]]) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from sememe.console import duration

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in points[0].swept or ("dictionary",):
        table.add_column(name, no_wrap=True)
    for title in ("variance\nlost (FVU)", "firing\nan item (L0)", "dead", "time"):
        table.add_column(title, justify="right", no_wrap=True)
    for point, record in zip(points, records, strict=True):
        found = record["scores"]
        names = [str(value) for value in point.swept.values()] or [record["dictionary"]]
        table.add_row(
            *names,
            _number(found["fvu"], ".4f"),
            _number(found["l0"], ".1f"),
            _number(found["dead_fraction"], ".1%"),
            duration(record["seconds"]),
        )
    return table


def _about(records: Sequence[dict[str, Any]], n_held_out: int) -> str:
    of = f"Scores of {n_held_out:,} items held out of the fit." if n_held_out else "Nothing was held out."
    together = any(record["learned_together"] > 1 for record in records)
    return of + (" Time: of the pass that they shared, divided by their number." if together else "")


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
