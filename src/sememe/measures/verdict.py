"""The verdict on a layer: yes, no or mixed, and one honest sentence that says why.

The dictionary that the verdict is about is the one that reaches the fidelity with the fewest units firing,
or the sparsity with the least variance lost. Its scores play no part in that choice: whichever scores best on
the images reported would look better than it is.

It fights every control that reaches the place. On each measure it wins, loses, or cannot be told apart.

- **yes**: it wins on more than half of the measures against the neurons; it wins more than it loses against
  every control fought; and it loses on fewer than 1 in 10 measures to each of them;
- **no**: it cannot be compared with the neurons, or does not win more than it loses against them; or controls
  other than the neurons were fought and it wins more than it loses against none of them: then whatever it
  gains over neurons, a control gains too;
- **mixed**: anything between.

Why a loss may be forgiven: Holm's correction keeps chance losses rare, but the measures are a few families,
most of them under several embeddings, and they need not agree on what monosemantic means. Not one loss in
some fourteen measures against each of four controls is nearly unreachable even for a clear winner. For the
same reason a win does not beat a control that wins as often elsewhere. The counts are of measures, not of
independent pieces of evidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sememe.measures.frontier import Match, Target
from sememe.measures.table import DifferenceRow

Word = Literal["yes", "no", "mixed"]


@dataclass(frozen=True)
class Verdict:
    """Are the features of this layer more monosemantic than its neurons?"""

    answer: Word
    sentence: str
    """In plain words, wins and losses alike; it begins with the layer's name and leaves out the answer."""
    place: str
    """Where the sentence compares, ``"fvu=0.05"``; the first place where no dictionary reaches any."""


@dataclass(frozen=True)
class _Duel:
    """One dictionary against one control, at one place of comparison."""

    control: str
    reached: bool
    """Whether the control gets to the place at all."""
    wins: int
    losses: int
    tests: int

    @property
    def won(self) -> bool:
        return self.wins > self.losses


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
        places: for each place of comparison, every family there; at least one.
        differences: of the layer, at all places.
        controls: names of the controls, the neurons among them.
        neurons: name of the control that the question is about.
    """
    for matches in places:
        reached = [name for name, found in matches.items() if name not in controls and found.reached]
        if reached:
            target = _target(matches)
            rival = "fvu" if target.quantity == "l0" else "l0"
            best = min(reached, key=lambda name: matches[name].quantity(rival))
            ordered = sorted(controls, key=lambda name: name != neurons)
            duels = [_duel(best, control, matches, differences) for control in ordered]
            sentence = _sentence(layer, best, matches, duels, neurons)
            return Verdict(_answer(duels, neurons), sentence, str(target))
    first = str(_target(places[0]))
    if all(name in controls for matches in places for name in matches):
        return Verdict("no", f"{layer}: no dictionary was compared, controls only.", first)
    asked = " or ".join(_words(_target(matches)) for matches in places)
    return Verdict("no", f"{layer}: no dictionary reaches {asked}.", first)


def _duel(
    best: str, control: str, matches: Mapping[str, Match], differences: Sequence[DifferenceRow]
) -> _Duel:
    at = str(matches[best].target)
    rows = [row for row in differences if (row.unit_set, row.control, row.at) == (best, control, at)]
    return _Duel(
        control=control,
        reached=matches[control].reached,
        wins=sum(row.outcome == "win" for row in rows),
        losses=sum(row.outcome == "loss" for row in rows),
        tests=len(rows),
    )


def _answer(duels: Sequence[_Duel], neurons: str) -> Word:
    fought = [duel for duel in duels if duel.reached]
    others = [duel for duel in fought if duel.control != neurons]
    against = next((duel for duel in fought if duel.control == neurons), None)
    if against is None or not against.won:
        return "no"
    if others and not any(duel.won for duel in others):
        return "no"
    clear = all(duel.won and 10 * duel.losses < duel.tests for duel in fought)
    return "yes" if clear and 2 * against.wins > against.tests else "mixed"


def _sentence(
    layer: str, best: str, matches: Mapping[str, Match], duels: Sequence[_Duel], neurons: str
) -> str:
    target, found = _target(matches), matches[best]
    if target.quantity == "l0":
        cost = f"{_percent(found.quantity('fvu'))} of the variance lost"
    else:
        cost = f"{found.quantity('l0'):.1f} firing an item"
    fought = [duel for duel in duels if duel.reached]
    parts = [_outcome(duel, fought[0], neurons) for duel in fought]
    if all(duel.control != neurons for duel in fought):
        parts.insert(0, f"cannot be compared with the {neurons}")
    if absent := [duel.control for duel in duels if not duel.reached]:
        parts.append(_absent(target, {name: matches[name].best for name in absent}))
    return f"{layer}: with {_words(target)}, {best} features ({cost}) {'; '.join(parts)}."


def _outcome(duel: _Duel, first: _Duel, neurons: str) -> str:
    """The first duel in full, the others in the same order of words and shorter."""
    if duel is first:
        beat = f"beat the {neurons}" if duel.control == neurons else f"they beat {duel.control}"
        return (
            f"{beat} on {duel.wins} of {duel.tests} measures, lose on {duel.losses} and cannot be told "
            f"apart on {duel.tests - duel.wins - duel.losses}"
        )
    of = "" if duel.tests == first.tests else f" of {duel.tests}"
    return f"{duel.control} on {duel.wins}{of} ({duel.losses} lost)"


def _absent(target: Target, best: Mapping[str, float]) -> str:
    if target.quantity == "fvu":
        named = [f"{name} ({_percent(value)} lost)" for name, value in best.items()]
        return f"not as faithful at their best: {', '.join(named)}"
    if target.quantity == "l0":
        named = [f"{name} ({value:.1f} firing at the nearest)" for name, value in best.items()]
        return f"never at that sparsity: {', '.join(named)}"
    named = [f"{name} ({_percent(value)} recovered)" for name, value in best.items()]
    return f"not as faithful at their best: {', '.join(named)}"


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
