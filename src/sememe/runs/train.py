"""Stages that train: the networks to look into, and the encoder behind the similarity measures."""

import dataclasses
from pathlib import Path

from sememe import files, images, networks
from sememe.networks.network import Network
from sememe.progress import Progress
from sememe.recipes.configuration import NetworkPlan, RunConfiguration
from sememe.runs.folder import RunFolder
from sememe.runs.stage import Stage

# What training takes on two cores, in seconds.
_SECONDS = {"digit_mlp": 3.0, "digit_cnn": 5.0}


def train_stages(configuration: RunConfiguration, folder: RunFolder, device: str) -> list[Stage]:
    """One stage a network; a network of a second seed has one of its own."""
    stages = [_network_stage(configuration, folder, device, plan) for plan in configuration.networks]
    for plan in configuration.networks:
        if plan.second_seed is not None:
            second = dataclasses.replace(plan, seed=plan.second_seed, second_seed=None)
            stages.append(_network_stage(configuration, folder, device, second, second_name(plan.name)))
    return stages


def second_name(network: str) -> str:
    """The folder's name of a network's second seed."""
    return f"{network}.second"


def encoder_stage(configuration: RunConfiguration, folder: RunFolder, device: str) -> Stage:
    """The encoder that says how similar two images are: another architecture, another seed."""

    def work(progress: Progress) -> str:
        encoder = networks.independent_encoder(seed=configuration.encoder_seed)
        plan = NetworkPlan("encoder", "", configuration.encoder_seed, (), epochs=configuration.encoder_epochs)
        accuracy = _train(encoder, "encoder", plan, configuration, folder, device, progress)
        return f"{accuracy:.2%} of the test images right"

    return Stage(
        name="train encoder",
        title="train an independent encoder, to judge similarity",
        outputs=_outputs(folder, "encoder"),
        work=work,
        seconds=4.0,
    )


def _network_stage(
    configuration: RunConfiguration,
    folder: RunFolder,
    device: str,
    plan: NetworkPlan,
    kept_as: str | None = None,
) -> Stage:
    name = kept_as or plan.name

    def work(progress: Progress) -> str:
        net = networks.registry()[plan.name](seed=plan.seed)
        accuracy = _train(net, name, plan, configuration, folder, device, progress)
        return f"{accuracy:.2%} of the test images right"

    return Stage(
        name=f"train {name}",
        title=f"train {plan.name}" + ("" if kept_as is None else ", another seed"),
        outputs=_outputs(folder, name),
        work=work,
        seconds=_SECONDS.get(plan.name, 10.0),
        worth_a_look=plan is configuration.networks[0],
    )


def _outputs(folder: RunFolder, name: str) -> tuple[Path, Path]:
    return folder.network(name), folder.training(name)


def _train(
    net: Network,
    name: str,
    plan: NetworkPlan,
    configuration: RunConfiguration,
    folder: RunFolder,
    device: str,
    progress: Progress,
) -> float:
    """Train, judge on the whole test split (nothing was chosen on it), keep; the accuracy."""
    record = networks.train(
        net,
        images.mnist("train")[: configuration.train_images],
        seed=plan.seed,
        epochs=plan.epochs,
        device=device,
        progress=progress,
    )
    judged = networks.evaluate(net.cpu(), images.mnist("test"))
    networks.save(net, folder.network(name))
    files.write_json(
        folder.training(name),
        {
            "accuracy": judged.accuracy,
            "cross_entropy": judged.cross_entropy,
            "test_images": judged.n,
            "losses": list(record.losses),
            "seconds": record.seconds,
            "recipe": dataclasses.asdict(record.recipe),
        },
    )
    return judged.accuracy
