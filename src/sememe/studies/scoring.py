"""One layer of one network, and the score of any dictionary on it: items, evidence, concepts."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32

from sememe import dictionaries, images, measures, networks
from sememe.dictionaries import Dictionary
from sememe.networks.network import Network
from sememe.recipes import Sweep
from sememe.studies import subjects
from sememe.studies.cells import Row

REPLICATES = 40
"""Of the bootstrap over images within a cell; intervals over seeds come from the cells together."""


@dataclass(frozen=True, eq=False)
class Scorer:
    """A layer, ready to score dictionaries on.

    Concepts are those of whole images: of a layer with a map, whose items are positions, only labels and
    embeddings of the image are known.
    """

    fit: Float32[np.ndarray, "fit_items neurons"]
    choice: Float32[np.ndarray, "choice_items neurons"]
    report: Float32[np.ndarray, "items neurons"]
    choice_concepts: Bool[np.ndarray, "choice_items concepts"] | None
    """A unit's concept is chosen on items that are not scored; None for a layer with a map."""
    evidence: measures.Evidence

    @classmethod
    def of(
        cls, net: Network, encoder: Network, layer: str, train_images: int, report_images: int, seed: int
    ) -> "Scorer":
        """Harvest the layer, and gather what is known of the images reported on."""
        report = subjects.report_images(report_images)
        shown = (subjects.fitting_images(train_images), subjects.choice_images(report_images), report)
        fit, choice, scored = (subjects.harvested(net, some, layer, seed) for some in shown)
        image = subjects.image_of(scored)
        embedded = networks.embed(encoder, report)[image]
        choice_concepts, concepts = (None, None) if scored.grid else _concepts(report_images)
        assert report.labels is not None
        evidence = measures.evidence(
            measures.resample(len(report), replicates=REPLICATES, seed=seed),
            image=image,
            labels=report.labels[image],
            n_classes=len(report.label_names),
            embeddings={"encoder, centred": embedded - embedded.mean(axis=0)},
            centred=False,
            concepts=concepts,
        )
        return cls(
            fit=np.asarray(fit.values),
            choice=np.asarray(choice.values),
            report=np.asarray(scored.values),
            choice_concepts=choice_concepts,
            evidence=evidence,
        )

    @property
    def n_neurons(self) -> int:
        return self.fit.shape[1]

    def fitted(self, sweep: Sweep, value: float, seed: int) -> Dictionary:
        """One point of a sweep, fitted with this seed."""
        return fitted(sweep, value, seed, self.fit)

    def around(self, sweep: Sweep, seed: int, fvu: float) -> list[tuple[float, Dictionary]]:
        """The two points of a sweep between which this much of the variance is lost.

        Points are fitted from sparse to faithful until one is faithful enough; it and the one before it are
        all that an interpolation needs. Of a sweep that never gets there, the last two.
        """
        found: list[tuple[float, Dictionary]] = []
        for value in sweep.values:
            dictionary = self.fitted(sweep, value, seed)
            found = [*found[-1:], (value, dictionary)]
            lost = measures.fvu(self.report, dictionary.inverse_transform(dictionary.transform(self.report)))
            if lost <= fvu:
                break
        return found

    def evaluate(self, sweep: Sweep, value: float, dictionary: Dictionary) -> measures.Evaluation:
        """Every measure that needs codes, labels, embeddings and concepts."""
        codes, chosen = dictionary.transform(self.report), None
        if self.choice_concepts is not None:
            chosen = measures.choose_concepts(dictionary.transform(self.choice), self.choice_concepts)
        return measures.evaluate(
            codes,
            self.evidence,
            name=sweep.title,
            settings={sweep.parameter: value} | dict(sweep.fixed),
            reconstruction=(self.report, dictionary.inverse_transform(codes)),
            chosen=chosen,
        )


def fitted(sweep: Sweep, value: float, seed: int, items: np.ndarray) -> Dictionary:
    """A dictionary of one point of a sweep; its seed takes the place of ``random_state``."""
    kind = dictionaries.registry()[sweep.dictionary]
    parameters = sweep.parameters(value) | {"sparse_output": True}
    if "random_state" in kind().get_params():
        parameters["random_state"] = seed
    return kind(**parameters).fit(items)


def powers_of_two(least: int, greatest: int) -> tuple[int, ...]:
    """1, 2, 4 ... between two numbers, both included."""
    return tuple(2**i for i in range(32) if least <= 2**i <= greatest)


@functools.cache
def _concepts(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Of the images for choices and of those reported on. From the pixels alone, so once in a process."""
    from sememe.images.concepts import concept_bank, morphometry

    # Terciles mean the same on both: they are those of some training images.
    reference = morphometry(images.mnist("train")[:n])
    shown = (subjects.choice_images(n), subjects.report_images(n))
    choice, report = (concept_bank(some, reference).values for some in shown)
    return choice, report


def rows_at(table: measures.MeasureTable, at: str, about: Mapping[str, str | int]) -> list[Row]:
    """The rows of a comparison at one place, as a cell keeps them."""
    return [
        {
            **about,
            "unit_set": row.unit_set,
            "at": row.at,
            "status": row.status,
            "measure": row.measure,
            "value": row.value,
            "alive": row.alive,
            "null": row.null,
            "fvu": row.fvu,
            "l0": row.l0,
            "units": row.units,
            "dead": row.dead,
        }
        for row in table.rows
        if row.at == at
    ]
