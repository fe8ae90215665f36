"""Stages that measure: every unit set of a layer, scored on the report split and compared."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from torch import nn

from sememe import activations, dictionaries, files, measures, networks
from sememe.activations import Activations
from sememe.dictionaries import Dictionary
from sememe.images import ImageSet
from sememe.progress import Progress
from sememe.recipes.configuration import LayerPlan, RunConfiguration, Sweep
from sememe.runs.folder import RunFolder
from sememe.runs.harvest import split_images
from sememe.runs.stage import Stage
from sememe.runs.unit_table import unit_rows, write_units

# Pixels of a channel that similarity in pixels is judged by.
_MOST_PIXELS = 64


def measure_stages(configuration: RunConfiguration, folder: RunFolder, device: str) -> list[Stage]:
    """One stage a layer."""
    return [_stage(configuration, folder, device, layer) for layer in configuration.layers]


def _stage(configuration: RunConfiguration, folder: RunFolder, device: str, layer: LayerPlan) -> Stage:
    table_path = folder.measures(layer.network, layer.layer)
    units_path = folder.units(layer.network, layer.layer)

    def work(progress: Progress) -> str:
        subject = _Subject.load(configuration, folder, device, layer)
        points = list(_points(folder, layer))
        found, rows = [], []
        for number, (sweep, value, dictionary) in enumerate(points):
            progress(number / len(points), f"{sweep.title}, {sweep.parameter} = {value:g}")
            evaluation = subject.evaluate(sweep, value, dictionary)
            found.append(evaluation)
            rows.append(unit_rows(sweep.point_name(value), evaluation))
        table = measures.compare(
            layer.layer,
            found,
            controls=[sweep.title for sweep in layer.sweeps if sweep.kind != "features"],
            fvu=configuration.fvu_targets,
            l0=layer.l0_targets,
        )
        write_units(units_path, pa.concat_tables(rows, promote_options="default"))
        files.write_json(table_path, table.to_dict())
        items, shown = len(subject.store), configuration.report_images
        return f"{len(points)} unit sets on {items:,} items of {shown:,} images"

    return Stage(
        name=f"measure {layer.network}.{layer.layer}",
        title=f"measure and compare the units of {layer.layer}",
        outputs=(units_path, table_path),
        work=work,
        seconds=8.0,
    )


def _points(folder: RunFolder, layer: LayerPlan) -> Iterator[tuple[Sweep, float, Dictionary]]:
    for sweep in layer.sweeps:
        for value in sweep.values:
            place = folder.dictionary(layer.network, layer.layer, sweep.point_name(value))
            yield sweep, value, dictionaries.load(place).set_params(sparse_output=True)


def _seen_pixels(images: ImageSet, store: Activations, image: np.ndarray) -> np.ndarray:
    """The pixels that each item sees: the patch under its position, or the whole image.

    Averaged over squares until at most 64 a channel are left: what remains is where the ink is, which two
    images of the same thing share though no pixel of them coincides. What a patch lacks beyond the image's
    border is paper. ``(items, pixels)``, 0 to 1.
    """
    field = store.receptive_field
    if store.position is None or field is None:
        return _averaged(images.floats()).reshape(len(images), -1)[image]
    (height, width), (down, across), (top, left) = field.size, field.stride, field.offset
    border = max(height, width)
    padded = np.pad(images.floats(), ((0, 0), (0, 0), (border, border), (border, border)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(2, 3))
    position = np.asarray(store.position[:])
    rows = border + top + down * position[:, 0]
    columns = border + left + across * position[:, 1]
    return _averaged(windows[image, :, rows, columns]).reshape(len(image), -1)


def _averaged(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[2:]
    side = math.ceil(math.sqrt(height * width / _MOST_PIXELS))
    high, wide = height // side, width // side
    squares = pixels[:, :, : high * side, : wide * side].reshape(*pixels.shape[:2], high, side, wide, side)
    return squares.mean(axis=(3, 5))


@dataclass(frozen=True, eq=False)
class _Subject:
    """What every unit set of a layer is scored on: the same items, the same evidence, the same logits."""

    layer: LayerPlan
    store: Activations
    values: np.ndarray  # float32 (items, neurons)
    evidence: measures.Evidence
    net: nn.Module
    device: str
    spliced_images: ImageSet
    original: np.ndarray  # logits (images, classes)
    ablated: Mapping[str, np.ndarray]

    @classmethod
    def load(
        cls, configuration: RunConfiguration, folder: RunFolder, device: str, layer: LayerPlan
    ) -> "_Subject":
        report = split_images(configuration, "report")
        assert report.labels is not None
        store = activations.open_store(folder.activations(layer.network, layer.layer, "report"))
        values = store.rows(0, len(store))
        image = np.asarray(store.image[:])
        embedded = networks.embed(networks.load(folder.network("encoder")), report)[image]
        # Of pixels, about the mean only: all digits share most of their paper.
        pixels = _seen_pixels(report, store, image)
        evidence = measures.evidence(
            measures.resample(len(report), replicates=configuration.replicates, seed=configuration.seed),
            image=image,
            labels=report.labels[image],
            n_classes=len(report.label_names),
            embeddings={
                "encoder": embedded,
                "encoder, centred": embedded - embedded.mean(axis=0),
                "pixels, centred": pixels - pixels.mean(axis=0),
            },
            centred=False,
        )
        net = networks.load(folder.network(layer.network))
        some = report[: layer.splice_images]

        def logits_with(constant: np.ndarray) -> np.ndarray:
            return activations.splice(
                net, some, layer.layer, lambda items: np.broadcast_to(constant, items.shape), device=device
            )

        mean = store.moments.mean.astype(np.float32)
        return cls(
            layer=layer,
            store=store,
            values=values,
            evidence=evidence,
            net=net,
            device=device,
            spliced_images=some,
            original=networks.predict(net, some),
            ablated={"zero": logits_with(np.zeros_like(mean)), "mean": logits_with(mean)},
        )

    def evaluate(self, sweep: Sweep, value: float, dictionary: Dictionary) -> measures.Evaluation:
        """Score one unit set."""
        codes = dictionary.transform(self.values)
        spliced = activations.splice(
            self.net,
            self.spliced_images,
            self.layer.layer,
            lambda items: dictionary.inverse_transform(dictionary.transform(items)),
            device=self.device,
        )
        assert self.spliced_images.labels is not None
        return measures.evaluate(
            codes,
            self.evidence,
            name=sweep.title,
            settings={sweep.parameter: value} | dict(sweep.fixed),
            reconstruction=(self.values, dictionary.inverse_transform(codes)),
            logits=measures.Logits(
                self.original,
                spliced,
                self.spliced_images.labels,
                self.ablated,
                image=np.arange(len(self.spliced_images)),
            ),
        )
