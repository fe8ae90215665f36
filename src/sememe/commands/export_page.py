"""``sememe export``: a run's page as one file that opens from disk."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sememe.commands.options import Flag, say


def export(
    run: Path,
    /,
    *,
    html: Path,
    layers: Annotated[list[str] | None, Parameter(negative="", consume_multiple=True)] = None,
    units: Annotated[list[str] | None, Parameter(negative="", consume_multiple=True)] = None,
    force: Flag = False,
) -> None:
    """Write Draw, Units, Unit and Compare of a run into one file that opens from disk.

    It needs no server and asks no other host for anything: drawings are passed through the networks and the
    dictionaries in the page itself. Send it to somebody, or put it on a web site.

    Parameters
    ----------
    run
        The run's folder.
    html
        The file to write.
    layers
        The layers to put in, such as digit_cnn.fc1; all if not given.
    units
        The unit sets to put in, such as TopKSAE-k8 PCA-k8, beside each layer's neurons and its shown
        dictionary; if not given, the controls that this one is held against, as far as 15 MB allow.
    force
        Write over a file that is there.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from sememe.explorer.export import Request, write_page
    from sememe.explorer.export.page import check_place
    from sememe.explorer.export.set_blocks import KEPT_BYTES
    from sememe.explorer.live.run_data import RunData

    check_place(html, force=force)
    request = Request(None if layers is None else tuple(layers), None if units is None else tuple(units))
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("", total=1.0)
        written = write_page(
            RunData(run, keep=KEPT_BYTES),
            html,
            request,
            force=force,
            workers=min(2, os.cpu_count() or 1),
            progress=lambda fraction, note: bars.update(task, completed=fraction, description=note),
        )
    for layer, sets in written.contents.sets.items():
        say(f"{layer}: {', '.join(each.title for each in sets)}")
    for sentence in written.contents.left_out:
        say(f"left out: {sentence}")
    say(f"{html}: {written.size / 1e6:.1f} MB. Open it with any browser; it needs no server and no network.")
