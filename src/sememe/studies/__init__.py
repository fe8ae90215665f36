"""Studies: one question asked of several networks and many dictionaries, cell by cell.

A new study is one new file and one line in :data:`_STUDIES`.
"""

from sememe.errors import RunError, choices
from sememe.studies.folder import StudyFolder
from sememe.studies.monosemanticity import Monosemanticity
from sememe.studies.runner import Finished, run_study
from sememe.studies.splitting import Splitting
from sememe.studies.study import Findings, Options, Study
from sememe.studies.universality import Universality
from sememe.studies.width import Width

__all__ = ["Findings", "Finished", "Options", "Study", "StudyFolder", "configure", "registry", "run_study"]

_STUDIES: tuple[type[Study], ...] = (Monosemanticity, Width, Splitting, Universality)


def registry() -> dict[str, type[Study]]:
    """Every study by name."""
    return {study.name: study for study in _STUDIES}


def configure(name: str, options: Options) -> Study:
    """A study with these options; a :class:`~sememe.errors.RunError` for what it cannot follow."""
    if name not in registry():
        raise RunError(f"There is no study {name!r}{choices(name, sorted(registry()))}.")
    if options.seed < 0:
        raise RunError(f"The seed must be 0 or more, but {options.seed} arrived.")
    if options.families is not None and name != Monosemanticity.name:
        raise RunError(f"The study of {name} compares no families: leave --families out.")
    if options.development and name != Monosemanticity.name:
        raise RunError(f"No default is chosen by the study of {name}: leave --development out.")
    return registry()[name].configured(options)
