"""What the commands share: types of their options, and how they say a line."""

import sys
from typing import Annotated, Literal

from cyclopts import Parameter

Device = Literal["auto", "cpu", "cuda"]
Flag = Annotated[bool, Parameter(negative="")]


def say(line: str) -> None:
    """One line of result, to standard output."""
    sys.stdout.write(line + "\n")
