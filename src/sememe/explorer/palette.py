"""The colours of figures, read from the one place where they are written: ``assets/tokens.css``."""

import functools
import re
from importlib import resources
from typing import Literal

from sememe.explorer.score import Kind

Theme = Literal["light", "dark"]

_TOKEN = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6,8}), (#[0-9a-f]{6,8})\)")
_ROLES: dict[Kind, str] = {"neurons": "neuron", "features": "feature", "control": "control"}


def asset(name: str) -> str:
    """The text of a file in ``explorer/assets``."""
    return (resources.files("sememe.explorer") / "assets" / name).read_text(encoding="utf-8")


@functools.cache
def palette(theme: Theme) -> dict[str, str]:
    """Colour tokens of a theme, name -> ``#rrggbb`` or ``#rrggbbaa``.

    >>> sorted(palette("light"))[:3]
    ['control', 'control-soft', 'feature']
    """
    return {
        name: light if theme == "light" else dark for name, light, dark in _TOKEN.findall(asset("tokens.css"))
    }


def accent(kind: Kind, theme: Theme) -> str:
    """The colour of a kind of units."""
    return palette(theme)[_ROLES[kind]]


def soft_accent(kind: Kind, theme: Theme) -> str:
    """The same, see-through, for bands."""
    return palette(theme)[_ROLES[kind] + "-soft"]
