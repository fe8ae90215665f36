"""What every study is: cells that are computed one by one, and what they add up to.

A study asks one question of several networks, each with several dictionaries. Its **cells** are stages, as
those of a run are: each leaves a file or a folder, whole or not at all, and they talk to one another only
through the study's folder. So a study that was killed goes on where it was, with the same numbers.
"""

import abc
import dataclasses
import json
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import pyarrow as pa

from sememe.errors import RunError, choices
from sememe.runs.stage import Stage
from sememe.studies.folder import StudyFolder
from sememe.studies.page import Section
from sememe.studies.panels import Panel


@dataclass(frozen=True)
class Options:
    """What can be said on the command line; None: the study's own."""

    quick: bool = False
    seed: int = 0
    layer: str | None = None
    networks: int | None = None
    dictionaries: int | None = None
    families: str | None = None
    """Of dictionaries, with commas between them; of the studies that compare some."""
    development: bool = False
    """Score where choices are made; of the studies that report what was chosen."""


@dataclass(frozen=True)
class Findings:
    """What a study has found, in every form that it is told in."""

    table: pa.Table
    """A row a number."""
    sentences: tuple[str, ...]
    """The answer in plain words, for the terminal, the page and the documentation."""
    sections: tuple[Section, ...]
    """The page's sections below the answer."""
    markdown: str
    """The lines for the documentation, without figure and command."""
    figure: tuple[Panel, ...]
    """The one figure that the documentation shows."""


@dataclass(frozen=True)
class Study(abc.ABC):
    """A study, configured: its fields decide its numbers."""

    seed: int
    quick: bool
    networks: int
    """Seeds of each network."""
    dictionaries: int
    """Seeds of each dictionary on each network."""
    layers: tuple[str, ...]
    train_images: int
    """Images that networks and dictionaries are fitted on: the first of the training split."""
    report_images: int
    """Images that scores are reported on: the last of the test split."""

    name: ClassVar[str]
    title: ClassVar[str]
    question: ClassVar[str]
    first_seed: ClassVar[int] = 100
    """What was chosen before, was chosen on networks and dictionaries of the seeds below."""

    @classmethod
    @abc.abstractmethod
    def configured(cls, options: Options) -> Self:
        """The study with these options; a :class:`~sememe.errors.RunError` for one that it cannot follow."""

    @abc.abstractmethod
    def stages(self, folder: StudyFolder, device: str) -> list[Stage]:
        """Its cells, in order."""

    @abc.abstractmethod
    def findings(self, folder: StudyFolder) -> Findings:
        """What the finished cells add up to."""

    def as_json(self) -> dict[str, Any]:
        """The fields, equal to what a JSON round trip gives."""
        plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return {"study": self.name} | plain

    @property
    def label(self) -> str:
        """Names its lines and its figure in the documentation."""
        return self.name

    def command(self, options: Options) -> str:
        """The command that makes it again."""
        words = ["sememe study", self.name]
        words += [f"--{flag}" for flag in ("quick", "development") if getattr(options, flag)]
        given = {name: getattr(options, name) for name in ("layer", "networks", "dictionaries", "families")}
        words += [f"--{name} {value}" for name, value in given.items() if value is not None]
        return " ".join([*words, f"--seed {options.seed}"])

    def network_seeds(self) -> tuple[int, ...]:
        """The seeds of the networks; none that a default was chosen on."""
        return tuple(self.seed + self.first_seed + number for number in range(self.networks))

    def dictionary_seeds(self) -> tuple[int, ...]:
        """The seeds of the dictionaries on each network."""
        return tuple(self.seed + self.first_seed + number for number in range(self.dictionaries))


def checked_count(name: str, given: int | None, default: int, least: int = 1) -> int:
    """A number of seeds from the command line, or the study's own."""
    value = default if given is None else given
    if value < least:
        raise RunError(f"--{name} must be {least} or more for this study, but {value} arrived.")
    return value


def checked_layers(given: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """The layer from the command line, or all that the study looks at."""
    if given is None:
        return known
    if given not in known:
        raise RunError(f"This study has no layer {given!r}{choices(given, known)}.")
    return (given,)
