"""One layer of one network, and the score of any dictionary on it: items, evidence, concepts."""

import functools
from collections.abc import Sequence
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
    """A layer that gives a vector an image, ready to score dictionaries on."""

    fit: Float32[np.ndarray, "fit_items neurons"]
    choice: Float32[np.ndarray, "choice_items neurons"]
    report: Float32[np.ndarray, "items neurons"]
    choice_concepts: Bool[np.ndarray, "choice_items concepts"]
    """A unit's concept is chosen on items that are not scored."""
    evidence: measures.Evidence

    @classmethod
    def of(
        cls, net: Network, encoder: Network, layer: str, train_images: int, report_images: int, seed: int
    ) -> "Scorer":
        """Harvest the layer, and gather what is known of the images reported on."""
        report = subjects.report_images(report_images)
        shown = (subjects.fitting_images(train_images), subjects.choice_images(report_images), report)
        fit, choice, scored = (
            np.asarray(subjects.harvested(net, some, layer, seed).values) for some in shown
        )
        embedded = networks.embed(encoder, report)
        choice_concepts, concepts = _concepts(report_images)
        evidence = measures.evidence(
            measures.resample(len(report), replicates=REPLICATES, seed=seed),
            labels=report.labels,
            n_classes=len(report.label_names),
            embeddings={"encoder, centred": embedded - embedded.mean(axis=0)},
            centred=False,
            concepts=concepts,
        )
        return cls(fit, choice, scored, choice_concepts, evidence)

    @property
    def n_neurons(self) -> int:
        return self.fit.shape[1]

    def fitted(self, sweep: Sweep, value: float, seed: int) -> Dictionary:
        """One point of a sweep, fitted with this seed."""
        return fitted(sweep, value, seed, self.fit)

    def evaluate(self, sweep: Sweep, value: float, dictionary: Dictionary) -> measures.Evaluation:
        """Every measure that needs codes, labels, embeddings and concepts."""
        codes = dictionary.transform(self.report)
        return measures.evaluate(
            codes,
            self.evidence,
            name=sweep.title,
            settings={sweep.parameter: value} | dict(sweep.fixed),
            reconstruction=(self.report, dictionary.inverse_transform(codes)),
            chosen=measures.choose_concepts(dictionary.transform(self.choice), self.choice_concepts),
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


def rows_at(table: measures.MeasureTable, at: Sequence[str], about: dict[str, str | int]) -> list[Row]:
    """The rows of a comparison at its matched places, as a cell keeps them."""
    return [
        about
        | {
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
        if row.at in at
    ]
