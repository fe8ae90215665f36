"""Cards of measures that ask which concept a unit stands for; framed are the images that have it."""

import numpy as np

from gallery.card import HIGH, LOW, SOFT, Card
from gallery.of_sets import Entry, set_card
from gallery.of_units import CHART, DIGITS, Chart, Picture, rows, two_units
from gallery.subjects import Subjects
from sememe import measures
from sememe.measures.concepts.interval_precision import precision_by_interval

FOOT = "framed: images that have the unit's concept; strongest first"


def concept_pictures(subjects: Subjects) -> dict[str, Picture]:
    """Five measures of units, and coverage of the whole bank."""
    codes, chosen = subjects.codes, subjects.chosen
    bank, names = subjects.concepts.values, subjects.concepts.names
    told = {
        "concept_average_precision": (
            _curve(subjects), "precision (up) at each recall",
            "it ranks the images with its concept, {concept}, before all others",
            "whatever concept one takes, here {concept}, images without it are among the strongest",
        ),
        "concept_f1": (
            _overlap(subjects), "images at the best threshold",
            "the images that fire it are those with its concept, {concept}",
            "it fires on many without its concept, {concept}, or misses many that have it",
        ),
        "concept_share": (
            _shares(subjects), "R2 of one concept, of all",
            "one concept says nearly all that the bank can say of it",
            "many concepts together are needed to say when it fires",
        ),
        "interval_precision": (
            _intervals(subjects), "share with it, weak to strong",
            "even its weak firings are on images with its concept, {concept}",
            "its firings are on images of all kinds; its best concept is {concept}",
        ),
        "concept_generality": (
            _classes(subjects), "share with it in each digit",
            "its concept, {concept}, is what fires it in many digits",
            "its firings are on images with its concept, {concept}, in hardly any digit",
        ),
    }  # fmt: skip
    found = {}
    for name, (chart, foot, high, low) in told.items():
        more = (subjects.labels, 10, chosen) if name == "concept_generality" else (chosen,)
        scores = measures.registry()[name].function(codes, bank, *more)
        form = "{:.0f}" if name == "concept_generality" else "{:.2f}"
        card, ends = rows(
            subjects, scores, _named(chart, subjects), (FOOT, foot),
            marked=lambda unit: bank[:, chosen[0, unit]], form=form,
        )  # fmt: skip
        words = [
            told_of.format(concept=f'"{names[chosen[0, unit]]}"')
            for told_of, unit in zip((high, low), ends, strict=True)
        ]
        found[name] = two_units(subjects, scores, card, ends, *words, form)
    found["concept_coverage"] = _coverage(subjects)
    return found


def _named(chart: Chart, subjects: Subjects) -> Chart:
    """A chart with the unit's concept below it."""

    def draw(card: Card, top: float, unit: int, colour: str) -> None:
        chart(card, top, unit, colour)
        name = subjects.concepts.names[subjects.chosen[0, unit]]
        card.text((CHART, top + 99), f"concept: {name}", 10.5, colour)

    return draw


def _has(subjects: Subjects, unit: int) -> np.ndarray:
    return subjects.concepts.values[:, subjects.chosen[0, unit]]


def _curve(subjects: Subjects) -> Chart:
    def draw(card: Card, top: float, unit: int, colour: str) -> None:
        has = _has(subjects, unit)
        hits = np.cumsum(has[np.argsort(-subjects.codes[:, unit], kind="stable")])
        recall, precision = hits / has.sum(), hits / np.arange(1, len(has) + 1)
        some = np.unique(np.searchsorted(recall, np.linspace(0.02, 1, 60)).clip(0, len(has) - 1))
        card.line([(CHART, top), (CHART, top + 84), (CHART + 190, top + 84)], SOFT)
        card.line([(CHART + 190 * recall[k], top + 84 - 80 * precision[k]) for k in some], colour, 2)

    return draw


def _overlap(subjects: Subjects) -> Chart:
    def draw(card: Card, top: float, unit: int, colour: str) -> None:
        has, column = _has(subjects, unit), subjects.codes[:, unit]
        order = np.argsort(-column, kind="stable")
        hits = np.cumsum(has[order])
        best = int((2 * hits / (np.arange(1, len(has) + 1) + has.sum())).argmax())
        counts = np.array([best + 1 - hits[best], hits[best], has.sum() - hits[best]], float)
        card.bars(
            (CHART, top), (190, 78), counts, ("unit only", "both", "concept only"), colour=colour, strong=[1]
        )

    return draw


def _shares(subjects: Subjects) -> Chart:
    share = measures.concept_share(subjects.codes, subjects.concepts.values, subjects.chosen)

    def draw(card: Card, top: float, unit: int, colour: str) -> None:
        column, bank = subjects.codes[:, unit], subjects.concepts.values.astype(float)
        single = max(np.corrcoef(column, c)[0, 1] ** 2 for c in bank.T if 0 < c.mean() < 1)
        card.bars(
            (CHART, top), (190, 78), [single, single / share[unit]], ("one concept", "all"),
            colour=colour, strong=[0], top=1.0,
        )  # fmt: skip

    return draw


def _intervals(subjects: Subjects) -> Chart:
    def draw(card: Card, top: float, unit: int, colour: str) -> None:
        column, chosen = subjects.codes[:, [unit]], subjects.chosen[:, [unit]]
        shares = precision_by_interval(column, subjects.concepts.values, chosen)[:, 0]
        card.bars((CHART, top), (190, 84), np.nan_to_num(shares), colour=colour, strong=range(10), top=1.0)

    return draw


def _classes(subjects: Subjects) -> Chart:
    def draw(card: Card, top: float, unit: int, colour: str) -> None:
        fires, has = subjects.codes[:, unit] != 0, _has(subjects, unit)
        shares = np.array(
            [
                has[own].mean() if own.sum() >= 5 else 0.0
                for own in (fires & (subjects.labels == digit) for digit in range(10))
            ]
        )
        card.bars(
            (CHART, top), (192, 78), shares, DIGITS, colour=colour,
            strong=np.flatnonzero(shares > 0.5), top=1.0,
        )  # fmt: skip

    return draw


def _coverage(subjects: Subjects) -> Picture:
    bank = subjects.concepts.common(20)
    fc1, hidden1 = subjects.fc1, subjects.hidden1
    sets = {
        "dictionary of 512\non fc1": np.asarray(fc1.dictionary.transform(fc1.shown)),
        "16 neurons\nof hidden1": hidden1.shown,
    }
    entries = []
    for (name, codes), colour, word in zip(sets.items(), (HIGH, LOW), ("high", "low"), strict=True):
        precision = np.sort(measures.best_units(codes, bank.values)[1])[::-1]
        entries.append(
            Entry(
                f"{precision.mean():.2f}", word, name, colour,
                lambda card, top, colour, precision=precision: card.bars(
                    (168, top), (536, 96), precision, colour=colour, strong=range(len(precision)), top=1.0
                ),
            )
        )  # fmt: skip
    card = set_card(entries, "a bar for each concept: average precision of the best unit for it, falling")
    return Picture(
        card,
        f"Average precision of the best unit for each concept, of two unit sets: mean {entries[0].score} and "
        f"{entries[1].score}.",
        f"Above, 512 components on fc1 ({entries[0].score}): some concepts have a unit that finds "
        "them, many one that does in part. "
        f"Below, the 16 neurons of hidden1 ({entries[1].score}): each has to do for many "
        "concepts, and fits them less.",
    )
