"""A unit set to be judged: a fitted dictionary, and what it is called in the tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from sememe.dictionaries import Dictionary
from sememe.errors import MeasureError
from sememe.judging.sources import Source
from sememe.measures import Evaluation

Kind = Literal["neurons", "features", "control"]
Key = tuple[str, tuple[tuple[str, object], ...]]


@dataclass(frozen=True, eq=False)
class UnitSet:
    """A fitted dictionary. Those of one ``family`` are a sweep, those alike in ``settings`` too are seeds."""

    family: str
    """What people read: ``"TopK SAE"``, ``"neurons"``."""
    kind: Kind
    settings: Mapping[str, object]
    """What was swept, without the seed: ``{"k": 8}``."""
    dictionary: Dictionary
    source: Source = "layer"
    """Where the items come from that it was fitted on and is judged on."""
    whole: bool = False
    """Score every unit, and at every place: a set that is shown unit by unit."""

    def __post_init__(self) -> None:
        atoms = self.dictionary.components_
        if bad := int((~np.isfinite(atoms).all(axis=1)).sum()):
            raise MeasureError(
                f"{bad} of {len(atoms)} atoms of {self.family} ({dict(self.settings)}) hold NaN or infinite "
                "values: fit it again."
            )

    @property
    def key(self) -> Key:
        """The same for seeds of one setting."""
        return self.family, tuple(sorted(self.settings.items()))


@dataclass(frozen=True, eq=False)
class Coded:
    """A unit set on one subject, after the first look: its codes and its fidelity."""

    unit_set: UnitSet
    codes: sparse.csr_array
    """Of the report items."""
    spliced: sparse.csr_array
    """Of all items of the images that are passed on through the network; the same where items are images."""
    evaluation: Evaluation
