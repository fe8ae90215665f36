"""Cards of measures that compare dictionaries: with those of another seed, and with planted truth."""

import numpy as np

from gallery.card import GREY, MARK, RULE, SOFT, Card
from gallery.of_sets import LEFT, SHOWN, Draw, two_sets
from gallery.of_units import TILE, Picture
from gallery.subjects import Subjects
from sememe import activations, dictionaries, measures
from sememe.measures.matching import best_matching, cosines


def seed_pictures(subjects: Subjects) -> dict[str, Picture]:
    """Matched cosine and share matched: two seeds of one dictionary on ``fc1``."""
    fc1, pixels = subjects.fc1, subjects.shown.floats().reshape(-1, 784)
    kinds = (
        [dictionaries.KMeans(n_components=32, random_state=seed) for seed in (0, 1)],
        [dictionaries.RandomDictionary(n_components=32, k=4, random_state=seed) for seed in (0, 1)],
    )
    names = ("32 k-means centres\non fc1", "32 random directions\non fc1")
    scores, shares, draws, lines = [], [], [], []
    for pair in kinds:
        for dictionary in pair:
            dictionary.fit(fc1.fitted)
        # Centres are alike as all activations are; about their mean they say what they stand for.
        atoms = [_about_the_mean(d, fc1.fitted.mean(axis=0)) for d in pair]
        scores.append(measures.matched_cosine(*atoms))
        shares.append(measures.share_matched(*atoms))
        likeness = cosines(*atoms)
        own, other = best_matching(likeness)
        codes = [np.abs(np.asarray(d.transform(fc1.shown))) for d in pair]
        faces = [c.T @ pixels / np.maximum(c.sum(axis=0), 1e-12)[:, None] for c in codes]
        draws.append(_pairs(faces, own, other, likeness))
        lines.append(_falling(np.sort(likeness[own, other])[::-1]))
    foot = "mean image of what fires an atom; below it that of its match in the other seed, and their cosine"
    says = ("another seed finds nearly the same atoms", "another seed draws others")
    return {
        "matched_cosine": two_sets(scores, names, draws, foot, "Atoms and their matches", says),
        "share_matched": two_sets(
            shares, names, lines, "a bar for each atom: cosine with its match, in falling order; line: 0.8",
            "Cosines of atoms with their matches in another seed", says,
        ),
    }  # fmt: skip


def _about_the_mean(dictionary: dictionaries.Dictionary, mean: np.ndarray) -> np.ndarray:
    atoms = np.asarray(dictionary.components_)
    return atoms - mean if isinstance(dictionary, dictionaries.KMeans) else atoms


def _pairs(faces: list[np.ndarray], own: np.ndarray, other: np.ndarray, likeness: np.ndarray) -> Draw:
    some = np.argsort(-likeness[own, other])[np.linspace(0, len(own) - 1, SHOWN).round().astype(int)]

    def draw(card: Card, top: float, colour: str) -> None:
        for place, pair in enumerate(some):
            for line, (face, atom) in enumerate(zip(faces, (own[pair], other[pair]), strict=True)):
                at = (LEFT + place * (TILE + 5), top - 8 + line * (TILE + 4))
                card.picture(at, TILE, np.clip(face[atom].reshape(28, 28) * 1.3, 0, 1) * 255, frame=RULE)
            middle = LEFT + place * (TILE + 5) + TILE / 2
            card.text((middle, top + 90), f"{likeness[own[pair], other[pair]]:.2f}", 11, colour, "ma")

    return draw


def _falling(values: np.ndarray) -> Draw:
    def draw(card: Card, top: float, colour: str) -> None:
        strong = np.flatnonzero(values > 0.8)
        card.bars((LEFT, top), (536, 96), np.maximum(values, 0), colour=colour, strong=strong, top=1.0)
        card.line([(LEFT, top + 96 * 0.2), (LEFT + 536, top + 96 * 0.2)], MARK)

    return draw


def planted_pictures(subjects: Subjects) -> dict[str, Picture]:
    """The seven measures of recovery, on planted data: 32 features in 24 dimensions."""
    world = activations.planted(5000, 24, 32, active=2.5, seed=subjects.seed)
    x, truth = world.values, world.components
    strengths = world.codes.toarray()
    pair = (
        dictionaries.TopKSAE(n_components=32, k=3, max_steps=600, random_state=0).fit(x),
        dictionaries.RandomDictionary(n_components=32, k=3, random_state=0).fit(x),
    )
    names = ("TopK dictionary\nfitted on planted\ndata", "random directions")
    codes = [np.asarray(d.transform(x)) for d in pair]
    detected = [(c, d.components_, strengths > 0, truth) for c, d in zip(codes, pair, strict=True)]
    matched = [best_matching(cosines(truth, d.components_)) for d in pair]
    # One feature shows it.
    feature = 0

    def barcode(k: int) -> Draw:
        unit = matched[k][1][list(matched[k][0]).index(feature)]
        items = np.concatenate([np.flatnonzero(strengths[:, feature] > 0)[:12],
                                np.flatnonzero(strengths[:, feature] == 0)[:48]])  # fmt: skip

        def draw(card: Card, top: float, colour: str) -> None:
            for line, (word, row) in enumerate(
                (("has it", strengths[items, feature] > 0), ("unit fires", codes[k][items, unit] != 0))
            ):
                card.text((LEFT, top + 8 + 44 * line), word, 11, SOFT)
                for place, there in enumerate(row):
                    left = LEFT + 66 + place * 7.8
                    shade = (MARK if line == 0 else colour) if there else RULE
                    card.fill((left, top + 44 * line), (left + 6.4, top + 32 + 44 * line), shade)

        return draw

    def table(k: int) -> Draw:
        likeness = np.abs(cosines(truth, pair[k].components_))[:, matched[k][1]]

        def draw(card: Card, top: float, colour: str) -> None:
            card.heat((LEFT, top - 4), 3.4, likeness, colour, 1.0)
            best = np.sort(likeness.max(axis=1))[::-1]
            card.bars((LEFT + 150, top), (386, 96), best, colour=colour, strong=range(len(best)), top=1.0)

        return draw

    def strength(k: int) -> Draw:
        unit = matched[k][1][list(matched[k][0]).index(feature)]
        some = np.concatenate([np.flatnonzero(strengths[:, feature] > 0)[:200], np.arange(100)])

        def draw(card: Card, top: float, colour: str) -> None:
            card.scatter((LEFT + 20, top + 6), (500, 84), strengths[some, feature], codes[k][some, unit],
                         colour=colour, names=("planted strength", "code of the matched unit"))  # fmt: skip

        return draw

    def claimed(k: int) -> Draw:
        counts = np.bincount(np.abs(cosines(pair[k].components_, truth)).argmax(axis=1), minlength=len(truth))

        def draw(card: Card, top: float, colour: str) -> None:
            card.bars((LEFT, top), (536, 96), counts, colour=colour, strong=range(len(truth)), top=4.0)

        return draw

    rows_of = "each column is an item: does it have the planted feature, and does the matched unit fire?"
    says = ("planted features are found", "planted features are missed")
    alt = "How units of two dictionaries follow planted features"
    planted = {
        "mean_max_cosine": (table, "left: cosines of features (rows) and matched atoms; right: the greatest",
                            [measures.mean_max_cosine(d.components_, truth) for d in pair]),
        "matched_correlation": (strength, "dots: items; a feature, and the unit matched with it",
                                [measures.matched_correlation(c, strengths) for c in codes]),
        "recovery_precision": (barcode, rows_of, [measures.recovery_precision(*d) for d in detected]),
        "recovery_recall": (barcode, rows_of, [measures.recovery_recall(*d) for d in detected]),
        "recovery_f1": (barcode, rows_of, [measures.recovery_f1(*d) for d in detected]),
        "uniqueness": (claimed, "a bar for each planted feature: how many atoms are nearest to it",
                       [measures.uniqueness(d.components_, truth) for d in pair]),
    }  # fmt: skip
    found = {
        name: two_sets(scores, names, [draw(0), draw(1)], foot, alt, says)
        for name, (draw, foot, scores) in planted.items()
    }
    return found | {"shrinkage": _shrinkage(x)}


def _shrinkage(x: np.ndarray) -> Picture:
    pair = (
        dictionaries.TopKSAE(n_components=32, k=3, max_steps=400, random_state=0).fit(x),
        dictionaries.L1SAE(n_components=32, l1_coefficient=3.0, max_steps=400, random_state=0).fit(x),
    )
    backs = [np.asarray(d.inverse_transform(d.transform(x))) for d in pair]
    mean = x.mean(axis=0)

    def lengths(back: np.ndarray) -> Draw:
        own, its = (np.linalg.norm(values[:300] - mean, axis=1) for values in (x, back))
        most = float(own.max())

        def draw(card: Card, top: float, colour: str) -> None:
            card.line([(LEFT + 20, top + 90), (LEFT + 520, top + 6)], GREY)
            card.scatter((LEFT + 20, top + 6), (500, 84), own, its, colour=colour,
                         names=("length of the activation", "length of what comes back"),
                         limits=((0.0, most), (0.0, most)))  # fmt: skip

        return draw

    return two_sets(
        [measures.shrinkage(x, back) for back in backs],
        ("TopK dictionary\nfitted on planted\ndata", "L1 dictionary\nfitted on planted\ndata"),
        [lengths(back) for back in backs],
        "dots: items; on the grey line what comes back is as long as what went in",
        "Lengths of activations and of their reconstructions",
        ("what comes back is nearly as long as what went in", "the penalty on codes makes it too short"),
    )
