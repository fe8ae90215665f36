"""Cards of measures that ask what a unit does: it is taken away, and the logits are looked at."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from gallery.card import RULE, SOFT, Card
from gallery.of_sets import LEFT, Draw, two_sets
from gallery.of_units import CHART, DIGITS, TILE, Chart, Picture, rows, two_units
from gallery.subjects import Layer, Subjects
from sememe import activations, dictionaries, measures
from sememe.images import concepts
from sememe.images.image_set import ImageSet

IMAGES = 1000
SPREAD = "images that fire the unit, from the strongest to the weakest"


def effect_pictures(subjects: Subjects) -> dict[str, Picture]:
    """Specificity, flips, dose-response, direct effects; over all units of both layers."""
    images, parts = subjects.shown[:IMAGES], []
    for layer in (subjects.fc1, subjects.hidden1):
        parts.append(ablate_each(layer, images))
    before = [original for original, _, _ in parts]
    after = [ablated for _, ablated, _ in parts]
    codes = subjects.codes[:IMAGES]
    bounds = np.cumsum([0] + [len(ablated) for ablated in after])
    own = [slice(a, b) for a, b in pairwise(bounds)]
    # Mean change of every logit over the images that fire the unit.
    change = np.zeros((codes.shape[1], 10))
    for number, where in enumerate(own):
        moved = after[number] - before[number]
        fires = (codes[:, where] != 0).T
        change[where] = (moved * fires[:, :, None]).sum(axis=1) / np.maximum(fires.sum(axis=1), 1)[:, None]

    def bars(card: Card, top: float, unit: int, colour: str) -> None:
        size = np.abs(change[unit])
        card.bars((CHART, top), (192, 80), size, DIGITS, colour=colour, strong=[int(size.argmax())])

    def flips(card: Card, top: float, unit: int, colour: str) -> None:
        number = int(np.searchsorted(bounds, unit, side="right")) - 1
        said, then = before[number].argmax(axis=1), after[number][unit - bounds[number]].argmax(axis=1)
        fires = codes[:, unit] != 0
        shares = [(then != said)[fires & (said == digit)].mean() if (fires & (said == digit)).any() else 0.0
                  for digit in range(10)]  # fmt: skip
        card.bars((CHART, top), (192, 80), shares, DIGITS, colour=colour, strong=range(10), top=1.0)

    def dose(card: Card, top: float, unit: int, colour: str) -> None:
        number = int(np.searchsorted(bounds, unit, side="right")) - 1
        moved = np.abs(after[number][unit - bounds[number]] - before[number])
        fires = np.flatnonzero(codes[:, unit])[:300]
        most = moved.sum(axis=0).argmax()
        card.scatter((CHART + 12, top + 6), (178, 84), codes[fires, unit], moved[fires, most], colour=colour,
                     names=("activation", "change of a logit"))  # fmt: skip

    direct = np.concatenate([predicted for *_, predicted in parts])

    def dots(card: Card, top: float, unit: int, colour: str) -> None:
        x, y = direct[unit], change[unit]
        limits = ((float(x.min()), float(x.max())), (float(y.min()), float(y.max())))
        card.scatter((CHART + 12, top + 6), (178, 84), x, y, colour=colour, radius=3,
                     names=("told by the weights", "measured"), limits=limits)  # fmt: skip

    def over(score: Callable[[int, slice], np.ndarray]) -> np.ndarray:
        return np.concatenate([score(number, where) for number, where in enumerate(own)])

    scores = {
        "effect_specificity": over(
            lambda n, where: measures.effect_specificity(before[n], after[n], codes[:, where] != 0)
        ),
        "flip_rate": over(lambda n, where: measures.flip_rate(before[n], after[n], codes[:, where] != 0)),
        "dose_response": over(lambda n, where: measures.dose_response(codes[:, where], before[n], after[n])),
        "direct_effect_agreement": measures.direct_effect_agreement(direct, change),
    }
    # On the layer before the output the effect is the code times a weight: nothing to see.
    for name in ("dose_response", "direct_effect_agreement"):
        scores[name][own[0]] = np.nan
    told: dict[str, tuple[Chart, str, str, str]] = {
        "effect_specificity": (bars, "change of each digit's logit",
                               "without it a few logits move far more than the rest",
                               "without it all ten move alike"),
        "flip_rate": (flips, "share of answers that change", "without it the answer changes for many images "
                      "that fire it, by the digit that was answered", "without it no answer changes. Neither "
                      "is better"),
        "dose_response": (dose, "dots: images", "the stronger it fires, the further its logit moves "
                          "when it is taken away", "how strongly it fires hardly says how far it moves"),
        "direct_effect_agreement": (dots, "dots: the ten logits", "what its weights foretell for each "
                                    "logit is what happens", "its weights foretell it less exactly: "
                                    "the sigmoids that follow bend it"),
    }  # fmt: skip
    found = {}
    for name, (chart, foot, high, low) in told.items():
        card, ends = rows(subjects, scores[name], chart, (SPREAD, foot))
        found[name] = two_units(subjects, scores[name], card, ends, high, low)
    return found


def ablate_each(layer: Layer, images: ImageSet) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits as they are, with each neuron and each component at zero, and what weights foretell of it."""
    neurons = layer.shown.shape[1]
    atoms = np.concatenate([np.eye(neurons), layer.dictionary.components_])
    codes = layer.codes(layer.shown[: len(images)])
    # The layers that follow, as one matrix: exact where none does, a guess where sigmoids lie between.
    follow = [module.weight.detach().numpy().T for module in weights_after(layer)]
    direct = -(np.abs(codes).mean(axis=0)[:, None] * atoms) @ np.linalg.multi_dot([np.eye(neurons), *follow])
    original = activations.splice(layer.net, images, layer.name, lambda items: items)
    if len(follow) == 1:
        read_out = follow[0]
        ablated = original - codes.T[:, :, None] * (atoms @ read_out)[:, None, :]
        return original, ablated.astype(np.float32), direct

    def without(unit: int, items: np.ndarray) -> np.ndarray:
        return items - np.outer(codes[:, unit], atoms[unit])

    every = len(images)
    ablated = np.stack(
        [
            activations.splice(layer.net, images, layer.name, partial(without, unit), batch_size=every)
            for unit in range(len(atoms))
        ]
    )
    return original, ablated, direct


def weights_after(layer: Layer) -> list[Any]:
    """The linear maps between the layer and the logits."""
    net = layer.net
    return [net.logits] if layer.name == "fc1" else [net.hidden2[0], net.logits]


def set_pictures(subjects: Subjects) -> dict[str, Picture]:
    """Targeted removal and counterfactual response."""
    fc1, labels = subjects.fc1, subjects.labels
    read_out = fc1.net.logits.weight.detach().numpy().T
    random = dictionaries.RandomDictionary(n_components=512, k=8, random_state=0).fit(fc1.fitted)
    original = activations.splice(fc1.net, subjects.shown, "fc1", lambda items: items)
    lost = []
    for dictionary in (fc1.dictionary, random):
        codes, chosen_on = (np.asarray(dictionary.transform(v)) for v in (fc1.shown, fc1.choosing))
        attached = measures.attached_units(chosen_on, np.asarray(subjects.choosing.labels), 10, 20)
        effects = dictionary.components_ @ read_out
        after = np.stack([original - codes[:, units] @ effects[units] for units in attached])
        lost.append((after, measures.accuracy_lost(original, after, labels)))

    def table(values: np.ndarray) -> Draw:
        def draw(card: Card, top: float, colour: str) -> None:
            card.heat((LEFT + 60, top), 9.6, np.maximum(values, 0), colour, 1.0)
            for digit in range(10):
                card.text((LEFT + 52, top + 5 + 9.6 * digit), str(digit), 9, SOFT, "mm")
                card.text((LEFT + 65 + 9.6 * digit, top + 103), str(digit), 9, SOFT, "mm")
            card.bars((LEFT + 250, top), (270, 84), np.diagonal(values), DIGITS, colour=colour,
                      strong=range(10), top=1.0)  # fmt: skip

        return draw

    removal = two_sets(
        [measures.targeted_removal(original, after, labels) for after, _ in lost],
        ("TopK dictionary\non fc1, k = 8", "random directions\non fc1, top 8 kept"),
        [table(values) for _, values in lost],
        "left: accuracy lost on each digit (column) without 20 units of a digit (row); right: the diagonal",
        "Accuracy lost on each digit when the units of a digit are removed",
        ("removing the units of a digit costs that digit, and little else",
         "removing units costs digits at random"),
    )  # fmt: skip
    return {"targeted_removal": removal, "counterfactual_response": _counterfactual(subjects)}


def _counterfactual(subjects: Subjects) -> Picture:
    """Components of the pixels when ink gets thicker, and neurons of a deep layer when loops are opened."""
    some, net = subjects.shown[:IMAGES], subjects.fc1.net

    def flat(images: ImageSet) -> np.ndarray:
        return images.floats().reshape(len(images), -1)

    def deep(images: ImageSet) -> np.ndarray:
        return np.asarray(activations.harvest(net, images, layer="fc1").values)

    pixels = dictionaries.TopKSAE(n_components=128, k=16, max_steps=400, random_state=0)
    pixels.fit(flat(subjects.train[:20_000]))
    told = (
        (concepts.thicken, ("thickness", "area"), pixels.transform, flat),
        (concepts.open_loop, ("loop",), np.asarray, deep),
    )
    scores, draws = [], []
    for edit, words, encode, read in told:
        edited = edit(some)
        changed = np.flatnonzero(edited.changed)
        before, after = concepts.plain(some).images[changed], edited.images[changed]
        best = subjects.best_concept(np.asarray(encode(read(subjects.choosing))))
        claims = np.array([any(word in subjects.concepts.names[c] for word in words) for c in best])
        codes = [np.asarray(encode(read(images))) for images in (before, after)]
        moved = measures.movement(*codes)
        scores.append(measures.counterfactual_response(*codes, claims & (best >= 0)))
        draws.append(_pairs(before, after, np.nanmean(moved[claims]), np.nanmean(moved[~claims])))
    return two_sets(
        scores,
        ("128 components\nof the pixels", "128 neurons\nof fc1"),
        draws,
        "digits, and below them the same, edited; right: how far units move that claim it, and others",
        "Digits before and after an edit, and how far units move",
        ("units whose best concept is how thick the ink is move more than the others when it gets thicker",
         "units whose best concept is a loop move less than the others when loops are opened: the loop is "
         "not what fires them"),
    )  # fmt: skip


def _pairs(before: ImageSet, after: ImageSet, claiming: float, rest: float) -> Draw:
    def draw(card: Card, top: float, colour: str) -> None:
        for place in range(7):
            for line, images in enumerate((before, after)):
                at = (LEFT + place * (TILE + 3), top + line * (TILE + 6))
                card.picture(at, TILE, images.pixels[place], frame=RULE)
        card.bars((CHART, top), (190, 78), [claiming, rest], ("claim it", "others"), colour=colour,
                  strong=[0])  # fmt: skip

    return draw
