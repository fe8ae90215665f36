"""Sememe: the units of meaning inside a vision network, found and measured.

The rooms, in the order in which data flows through them:

``images -> networks -> activations -> dictionaries -> measures -> explanations -> explorer``

A room is imported when it is first used, so that ``import sememe`` costs next to nothing.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_ROOMS = (
    "images",
    "networks",
    "activations",
    "dictionaries",
    "measures",
    "explanations",
    "explorer",
    "recipes",
    "runs",
)

if TYPE_CHECKING:
    from sememe import (
        activations,
        dictionaries,
        explanations,
        explorer,
        images,
        measures,
        networks,
        recipes,
        runs,
    )

__all__ = [
    "__version__",
    "activations",
    "dictionaries",
    "explanations",
    "explorer",
    "images",
    "measures",
    "networks",
    "recipes",
    "runs",
]


def __getattr__(name: str) -> ModuleType:
    if name in _ROOMS:
        return importlib.import_module(f"sememe.{name}")
    raise AttributeError(f"module 'sememe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS})
