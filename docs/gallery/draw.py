"""All pictures of the documentation, from scratch."""

from pathlib import Path

from gallery import (
    concept_sheets,
    of_concepts,
    of_effects,
    of_likeness,
    of_places,
    of_seeds,
    of_sets,
    of_units,
)
from gallery.of_units import Picture
from gallery.subjects import Subjects
from sememe import files, measures


def draw_measures(folder: Path) -> None:
    """A card for every measure, and ``words.json`` with what is said of each."""
    subjects = Subjects()
    pictures: dict[str, Picture] = {
        **of_units.class_pictures(subjects),
        "density": of_units.density_picture(subjects),
        **of_likeness.similarity_pictures(subjects),
        **of_likeness.simulation_pictures(subjects),
        "universality": of_likeness.universality_picture(subjects),
        **of_concepts.concept_pictures(subjects),
        "concept_iou": of_places.iou_picture(subjects),
        **of_sets.reconstruction_pictures(subjects),
        **of_sets.network_pictures(subjects),
        **of_sets.firing_pictures(subjects),
        **of_effects.effect_pictures(subjects),
        **of_effects.set_pictures(subjects),
        **of_seeds.seed_pictures(subjects),
        **of_seeds.planted_pictures(subjects),
    }
    for name in measures.registry():
        pictures[name].card.save(folder / f"{name}.png")
    words = {name: {"alt": p.alt, "caption": p.caption} for name, p in pictures.items()}
    files.write_json(folder / "words.json", words)


def draw_concepts(folder: Path) -> None:
    """A sheet for each group of concepts: images that have each, and images that do not."""
    for name, card in concept_sheets.sheets().items():
        card.save(folder / f"{name}.png")
