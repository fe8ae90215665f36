"""What the study of monosemanticity found, as lines for the documentation."""

import math
from collections.abc import Mapping, Sequence

from sememe.measures import MeasureTable, Row
from sememe.studies.duels import COUNTED, PIECES, duel, in_words
from sememe.studies.lineup import Entry
from sememe.studies.markdown import markdown_table
from sememe.studies.monosemanticity_design import MonosemanticityDesign

# A measure a family, or two, for tables that are read; the Parquet table has all.
SHOWN = {
    "class_information": "class information",
    "monosemanticity_score[encoder, centred]": "MS",
    "concept_average_precision": "concept precision",
    "concept_share": "concept share",
    "simulation_score": "simulation",
    "effect_specificity[zero]": "effect specificity",
    "universality": "universality",
}
Tables = Mapping[str, MeasureTable]


def markdown_lines(study: MonosemanticityDesign, tables: Tables, summary: str) -> str:
    """The answer, the verdicts, how far the aim is reached, the other dictionaries, the scores."""
    parts = [summary, _verdicts(tables), _aims(study, tables), _beside(study, tables), _scores(study, tables)]
    return "\n\n".join(part for part in parts if part)


def place_of(study: MonosemanticityDesign) -> str:
    """Where the documentation compares: the first fidelity of the study."""
    return f"fvu={study.fvu[0]:g}"


def features_of(study: MonosemanticityDesign, layer: str, beside: bool) -> list[Entry]:
    """The dictionary that the verdict is about, or those that stand beside it."""
    return [e for e in study.entries(layer) if e.sweep.kind == "features" and e.beside is beside]


def score_cell(row: Row | None) -> str:
    """A score with its interval."""
    if row is None or math.isnan(row.value):
        return "–"
    return f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]"


def rows_at(found: MeasureTable, unit_set: str, at: str) -> dict[str, Row]:
    """The rows of a unit set at a place, by measure."""
    return {row.measure: row for row in found.select(unit_set=unit_set, at=at)}


def _lost(study: MonosemanticityDesign) -> str:
    return f"{100 * study.fvu[0]:g} % of the variance is lost"


def _verdicts(tables: Tables) -> str:
    rows = [
        [f"`{layer}`", f"**{found.answers[layer]}**", found.sentences[layer].removeprefix(f"{layer}: ")]
        for layer, found in tables.items()
    ]
    return markdown_table(["layer", "answer", "why"], rows)


def _aims(study: MonosemanticityDesign, tables: Tables) -> str:
    against: dict[str, Sequence[str]] = {"neurons": COUNTED}
    against |= dict.fromkeys(("rotated neurons", "random directions", "wide random directions"), COUNTED)
    against |= dict.fromkeys(("stored activations", "wide stored activations", "k-means"), PIECES)
    head = ["layer", "dictionary"]
    head += [f"{name} (concepts, cause)" if of is PIECES else name for name, of in against.items()]
    at, rows, detail = place_of(study), [], []
    for layer, found in tables.items():
        for entry in features_of(study, layer, beside=False):
            name = entry.sweep.title
            duels = {control: duel(found, name, control, at, of) for control, of in against.items()}
            rows.append([f"`{layer}`", name, *map(str, duels.values())])
            detail.append(f"- `{layer}` against neurons: {_by_family(found, name, at)}.")
            for control in ("neurons", "rotated neurons"):
                if lost := [in_words(found, name, control, m, at) for m in duels[control].lost]:
                    detail.append(f"  Lost to {control}: {', '.join(lost)}.")
    lead = (
        f"Measures won : lost where {_lost(study)} (5 %, Holm-corrected over all tests of a dictionary "
        "there; a measure under several embeddings counts once; on the others the two cannot be told apart). "
        "The aim was: 8 or more won against neurons, all against rotated neurons and random directions, and "
        "concepts and cause against remembered examples. *Not there*: one of the two never loses so little."
    )
    listed = "\n".join(detail)
    return f"{lead}\n\n{markdown_table(head, rows)}\n\n{listed}"


def _by_family(found: MeasureTable, unit_set: str, at: str) -> str:
    counted = [(family, duel(found, unit_set, "neurons", at, [family])) for family in COUNTED]
    return ", ".join(f"{family} {met}" for family, met in counted)


def _beside(study: MonosemanticityDesign, tables: Tables) -> str:
    """The dictionaries that were not the choice, against the neurons and against rotated neurons."""
    head = ["layer", "dictionary", "firing", "dead", "against neurons", "against rotated neurons"]
    at, rows = place_of(study), []
    for layer, found in tables.items():
        for entry in features_of(study, layer, beside=True):
            name = entry.sweep.title
            first = next(iter(rows_at(found, name, at).values()), None)
            if first is None or first.status == "unreached":
                rows.append([f"`{layer}`", name, "never there", "", "", ""])
                continue
            duels = [
                str(duel(found, name, control, at, COUNTED)) for control in ("neurons", "rotated neurons")
            ]
            rows.append([f"`{layer}`", name, f"{first.l0:.1f}", _dead(first), *duels])
    if not rows:
        return ""
    lead = (
        f"Other dictionaries where {_lost(study)}, with one seed on each network. None of them is picked "
        "afterwards: the best of many, by the scores reported, would look better than it is."
    )
    return f"{lead}\n\n{markdown_table(head, rows)}"


def _scores(study: MonosemanticityDesign, tables: Tables) -> str:
    at = place_of(study)
    head = ["layer", "units", "firing", *SHOWN.values(), "dead"]
    rows, absent = [], []
    for layer, found in tables.items():
        never = []
        for unit_set in study.kinds(layer):
            mine = rows_at(found, unit_set, at)
            if not mine:
                continue
            first = next(iter(mine.values()))
            if first.status == "unreached":
                never.append(f"{unit_set} ({100 * first.fvu:.0f} %)")
                continue
            cells = [score_cell(mine.get(key)) for key in SHOWN]
            rows.append([f"`{layer}`", unit_set, f"{first.l0:.1f}", *cells, _dead(first)])
        if never:
            absent.append(f"- `{layer}`: {', '.join(never)}")
    lead = (
        f"Means over units where {_lost(study)}, with 95 % intervals over images, units and seeds "
        f"({study.networks} networks, {study.dictionaries} dictionaries on each); dead units count as 0. "
        "*MS* is under the encoder's embedding, centred."
    )
    listed = "\n".join(absent)
    tail = f"\n\nNever there, and the least that they lose:\n\n{listed}" if absent else ""
    return f"{lead}\n\n{markdown_table(head, rows)}{tail}"


def _dead(row: Row) -> str:
    return f"{100 * row.dead / row.units:.0f} %"
