"""The stage that looks at the images: concepts and edits, found once by computer vision."""

from sememe.judging import Material, load_material, material, save_material
from sememe.progress import Progress
from sememe.recipes.configuration import RunConfiguration
from sememe.runs.folder import RunFolder
from sememe.runs.harvest import split_images
from sememe.runs.parts import load_network, part_of_run
from sememe.runs.stage import Stage


def look_stage(configuration: RunConfiguration, folder: RunFolder) -> Stage:
    """Find what the concept measures are about."""

    def work(progress: Progress) -> str:
        effort = configuration.effort
        known = material(
            load_network(folder.network("encoder")),
            split_images(configuration, "fit"),
            split_images(configuration, "development"),
            split_images(configuration, "report"),
            maps=effort.map_images > 0,
            map_images=effort.map_images or None,
            exemplar_images=effort.exemplar_images,
            edited_images=effort.edited_images,
            replicates=configuration.replicates,
            seed=configuration.seed,
            progress=progress,
        )
        save_material(folder.known, known)
        assert known.report.concepts is not None
        return f"{len(known.report.concepts)} concepts, {len(known.edits) - 1} edits"

    return Stage(
        name="look at the images",
        title="find loops, strokes and other pieces in the images",
        outputs=(folder.known,),
        work=work,
        seconds=10.0,
    )


def known_material(configuration: RunConfiguration, folder: RunFolder) -> Material:
    """What the stage found, with the images."""
    with part_of_run(folder.known):
        return load_material(
            folder.known,
            load_network(folder.network("encoder")),
            split_images(configuration, "fit"),
            split_images(configuration, "development"),
            split_images(configuration, "report"),
            exemplar_images=configuration.effort.exemplar_images,
            replicates=configuration.replicates,
            seed=configuration.seed,
        )
