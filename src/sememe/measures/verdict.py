"""The verdict on a layer: yes, no or mixed, and one honest sentence that says why.

The dictionary that the verdict is about is the one that reaches the fidelity with the fewest units firing.
Its scores play no part in that choice: whichever scores best on the images reported would look better than it
is.

- **yes**: it beats the neurons on more than half of the measures, and loses to no control on any;
- **no**: it does not win more against the neurons than it loses, or it beats no other control at all: then
  whatever it gains over neurons, a control gains too;
- **mixed**: anything between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sememe.measures.frontier import Match
from sememe.measures.table import DifferenceRow

Word = Literal["yes", "no", "mixed"]


@dataclass(frozen=True)
class Verdict:
    """Are the features of this layer more monosemantic than its neurons?"""

    answer: Word
    sentence: str
    """In plain words, wins and losses alike."""


@dataclass(frozen=True)
class _Duel:
    """One dictionary against one control, at one place of comparison."""

    control: str
    reached: bool
    """Whether the control gets to the place at all."""
    wins: int
    losses: tuple[str, ...]
    """The measures lost."""
    tests: int


def verdict(
    layer: str,
    places: Sequence[Mapping[str, Match]],
    differences: Sequence[DifferenceRow],
    controls: Sequence[str],
    neurons: str = "neurons",
) -> Verdict:
    """The verdict at the first place of comparison that any dictionary reaches.

    Args:
        layer: its name.
        places: for each place of comparison, every family there.
        differences: of the layer, at all places.
        controls: names of the controls, the neurons among them.
        neurons: name of the control that the question is about.
    """
    for matches in places:
        reached = [name for name, found in matches.items() if name not in controls and found.reached]
        if reached:
            best = min(reached, key=lambda name: matches[name].quantity("l0"))
            duels = [_duel(best, control, matches, differences) for control in controls]
            return Verdict(_answer(duels, neurons), _sentence(layer, best, matches, duels))
    if all(name in controls for matches in places for name in matches):
        return Verdict("no", f"{layer}: no dictionary was compared, controls only.")
    return Verdict("no", f"{layer}: no dictionary reaches {' or '.join(_place(m) for m in places)}.")


def _duel(
    best: str, control: str, matches: Mapping[str, Match], differences: Sequence[DifferenceRow]
) -> _Duel:
    at = str(matches[best].target)
    rows = [row for row in differences if (row.unit_set, row.control, row.at) == (best, control, at)]
    return _Duel(
        control=control,
        reached=matches[control].reached,
        wins=sum(row.outcome == "win" for row in rows),
        losses=tuple(row.measure for row in rows if row.outcome == "loss"),
        tests=len(rows),
    )


def _answer(duels: Sequence[_Duel], neurons: str) -> Word:
    fought = [duel for duel in duels if duel.reached]
    others = [duel for duel in fought if duel.control != neurons]
    against = next((duel for duel in fought if duel.control == neurons), None)
    if against is not None and against.wins <= len(against.losses):
        return "no"
    if others and not any(duel.wins for duel in others):
        return "no"
    most = against is not None and 2 * against.wins > against.tests
    return "yes" if most and not any(duel.losses for duel in fought) else "mixed"


def _sentence(layer: str, best: str, matches: Mapping[str, Match], duels: Sequence[_Duel]) -> str:
    parts: list[str] = []
    for duel in (duel for duel in duels if duel.reached):
        of = f" of {duel.tests} measures" if not parts else ""
        parts.append(f"wins {duel.wins} and loses {len(duel.losses)}{of} against {duel.control}")
    absent = [
        f"{duel.control} ({matches[duel.control].best:.3g} at best)" for duel in duels if not duel.reached
    ]
    if absent:
        parts.append(f"what never gets there: {_and(absent)}")
    about = f"{layer}, at {_place(matches)}: {best} (L0 {matches[best].quantity('l0'):.3g})"
    return f"{about} {'; '.join(parts)}." if parts else f"{about} is compared with no control."


def _place(matches: Mapping[str, Match]) -> str:
    target = next(iter(matches.values())).target
    words = {"fvu": "FVU", "l0": "L0"}.get(target.quantity, "loss recovered")
    return f"{words} {target.value:g}"


def _and(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
