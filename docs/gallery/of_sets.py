"""Cards of measures that give one number for a whole unit set: how much of a layer it keeps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gallery.card import GREY, HIGH, INK, LOW, PAPER, RULE, SOFT, Card
from gallery.of_units import ROW, TILE, WIDTH, Picture
from gallery.subjects import Subjects
from sememe import activations, dictionaries, measures, networks

LEFT = 168.0
SHOWN = 11

Draw = Callable[[Card, float, str], object]
"""Draws a row: card, top of the row, colour."""


@dataclass(frozen=True)
class Entry:
    """A row of a card: a score, whose it is (a line each), and what is drawn beside it."""

    score: str
    word: str
    name: str
    colour: str
    draw: Draw


def set_card(entries: Sequence[Entry], foot: str, row: float = ROW) -> Card:
    """The rows below one another, and one line that says what is drawn."""
    card = Card(WIDTH, len(entries) * row + 26)
    for number, entry in enumerate(entries):
        top = number * row + 14
        card.text((16, top - 2), entry.score, 30, entry.colour)
        card.text((16, top + 36), entry.word, 11, SOFT)
        for line, words in enumerate(entry.name.split("\n")):
            card.text((16, top + 56 + 15 * line), words, 12, INK)
        entry.draw(card, top, entry.colour)
        if number:
            card.line([(16, top - 12), (WIDTH - 16, top - 12)])
    return card.text((LEFT, len(entries) * row + 4), foot, 10.5, SOFT)


def two_sets(
    scores: Sequence[float], names: Sequence[str], draws: Sequence[Draw],
    foot: str, alt: str, says: Sequence[str], *, good: bool | None = True, form: str = "{:.2f}",
) -> Picture:  # fmt: skip
    """Two unit sets, the higher score above, whichever way is better."""
    order = sorted(range(2), key=lambda k: -scores[k])
    colours = (LOW, HIGH) if good is False else (HIGH, LOW)
    entries = [
        Entry(form.format(scores[k]), word, names[k], colour, draws[k])
        for k, word, colour in zip(order, ("high", "low"), colours, strict=True)
    ]
    plain = [names[k].replace("\n", " ") for k in order]
    first, second = (form.format(scores[k]) for k in order)
    return Picture(
        set_card(entries, foot),
        f"{alt}, for two unit sets: {plain[0]} scores {first}, {plain[1]} {second}.",
        f"Above, {plain[0]} ({first}): {says[order[0]]}. Below, {plain[1]} ({second}): {says[order[1]]}.",
    )


def reconstruction_pictures(subjects: Subjects) -> dict[str, Picture]:
    """FVU and explained variance, on pixels: what is lost can be seen."""
    fitted, x = (some.floats().reshape(len(some), -1) for some in (subjects.train[:10_000], subjects.shown))
    kinds = (dictionaries.PCA(n_components=100), dictionaries.KMeans(n_components=16, random_state=0))
    names = ("100 principal\ncomponents\nof the pixels", "16 k-means centres\nof the pixels")
    backs = []
    for kind in kinds:
        kind.fit(fitted)
        backs.append(np.asarray(kind.inverse_transform(kind.transform(x))))

    def beside(back: np.ndarray) -> Draw:
        def draw(card: Card, top: float, colour: str) -> None:
            for place in range(SHOWN):
                for line, pixels in enumerate((x[place], back[place])):
                    at = (LEFT + place * (TILE + 5), top + line * (TILE + 6))
                    grey = np.clip(pixels.reshape(28, 28), 0, 1) * 255
                    card.picture(at, TILE, grey, frame=RULE if line == 0 else colour)

        return draw

    foot = "digits; below each, framed, what comes back of it"
    alt = "Digits and their reconstructions"
    says = ("nearly every stroke comes back", "each digit comes back as one of 16 blurred ones")
    draws = [beside(back) for back in backs]
    return {
        name: two_sets(
            [measures.registry()[name].function(x, back) for back in backs], names, draws, foot, alt, says,
            good=name == "explained_variance",
        )
        for name in ("fvu", "explained_variance")
    }  # fmt: skip


def network_pictures(subjects: Subjects) -> dict[str, Picture]:
    """What the network says when a reconstruction takes the layer's place."""
    fc1, shown, labels = subjects.fc1, subjects.shown, subjects.labels
    random = dictionaries.RandomDictionary(n_components=512, k=2, random_state=0).fit(fc1.fitted)
    original = networks.predict(fc1.net, shown)
    spliced = [
        activations.splice(fc1.net, shown, "fc1", lambda items, d=d: d.inverse_transform(d.transform(items)))
        for d in (fc1.dictionary, random)
    ]
    mean = fc1.shown.mean(axis=0)
    ablated = activations.splice(fc1.net, shown, "fc1", lambda items: np.broadcast_to(mean, items.shape))
    names = ("TopK dictionary\non fc1, k = 8", "random directions\non fc1, top 2 kept")
    # Images on which the two differ show more than the many on which they do not.
    wrong = spliced[1].argmax(axis=1) != labels
    some = np.sort(np.concatenate([np.flatnonzero(wrong)[:5], np.flatnonzero(~wrong)[:6]]))

    def losses(logits: np.ndarray) -> np.ndarray:
        return np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(labels)), labels]

    def divergences(logits: np.ndarray) -> np.ndarray:
        log_p, log_q = (z - np.logaddexp.reduce(z, axis=1, keepdims=True) for z in (original, logits))
        return (np.exp(log_p) * (log_p - log_q)).sum(axis=1)

    def said(logits: np.ndarray, truth: np.ndarray) -> Draw:
        def draw(card: Card, top: float, colour: str) -> None:
            for place, image in enumerate(some):
                left = LEFT + place * (TILE + 5)
                card.picture((left, top + 8), TILE, shown.pixels[image], frame=RULE)
                word = logits[image].argmax()
                right = word == truth[image]
                card.text((left + TILE / 2, top + 60), str(word), 20, HIGH if right else LOW, "ma")

        return draw

    def bars(values: np.ndarray, most: float) -> Draw:
        def draw(card: Card, top: float, colour: str) -> None:
            for place, image in enumerate(some):
                card.picture((LEFT + place * (TILE + 5), top), TILE, shown.pixels[image], frame=RULE)
            width = SHOWN * (TILE + 5)
            card.bars(
                (LEFT, top + 52), (width, 52), values[some], colour=colour, strong=range(SHOWN), top=most
            )  # fmt: skip

        return draw

    def levels(logits: np.ndarray) -> Draw:
        parts = [losses(original).mean(), losses(logits).mean(), losses(ablated).mean()]
        labels_of = ("the network itself", "through the reconstruction", "layer replaced by its mean")

        def draw(card: Card, top: float, colour: str) -> None:
            card.bars((LEFT, top), (530, 84), parts, labels_of, colour=colour, strong=[1])
            for place, value in enumerate(parts):
                tall = 84 * value / max(parts)
                above = tall < 60
                middle = (LEFT + 530 / 6 * (2 * place + 1), top + 84 - tall + (-4 if above else 16))
                card.text(middle, f"{value:.3f}", 11, INK if above or place != 1 else PAPER, "ms")

        return draw

    own = original.argmax(axis=1)
    most = float(np.max([losses(z)[some] for z in spliced]))
    furthest = float(np.max([divergences(z)[some] for z in spliced]))
    says = ("the network hardly notices", "much of what the network needs is gone")
    told = {
        "accuracy": ([said(z, labels) for z in spliced], "below each digit the answer; red where it is wrong",
                     [measures.accuracy(z, labels) for z in spliced], True),
        "agreement": ([said(z, own) for z in spliced],
                      "below each digit the answer; red where the network itself says otherwise",
                      [measures.agreement(original, z) for z in spliced], True),
        "cross_entropy": ([bars(losses(z), most) for z in spliced], "below each digit its loss",
                          [measures.cross_entropy(z, labels) for z in spliced], False),
        "kl_divergence": ([bars(divergences(z), furthest) for z in spliced],
                          "below each digit how far its probabilities have moved",
                          [measures.kl_divergence(original, z) for z in spliced], False),
        "loss_recovered": ([levels(z) for z in spliced], "cross-entropy",
                           [measures.loss_recovered(original, z, ablated, labels) for z in spliced], True),
    }  # fmt: skip
    return {
        name: two_sets(
            scores, names, draws, foot, "What the network says of digits through a reconstruction", says,
            good=good, form="{:.3f}" if name == "accuracy" else "{:.2f}",
        )
        for name, (draws, foot, scores, good) in told.items()
    }  # fmt: skip


def firing_pictures(subjects: Subjects) -> dict[str, Picture]:
    """L0 and dead units."""
    fc1 = subjects.fc1
    codes = np.asarray(fc1.dictionary.transform(fc1.shown))

    def squares(fires: np.ndarray, across: int, cell: float) -> Draw:
        def draw(card: Card, top: float, colour: str) -> None:
            for place in range(4):
                left = LEFT + place * 138
                card.picture((left, top + 20), 34, subjects.shown.pixels[place], frame=RULE)
                card.heat((left + 40, top), cell, fires[place].reshape(-1, across) * 1.0, colour, 1.0)
                tall = cell * fires.shape[1] / across
                card.box((left + 40, top), (left + 40 + across * cell, top + tall), GREY)

        return draw

    l0 = two_sets(
        [measures.l0(fc1.shown), measures.l0(codes)],
        ("128 neurons\nof fc1", "512 components\non fc1, k = 8"),
        (squares(fc1.shown != 0, 8, 6), squares(codes != 0, 16, 3)),
        "digits, and beside each a square for every unit: filled if it fires",
        "Which units fire for four digits",
        ("dozens fire for every digit", "a handful does"), good=False, form="{:.1f}",
    )  # fmt: skip
    let_die = dictionaries.TopKSAE(n_components=512, k=8, lift=0, max_steps=600, random_state=0)
    many = np.asarray(let_die.fit(fc1.fitted).transform(fc1.shown))

    def alive(codes: np.ndarray) -> Draw:
        def draw(card: Card, top: float, colour: str) -> None:
            share = (codes != 0).mean(axis=0).reshape(8, -1)
            cell = 536 / share.shape[1]
            card.heat((LEFT, top), cell, (share == 0) * 1.0, colour, 1.0)
            card.box((LEFT, top), (LEFT + 536, top + cell * 8), GREY)

        return draw

    dead = two_sets(
        [measures.dead_fraction(many), measures.dead_fraction(codes)],
        ("512 components\non fc1, none\nrevived", "512 components\non fc1"),
        (alive(many), alive(codes)),
        "a square for every component: filled if none of 5,000 digits fires it",
        "Which components never fire",
        ("nothing brings back a component that has died in training", "those that fall silent are lifted"),
        good=False,
    )  # fmt: skip
    return {"l0": l0, "dead_fraction": dead}
