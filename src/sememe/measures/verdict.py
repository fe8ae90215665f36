"""One honest sentence for a layer: what the best dictionary beats, where, on how many measures, and where it
loses.

The dictionary that the sentence is about is the one that reaches the fidelity with the fewest units firing.
Its scores play no part in that choice: whichever scores best on the images reported would look better than it
is.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from sememe.measures.frontier import Match
from sememe.measures.record import registry
from sememe.measures.table import DifferenceRow


def sentence(
    layer: str,
    places: Sequence[Mapping[str, Match]],
    differences: Sequence[DifferenceRow],
    controls: Sequence[str],
) -> str:
    """The sentence, about the first place of comparison that any dictionary reaches.

    Args:
        layer: its name.
        places: for each place of comparison, every family there.
        differences: of the layer, at all places.
        controls: names of the controls.
    """
    for matches in places:
        reached = [name for name, found in matches.items() if name not in controls and found.reached]
        if reached:
            best = min(reached, key=lambda name: matches[name].quantity("l0"))
            return _about(layer, best, matches, differences, controls)
    if all(name in controls for matches in places for name in matches):
        return f"{layer}: no dictionary was compared, controls only."
    return f"{layer}: no dictionary reaches {' or '.join(_place(m) for m in places)}."


def _about(
    layer: str,
    best: str,
    matches: Mapping[str, Match],
    differences: Sequence[DifferenceRow],
    controls: Sequence[str],
) -> str:
    at = str(matches[best].target)
    wins, losses, level, absent = [], [], [], []
    for control in controls:
        if not matches[control].reached:
            absent.append(f"{control} (nearest {matches[control].best:.3g})")
            continue
        rows = [d for d in differences if (d.unit_set, d.control, d.at) == (best, control, at)]
        count = Counter(row.outcome for row in rows)
        if count["win"]:
            wins.append(f"{control} on {count['win']} of {len(rows)} measures")
        if count["loss"]:
            named = _names([row.measure for row in rows if row.outcome == "loss"])
            losses.append(f"to {control} on {count['loss']} ({named})")
        if not count["win"] and not count["loss"]:
            level.append(control)
    parts = [f"beats {_and(wins)}" if wins else "beats no control"]
    if losses:
        parts.append(f"loses {_and(losses)}")
    if level:
        parts.append(f"cannot be told from {_and(level)}")
    if absent:
        parts.append(f"and {_and(absent)} {'do' if len(absent) > 1 else 'does'} not get there")
    about = f"{layer}, at {_place(matches)}: {best} (L0 {matches[best].quantity('l0'):.3g}) "
    return about + "; ".join(parts) + "."


def _place(matches: Mapping[str, Match]) -> str:
    target = next(iter(matches.values())).target
    words = {"fvu": "FVU", "l0": "L0"}.get(target.quantity, "loss recovered")
    return f"{words} {target.value:g}"


def _names(keys: Sequence[str]) -> str:
    """Titles of measures in plain words, each once whatever the number of its embeddings."""
    titles = dict.fromkeys(registry()[key.split("[")[0]].title for key in keys)
    return ", ".join(title[0].lower() + title[1:] for title in titles)


def _and(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
