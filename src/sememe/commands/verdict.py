"""``sememe verdict``: what a finished run found."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from sememe.commands.options import Flag, say


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
        Every score, difference and interval as JSON, for programs; docs/verdict.md explains the fields.
    """
    from sememe.runs import RunFolder, verdict_document
    from sememe.summary import print_summary

    folder = RunFolder(run)
    if json_:
        say(json.dumps(verdict_document(folder, layer), indent=1, allow_nan=False))
    else:
        print_summary(Console(highlight=False), folder, layer)
