"""Stages that harvest: the activations of every layer of a network, in one pass over the images a split."""

from pathlib import Path
from typing import Literal

from sememe import activations, images, networks
from sememe.images import ImageSet
from sememe.progress import Progress, part
from sememe.recipes.configuration import LayerPlan, NetworkPlan, RunConfiguration
from sememe.runs.folder import RunFolder
from sememe.runs.parts import load_network
from sememe.runs.stage import Stage

Split = Literal["fit", "development", "report"]
SPLITS: tuple[Split, ...] = ("fit", "report")


def split_images(configuration: RunConfiguration, split: Split) -> ImageSet:
    """The images that dictionaries are fitted on, that choices are made on, or that scores are reported on.

    The first images of the test split are for choices; only the last are reported on.
    """
    if split == "fit":
        return images.mnist("train")[: configuration.train_images]
    if split == "development":
        return images.mnist("test")[: configuration.development_images]
    return images.mnist("test")[-configuration.report_images :]


def harvest_stages(configuration: RunConfiguration, folder: RunFolder, device: str) -> list[Stage]:
    """One stage a network, for all of its layers and both splits."""
    return [_stage(configuration, folder, device, plan) for plan in configuration.networks]


def _stage(configuration: RunConfiguration, folder: RunFolder, device: str, plan: NetworkPlan) -> Stage:
    layers = [layer for layer in configuration.layers if layer.network == plan.name]

    def work(progress: Progress) -> str:
        net = load_network(folder.network(plan.name)).to(networks.resolve_device(device))
        counts = []
        for number, split in enumerate(SPLITS):
            stores = _stores(folder, layers, split)
            if all(store.exists() for store in stores.values()):
                continue
            found = activations.harvest_layers(
                net,
                split_images(configuration, split),
                [layer.layer for layer in layers],
                positions_per_image=plan.positions_per_image,
                seed=configuration.seed,
                to=stores,
                progress=part(progress, number / 2, (number + 1) / 2),
            )
            if split == "fit":
                counts = [f"{layer} {len(acts):,} x {acts.n_neurons}" for layer, acts in found.items()]
        return "items x neurons: " + ", ".join(counts)

    return Stage(
        name=f"harvest {plan.name}",
        title=f"harvest {', '.join(layer.layer for layer in layers)} of {plan.name}",
        outputs=tuple(path for split in SPLITS for path in _stores(folder, layers, split).values()),
        work=work,
        seconds=4.0,
    )


def _stores(folder: RunFolder, layers: list[LayerPlan], split: str) -> dict[str, Path]:
    return {layer.layer: folder.activations(layer.network, layer.layer, split) for layer in layers}
