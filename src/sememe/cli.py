"""The command line: its commands, and how it leaves. Each command is a file of ``commands/``."""

import errno
import os
import sys

from cyclopts import App, CycloptsError

import sememe
from sememe.commands.explore import explore
from sememe.commands.export_page import export
from sememe.commands.formats import export_dictionary, import_dictionary
from sememe.commands.harvest import harvest
from sememe.commands.layers import layers
from sememe.commands.learn import learn
from sememe.commands.measure import measure
from sememe.commands.run import run
from sememe.commands.study import study
from sememe.commands.verdict import verdict
from sememe.errors import SememeError

app = App(
    name="sememe",
    help=(
        "Are the features of a dictionary more monosemantic than the neurons of the layer "
        "it was learned on?\n\n"
        "Start with `sememe run`: two digit networks, their neurons, the dictionaries found in them, and an "
        "honest comparison, in about two and a half minutes."
    ),
    version=sememe.__version__,
    help_format="markdown",
    suppress_keyboard_interrupt=False,
)

app.command(run)
app.command(verdict)
app.command(study)
app.command(explore)
app.command(export)
app.command(layers)
app.command(harvest)
app.command(learn)
app.command(measure)
app.command(import_dictionary, name="import-dictionary")
app.command(export_dictionary, name="export-dictionary")


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


def _leave(sentence: str, code: int) -> None:
    print(f"sememe: {sentence}", file=sys.stderr)
    sys.exit(code)
