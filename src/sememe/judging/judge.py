"""Judge a layer: all of its unit sets, over all seeds, compared and summed up in a table.

In two passes. First every unit set's fidelity and sparsity: that settles where each family stands beside the
others, and which of its points the places of comparison ask for. Then the measures of units, of those points
only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scipy import sparse

from sememe.errors import MeasureError
from sememe.judging.scores import look, score
from sememe.judging.subject import Subject
from sememe.judging.unit_set import Coded, Key, UnitSet
from sememe.measures import Evaluation, MeasureTable, compare, match_all, pool_seeds, targets_of
from sememe.measures.frontier import Target
from sememe.progress import Progress, part, silent


@dataclass(frozen=True)
class Places:
    """Where unit sets are compared."""

    fvu: tuple[float, ...] = (0.05, 0.02)
    loss_recovered: tuple[float, ...] = (0.99,)
    l0: tuple[float, ...] = (8.0,)

    @property
    def targets(self) -> list[Target]:
        return targets_of(fvu=self.fvu, loss_recovered=self.loss_recovered, l0=self.l0)


@dataclass(frozen=True, eq=False)
class Judged:
    """What became of a layer."""

    table: MeasureTable
    evaluations: Mapping[Key, Evaluation]
    """Of every setting, pooled over its seeds; those that no place asks for know their fidelity alone."""


def judge_layer(
    subjects: Sequence[Subject],
    unit_sets: Sequence[Sequence[UnitSet]],
    *,
    places: Places | None = None,
    twins: Sequence[Sequence[UnitSet]] = (),
    elsewhere: Mapping[Key, sparse.csr_array] | None = None,
    notes: Sequence[str] = (),
    about: str | None = None,
    progress: Progress = silent,
) -> Judged:
    """Judge the unit sets of one layer, on one network or on several of different seeds.

    Args:
        subjects: the layer on each network seed, of the same material.
        unit_sets: those of each subject. Unit sets of one subject with equal family and settings are
            dictionary seeds; settings that are not there on every subject are an error.
        places: where to compare.
        twins: for each subject, dictionary seeds that are not scored themselves: the stability of atoms.
        elsewhere: by :attr:`UnitSet.key`, codes of the report items on a network that is not judged
            itself, for universality where there is one subject.
        notes: further sentences on what was left out.
        about: the family that the sentence is about; None: the one that gets there at the least cost.
        progress: told the share of unit sets that are done.

    Raises:
        MeasureError: nothing to judge, or settings that differ between subjects.
    """
    places = places or Places()
    keys = _keys(unit_sets)
    total = sum(len(sets) for sets in unit_sets)
    coded: list[list[Coded]] = []
    for subject, sets in zip(subjects, unit_sets, strict=True):
        coded.append([])
        for unit_set in sets:
            done = sum(len(found) for found in coded)
            progress(0.3 * done / total, f"how faithful: {_title(unit_set)}")
            coded[-1].append(look(subject, unit_set))
    first = {
        key: pool([[c.evaluation for c in own if c.unit_set.key == key] for own in coded], subjects)
        for key in keys
    }
    asked = needed(first.values(), places) | {u.key for sets in unit_sets for u in sets if u.whole}
    scored: dict[Key, Evaluation] = {}
    for done, key in enumerate(key for key in keys if key in asked):
        step = part(progress, 0.3 + 0.7 * done / len(asked), 0.3 + 0.7 * (done + 1) / len(asked))
        own = [[c for c in found if c.unit_set.key == key] for found in coded]
        step(0.0, _title(own[0][0].unit_set))
        evaluations = []
        for index, (subject, seeds) in enumerate(zip(subjects, own, strict=True)):
            # Each network's units look for their like in the next one.
            other = own[(index + 1) % len(own)][0].codes if len(own) > 1 else (elsewhere or {}).get(key)
            more = [u for u in (twins[index] if twins else ()) if u.key == key]
            evaluations.append(
                [
                    score(
                        subject,
                        one,
                        twins=[c.unit_set.dictionary for c in seeds if c is not one]
                        + [u.dictionary for u in more],
                        elsewhere=other,
                        seed=(index, number),
                    )
                    for number, one in enumerate(seeds)
                ]
            )
        scored[key] = pool(evaluations, subjects)
    everything = {key: scored.get(key, first[key]) for key in keys}
    return Judged(summed_up(subjects[0], unit_sets[0], everything, places, notes, about), everything)


def needed(evaluations: Iterable[Evaluation], places: Places) -> set[Key]:
    """The settings whose measures of units the places of comparison ask for."""
    families: dict[str, list[Evaluation]] = {}
    for evaluation in evaluations:
        families.setdefault(evaluation.name, []).append(evaluation)
    return {
        (point.name, tuple(sorted(point.settings.items())))
        for target in places.targets
        for found in match_all(families, target).values()
        for point in found.needed
    }


def pool(evaluations: Sequence[Sequence[Evaluation]], subjects: Sequence[Subject]) -> Evaluation:
    """One setting's evaluations, ``[network seed][dictionary seed]``, as one: dictionaries first."""
    resampling = subjects[0].evidence.resampling
    return pool_seeds([pool_seeds(seeds, resampling) for seeds in evaluations], resampling, level=1)


def summed_up(
    subject: Subject,
    unit_sets: Sequence[UnitSet],
    evaluations: Mapping[Key, Evaluation],
    places: Places,
    notes: Sequence[str] = (),
    about: str | None = None,
) -> MeasureTable:
    """The table of a layer from the evaluations of all settings."""
    controls = list(dict.fromkeys(u.family for u in unit_sets if u.kind != "features"))
    return compare(
        subject.layer,
        list(evaluations.values()),
        controls=controls,
        fvu=places.fvu,
        l0=places.l0,
        loss_recovered=places.loss_recovered if subject.labels is not None else (),
        notes=(*subject.notes, *notes),
        about=about,
    )


def _keys(unit_sets: Sequence[Sequence[UnitSet]]) -> list[Key]:
    if not unit_sets or not unit_sets[0]:
        raise MeasureError("There is nothing to judge: give at least one subject with one unit set.")
    keys = list(dict.fromkeys(u.key for u in unit_sets[0]))
    for number, sets in enumerate(unit_sets):
        if set(keys) != {u.key for u in sets}:
            raise MeasureError(
                f"Subject {number} has other unit sets than the first: fit the same settings on each."
            )
    return keys


def _title(unit_set: UnitSet) -> str:
    settings = ", ".join(
        f"{name} = {value:g}" for name, value in unit_set.settings.items() if isinstance(value, int | float)
    )
    return f"{unit_set.family}, {settings}" if settings else unit_set.family
