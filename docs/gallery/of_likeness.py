"""Cards of measures that ask how alike the images are that fire a unit, or whether that can be foretold."""

import numpy as np

from gallery.card import HIGH, LOW, MARK, RULE, SOFT, Card
from gallery.of_units import (
    ACROSS,
    CHART,
    ROW,
    TILE,
    TILES,
    WIDTH,
    Chart,
    Picture,
    head,
    rows,
    spread,
    strongest,
    two_units,
)
from gallery.subjects import Subjects
from sememe import measures
from sememe.measures.kernels.exemplars import two_means

STRONGEST = "the images that fire the unit most"
DOTS = "dots: images, half of them silent"
SPREAD = "images that fire the unit, from the strongest to the weakest"


def similarity_pictures(subjects: Subjects) -> dict[str, Picture]:
    """Monosemanticity score, clarity, polysemanticity."""
    codes, embeddings = subjects.codes, subjects.embeddings
    # About the mean of all images: what all digits share says nothing of a unit.
    rows_of_length_one = measures.unit_length(embeddings, embeddings.mean(axis=0, dtype=np.float64))

    def cosines(pick) -> Chart:
        def draw(card: Card, top: float, unit: int, colour: str) -> None:
            shown = rows_of_length_one[pick(codes[:, unit], 2 * ACROSS)]
            card.heat((CHART + 20, top - 4), 7, np.maximum(shown @ shown.T, 0), colour, 1.0)

        return draw

    def in_two_groups(column: np.ndarray, count: int) -> np.ndarray:
        top = strongest(column, 30)
        cosine = rows_of_length_one[top] @ rows_of_length_one[top].T
        group = two_means(cosine[None], np.ones((1, top.size), bool), 50)[0]
        halves = [top[group == g] for g in sorted((False, True), key=lambda g: -(group == g).sum())]
        return np.concatenate([half[: count // 2] for half in halves])

    foot = "cosines of each pair of them"
    found = {}
    scores = measures.monosemanticity_score(codes, embeddings, centred=True)
    card, ends = rows(subjects, scores, cosines(spread), (SPREAD, foot))
    found["monosemanticity_score"] = two_units(
        subjects, scores, card, ends,
        "whatever fires it is alike, and every pair of images has a high cosine (dark)",
        "what fires it has little in common",
    )  # fmt: skip
    scores = measures.clarity(codes, embeddings, centred=True)
    card, ends = rows(subjects, scores, cosines(strongest), (STRONGEST, foot), pick=strongest)
    found["clarity"] = two_units(
        subjects, scores, card, ends, "its strongest images are alike", "even its strongest images differ"
    )
    scores = measures.polysemanticity(codes, embeddings, centred=True)
    # Clusters of a few items have no second line of images to show.
    for unit in np.flatnonzero(subjects.often):
        if in_two_groups(codes[:, unit], 2 * ACROSS).size < 2 * ACROSS:
            scores[unit] = np.nan
    groups = "its strongest images: two groups, a line each"
    chart = cosines(in_two_groups)
    card, ends = rows(subjects, scores, chart, (groups, foot), pick=in_two_groups, good=False)
    found["polysemanticity"] = two_units(
        subjects, scores, card, ends,
        "its strongest images fall into two groups that differ (pale squares between the groups)",
        "both groups show the same thing; low is good here",
    )  # fmt: skip
    return found


def half_firing(codes: np.ndarray) -> np.ndarray:
    """Up to 240 images, as many that fire as are silent where there are enough: most are silent."""
    fires, silent = np.flatnonzero(codes != 0), np.flatnonzero(codes == 0)
    return np.concatenate([fires[:120], silent[:120]])


def simulation_pictures(subjects: Subjects) -> dict[str, Picture]:
    """How well exemplars foretell a unit: in all, and interval by interval."""
    layers = (subjects.fc1, subjects.hidden1)
    fitted = np.concatenate([layer.codes(layer.choosing) for layer in layers], axis=1)
    predicted = measures.simulate(subjects.embeddings, fitted, subjects.choosing_embeddings)
    scores = measures.simulation_score(subjects.codes, predicted)
    told = measures.simulation_by_interval(subjects.codes, predicted)

    def bars(card: Card, top: float, unit: int, colour: str) -> None:
        card.bars(
            (CHART + 20, top + 6), (170, 84), np.nan_to_num(told[:, unit]),
            colour=colour, strong=range(len(told)), top=1.0,
        )  # fmt: skip

    def draw(card: Card, top: float, unit: int, colour: str) -> None:
        some = half_firing(subjects.codes[:, unit])
        card.scatter(
            (CHART + 12, top + 6), (178, 84), predicted[some, unit], subjects.codes[some, unit],
            colour=colour, names=("foretold from exemplars", "activation"),
        )  # fmt: skip

    found = {}
    card, ends = rows(subjects, scores, draw, (SPREAD, DOTS))
    found["simulation_score"] = two_units(
        subjects, scores, card, ends,
        "whoever has seen its exemplars can tell how strongly a new image fires it",
        "its exemplars tell little of new images",
    )  # fmt: skip
    scores = measures.interval_simulation(subjects.codes, predicted)
    foot = "area under the curve, weak to strong"
    card, ends = rows(subjects, scores, bars, (SPREAD, foot))
    found["interval_simulation"] = two_units(
        subjects, scores, card, ends,
        "weak firings and strong ones are told from silence by its exemplars",
        "both are told less well",
    )  # fmt: skip
    return found


def universality_picture(subjects: Subjects) -> Picture:
    """A unit, and the unit of another network that it resembles most."""
    others = subjects.other_fc1.codes(subjects.other_fc1.shown)
    scores = measures.universality(subjects.codes, others)
    sums = measures.partner_sums(subjects.codes, others)
    card, ends = Card(WIDTH, 2 * ROW + 26), subjects.ends(scores)
    for number, (unit, colour, word) in enumerate(zip(ends, (HIGH, LOW), ("high", "low"), strict=True)):
        top, partner = number * ROW + 14, int(sums.partner[unit])
        head(card, top, f"{scores[unit]:.2f}", word, subjects.names[unit], colour)
        for line, column in enumerate((subjects.codes[:, unit], others[:, partner])):
            for place, image in enumerate(strongest(column, ACROSS)):
                at = (TILES + place * (TILE + 3), top + line * (TILE + 6))
                card.picture(at, TILE, subjects.shown.pixels[image], frame=RULE if line == 0 else MARK)
        some = half_firing(subjects.codes[:, unit])
        card.scatter(
            (CHART + 12, top + 6), (178, 84), others[some, partner], subjects.codes[some, unit],
            colour=colour, names=("its partner in the other network", "the unit"),
        )  # fmt: skip
    card.line([(16, ROW + 2), (WIDTH - 16, ROW + 2)])
    card.text((TILES, 2 * ROW + 4), "what fires the unit; framed, what fires its partner", 10.5, SOFT)
    card.text((CHART, 2 * ROW + 4), DOTS, 10.5, SOFT)
    return two_units(
        subjects, scores, card, ends,
        "a network trained from another seed has a unit that fires on the same images",
        "no unit of the other network does",
    )  # fmt: skip
