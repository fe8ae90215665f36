"""From a run on disk, as far as it has come, to what the report shows."""

from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from sememe import files, measures
from sememe.explanations import class_profile, weight_images
from sememe.explorer.report import report_html
from sememe.explorer.report_data import (
    MeasureNote,
    NetworkSummary,
    ReportData,
    RunSummary,
    Score,
    StageTime,
    TrainingCurve,
    WeightImages,
)
from sememe.images import ImageSet
from sememe.progress import Progress
from sememe.recipes.configuration import NetworkPlan, RunConfiguration
from sememe.runs.folder import RunFolder
from sememe.runs.harvest import split_images
from sememe.runs.parts import load_activations, load_network
from sememe.runs.report_layer import layer_report
from sememe.runs.stage import Stage


def write_report(configuration: RunConfiguration, folder: RunFolder) -> None:
    """Write ``report.html`` from what the folder holds by now."""
    files.write_text(folder.report_path, report_html(report_data(configuration, folder)))


def report_stage(configuration: RunConfiguration, folder: RunFolder) -> Stage:
    """The last stage: the whole report."""

    def work(progress: Progress) -> str:
        write_report(configuration, folder)
        files.write_bytes(folder.report_done, b"")
        return f"{folder.report_path} ({folder.report_path.stat().st_size / 1e6:.1f} MB)"

    return Stage("report", "write the report", (folder.report_path, folder.report_done), work, seconds=5.0)


def report_data(configuration: RunConfiguration, folder: RunFolder) -> ReportData:
    """Everything that the report shows of a run."""
    record = folder.read_record()
    command = record["command"]
    finished = all(folder.measures(plan.network, plan.layer).exists() for plan in configuration.layers)
    report = split_images(configuration, "report")
    trained = [plan for plan in configuration.networks if folder.training(plan.name).exists()]
    layers = tuple(layer_report(configuration, folder, layer, report) for layer in configuration.layers)
    return ReportData(
        run=_run_summary(folder.path, record, finished),
        pixels=report.pixels,
        labels=report.labels,
        label_names=report.label_names,
        data_title=f"the last {len(report):,} test images of MNIST",
        networks=tuple(_network_summary(configuration, folder, plan, report) for plan in trained),
        layers=layers,
        measures=tuple(MeasureNote.of(record, command) for record in measures.registry().values()),
    )


def _run_summary(path: Path, record: dict[str, Any], finished: bool) -> RunSummary:
    made = record["processes"][-1]  # each process that worked on the run has an entry
    return RunSummary(
        name=path.name,
        command=record["command"],
        recipe=record["configuration"]["recipe"],
        seed=record["configuration"]["seed"],
        quick=record["configuration"]["quick"],
        device=made["device"],
        machine=f"{made['processor']}, {made['cores']} cores",
        revision=made["git_revision"],
        started=record["started"],
        versions={"sememe": made["sememe"], "python": made["python"], **made["packages"]},
        stages=tuple(StageTime(stage["name"], stage["seconds"]) for stage in record["stages"]),
        peak_memory=record["peak_memory_bytes"] or None,
        finished=finished,
    )


def _network_summary(
    configuration: RunConfiguration, folder: RunFolder, plan: NetworkPlan, report: ImageSet
) -> NetworkSummary:
    net = load_network(folder.network(plan.name))
    training = files.read_json(folder.training(plan.name))
    losses = np.array(training["losses"])
    return NetworkSummary(
        name=plan.name,
        title=plan.title,
        n_parameters=sum(parameter.numel() for parameter in net.parameters()),
        accuracy=Score(training["accuracy"], n=training["test_images"], of="images"),
        seconds=training["seconds"],
        curves=(TrainingCurve("training loss", np.arange(1.0, len(losses) + 1), losses),),
        first_layer=_weight_images(folder, plan, net, report),
    )


def _weight_images(
    folder: RunFolder, plan: NetworkPlan, net: nn.Module, report: ImageSet
) -> WeightImages | None:
    """The first layer's weights as images, if it reads the pixels directly; its profiles once harvested."""
    linear = next((m for m in net.named_modules() if isinstance(m[1], nn.Linear | nn.Conv2d)), None)
    if linear is None or not isinstance(linear[1], nn.Linear):
        return None
    layer = linear[0].split(".")[0]
    images = weight_images(linear[1].weight.detach().numpy(), (report.height, report.width))
    profiles = None
    place = folder.activations(plan.name, layer, "report")
    if place.exists() and report.labels is not None:
        store, values = load_activations(place)
        image = np.asarray(store.image[:])
        profiles = class_profile(values, report.labels[image], len(report.label_names))
    return WeightImages(layer, images, profiles)
