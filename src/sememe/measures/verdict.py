"""The verdict on a layer: yes, no or mixed, and one honest sentence that says why.

The dictionary that the verdict is about is named beforehand, or else the one that reaches the fidelity with
the fewest units firing, or the sparsity with the least variance lost. Scores play no part in that choice:
whichever scores best on the images reported would look better than it is.

It meets every control that reaches the place, measure by measure: each is won, lost, or cannot be told apart
after Holm's correction over all of its tests there. The measures are many but the families few, so the
verdict counts **families**, and within them a measure under several embeddings, ablations or edits once: it
is won if it is won under some of them and lost under none, and the other way round. Against one control a
family is

- **won** if its measures are won at least twice as often as lost, and one is won;
- **lost** if it is the other way round;
- **split** if measures are won and lost about as often;
- **open** if none can be told apart.

The answer:

- **yes**: against the neurons, more than half of the families are won and none is lost; and against every
  other control that was met, more families are won than lost;
- **no**: the neurons cannot be met, or no more families are won than lost against them; or other controls
  were met and against none of them more is won than lost: whatever is gained over neurons, a control gains
  too;
- **mixed**: anything between.

A control that never gets to the place is no rival there, and the sentence says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sememe.measures.frontier import Match, Target
from sememe.measures.record import FAMILIES, registry
from sememe.measures.table import DifferenceRow

Word = Literal["yes", "no", "mixed"]
Outcome = Literal["won", "lost", "split", "open"]

FAMILY_WORDS = {
    "selectivity": "selectivity",
    "similarity": "similarity",
    "concepts": "concepts",
    "simulation": "simulation",
    "cause": "cause",
    "stability": "stability",
}
"""The families that a verdict can count, in a word each. Fidelity is what is matched; planted truth is not in
a network."""


@dataclass(frozen=True)
class Verdict:
    """Are the features of this layer more monosemantic than its neurons?"""

    answer: Word
    sentence: str
    """In plain words, wins and losses alike; it begins with the layer's name and leaves out the answer."""
    place: str
    """Where the sentence compares, ``"fvu=0.05"``; the first place where no dictionary reaches any."""
    families: Mapping[str, Mapping[str, Outcome]] = field(default_factory=dict)
    """For each control that was met, the outcome in each family that has measures of both."""


@dataclass(frozen=True)
class _Duel:
    """One dictionary against one control, at one place of comparison."""

    control: str
    reached: bool
    """Whether the control gets to the place at all."""
    families: Mapping[str, Outcome]

    def those(self, outcome: Outcome) -> list[str]:
        return _those(self.families, outcome)

    @property
    def won(self) -> bool:
        return _is_won(self.families)


def family_outcomes(differences: Iterable[DifferenceRow]) -> dict[str, Outcome]:
    """Won, lost, split or open: each family of measures in which a dictionary met one control.

    Args:
        differences: of one dictionary and one control at one place.
    """
    counts: dict[str, list[int]] = {}
    for name, outcome in measure_outcomes(differences).items():
        won_lost = counts.setdefault(registry()[name].family, [0, 0])
        won_lost[0] += outcome == "win"
        won_lost[1] += outcome == "loss"
    return {family: _outcome(*counts[family]) for family in FAMILIES if family in counts}


def measure_outcomes(differences: Iterable[DifferenceRow]) -> dict[str, str]:
    """``"win"``, ``"loss"`` or ``"open"`` by the name of a measure, whatever its variants.

    Args:
        differences: of one dictionary and one control at one place.
    """
    seen: dict[str, set[str]] = {}
    for row in differences:
        seen.setdefault(row.measure.partition("[")[0], set()).add(row.outcome)
    return {
        name: "open" if {"win", "loss"} <= words or words == {"open"} else (words - {"open"}).pop()
        for name, words in seen.items()
    }


def _outcome(won: int, lost: int) -> Outcome:
    if won == lost == 0:
        return "open"
    if won >= 2 * lost:
        return "won"
    return "lost" if lost >= 2 * won else "split"


def verdict(
    layer: str,
    places: Sequence[Mapping[str, Match]],
    differences: Sequence[DifferenceRow],
    controls: Sequence[str],
    neurons: str = "neurons",
    about: str | None = None,
) -> Verdict:
    """The verdict at the first place of comparison that a dictionary reaches.

    Args:
        layer: its name.
        places: for each place of comparison, every family there; at least one.
        differences: of the layer, at all places.
        controls: names of the controls, the neurons among them.
        neurons: name of the control that the question is about.
        about: the dictionary that the verdict is about; None: any.
    """
    for matches in places:
        candidates = [name for name in matches if name not in controls and about in (None, name)]
        if reached := [name for name in candidates if matches[name].reached]:
            target = _target(matches)
            rival = "fvu" if target.quantity == "l0" else "l0"
            best = min(reached, key=lambda name: matches[name].quantity(rival))
            ordered = sorted((name for name in controls if name in matches), key=lambda n: n != neurons)
            duels = [_duel(best, control, matches, differences) for control in ordered]
            sentence = _sentence(layer, best, matches, duels, neurons)
            met = {duel.control: duel.families for duel in duels if duel.reached}
            return Verdict(_answer(met, neurons), sentence, str(target), met)
    first = str(_target(places[0]))
    if all(name in controls for matches in places for name in matches):
        return Verdict("no", f"{layer}: no dictionary was compared, controls only.", first)
    asked = " or ".join(_words(_target(matches)) for matches in places)
    whose = "no dictionary reaches" if about is None else f"{about} features never reach"
    return Verdict("no", f"{layer}: {whose} {asked}.", first)


def _duel(
    best: str, control: str, matches: Mapping[str, Match], differences: Sequence[DifferenceRow]
) -> _Duel:
    at = str(matches[best].target)
    rows = [row for row in differences if (row.unit_set, row.control, row.at) == (best, control, at)]
    return _Duel(control, matches[control].reached, family_outcomes(rows))


def objections(families: Mapping[str, Mapping[str, str]], neurons: str = "neurons") -> list[str]:
    """What keeps a verdict from being yes, a clause each; none if nothing does.

    Args:
        families: as in :attr:`Verdict.families`.
        neurons: name of the control that the question is about.

    >>> objections({"neurons": {"selectivity": "won", "simulation": "lost", "cause": "won"}})
    ['they lose to the neurons in simulation']
    """
    against = families.get(neurons)
    if against is None:
        return [f"they cannot be compared with the {neurons}"]
    found = []
    if lost := _those(against, "lost"):
        found.append(f"they lose to the {neurons} in {_listed(lost)}")
    won = _those(against, "won")
    if 2 * len(won) <= len(against):
        what = _listed(won) if won else "none"
        found.append(f"they win only {what} of {len(against)} groups of measures")
    if level := [name for name, found in families.items() if name != neurons and not _is_won(found)]:
        found.append(f"they are no better on the whole than {_listed(level)}")
    return found


def _answer(families: Mapping[str, Mapping[str, Outcome]], neurons: str) -> Word:
    others = [found for name, found in families.items() if name != neurons]
    if neurons not in families or not _is_won(families[neurons]):
        return "no"
    if others and not any(_is_won(found) for found in others):
        return "no"
    return "mixed" if objections(families, neurons) else "yes"


def _those(families: Mapping[str, str], outcome: Outcome) -> list[str]:
    return [family for family, found in families.items() if found == outcome]


def _is_won(families: Mapping[str, str]) -> bool:
    return len(_those(families, "won")) > len(_those(families, "lost"))


def _sentence(
    layer: str, best: str, matches: Mapping[str, Match], duels: Sequence[_Duel], neurons: str
) -> str:
    target, found = _target(matches), matches[best]
    if target.quantity == "l0":
        cost = f"{_percent(found.quantity('fvu'))} of the variance lost"
    else:
        cost = f"{found.quantity('l0'):.1f} firing an item"
    parts = []
    against = next((duel for duel in duels if duel.control == neurons), None)
    if against is None or not against.reached:
        why = "which never get there" if against else "which are not among the controls"
        parts.append(f"cannot be compared with the {neurons}, {why}")
    else:
        parts.append(_against_neurons(against))
    others = [duel for duel in duels if duel.control != neurons]
    if others:
        parts += _against_controls(others, target)
    return f"{layer}: with {_words(target)}, {best} features ({cost}) {'; '.join(parts)}."


def _against_neurons(duel: _Duel) -> str:
    said = []
    if won := duel.those("won"):
        said.append(f"beat the {duel.control} in {_listed(won)}")
    if lost := duel.those("lost"):
        said.append(f"lose to {'them' if said else f'the {duel.control}'} in {_listed(lost)}")
    if split := duel.those("split"):
        against = "" if said else f" against the {duel.control}"
        said.append(f"win and lose measures of {_listed(split)}{against}")
    if opened := duel.those("open"):
        them = "them" if said else f"the {duel.control}"
        said.append(f"cannot be told apart from {them} in {_listed(opened)}")
    return _joined(said) if said else f"share no measure with the {duel.control}"


def _against_controls(others: Sequence[_Duel], target: Target) -> list[str]:
    """Which controls do as well or better, which are beaten, which never get there."""
    met = [duel for duel in others if duel.reached]
    parts = []
    if level := [duel for duel in met if not duel.won]:
        parts.append(f"no better on the whole than {_listed([_counted(duel) for duel in level])}")
    if beaten := [duel for duel in met if duel.won]:
        parts.append(f"better than {_listed([_counted(duel) for duel in beaten])}")
    if absent := [duel.control for duel in others if not duel.reached]:
        never = "never at that sparsity" if target.quantity == "l0" else "never as faithful"
        parts.append(f"{never}: {', '.join(absent)}")
    return parts


def _counted(duel: _Duel) -> str:
    """A control, and in how many families it is ahead."""
    lost = len(duel.those("lost"))
    return f"{duel.control} (ahead in {lost} of {len(duel.families)})" if lost else duel.control


def _listed(names: Sequence[str]) -> str:
    words = [FAMILY_WORDS.get(name, name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _joined(said: Sequence[str]) -> str:
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def _target(matches: Mapping[str, Match]) -> Target:
    return next(iter(matches.values())).target


def _words(target: Target) -> str:
    if target.quantity == "fvu":
        return f"{100 * target.value:g} % of the variance lost"
    if target.quantity == "l0":
        return f"{target.value:g} firing an item"
    return f"{100 * target.value:g} % of the loss recovered"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"
