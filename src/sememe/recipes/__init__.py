"""Recipes: functions that return a whole frozen run configuration, one story each.

A new recipe is one new file and one line in :data:`_RECIPES`.
"""

from collections.abc import Callable

from sememe.errors import RunError, choices
from sememe.recipes.configuration import Effort, LayerPlan, NetworkPlan, RunConfiguration, Sweep
from sememe.recipes.mnist import mnist

__all__ = [
    "Effort",
    "LayerPlan",
    "NetworkPlan",
    "RunConfiguration",
    "Sweep",
    "configure",
    "mnist",
    "registry",
]

_RECIPES: dict[str, Callable[..., RunConfiguration]] = {"mnist": mnist}


def registry() -> dict[str, Callable[..., RunConfiguration]]:
    """Every recipe by name."""
    return dict(_RECIPES)


def configure(name: str, *, quick: bool = False, seed: int = 0) -> RunConfiguration:
    """The configuration of a recipe; an unknown name is a :class:`~sememe.errors.RunError`."""
    if name not in _RECIPES:
        raise RunError(f"There is no recipe {name!r}{choices(name, sorted(_RECIPES))}.")
    if seed < 0:
        raise RunError(f"The seed must be 0 or more, but {seed} arrived.")
    return _RECIPES[name](quick=quick, seed=seed)
