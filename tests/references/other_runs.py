"""Runs of other networks than the digits': a colour network of somebody's own, and one that torch runs.

They hold what a run of any network holds: a network, images of its own, items, dictionaries, scores.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import nn

from sememe import activations, dictionaries, files, images, judging, measures, networks
from sememe.explorer.live.run_data import RunData
from sememe.images import ImageSet
from sememe.runs.unit_table import unit_rows, write_units

SHAPES = ("red square", "green disc", "blue stripes", "yellow cross")
TITLES = {
    "Neurons": ("neurons", "neurons"),
    "TopKSAE": ("TopK SAE", "features"),
    "RandomDictionary": ("random directions", "control"),
}


class ShapeNet(nn.Module):
    """A map of 7 x 7, a vector of 16, four logits."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 5, stride=4), nn.ReLU())
        self.body = nn.Sequential(nn.Conv2d(8, 12, 3, stride=2), nn.ReLU())
        self.hidden = nn.Sequential(nn.Flatten(), nn.Linear(12 * 49, 16), nn.ReLU())
        self.logits = nn.Linear(16, len(SHAPES))
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.normal_(0.0, 0.1, generator=generator)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.logits(self.hidden(self.body(self.stem(pixels))))


def shapes(n: int) -> ImageSet:
    """Colour images of 64 x 64: four shapes, each in its colour, somewhere on grey."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % len(SHAPES)
    colours = np.array([[220, 40, 40], [40, 200, 60], [50, 70, 230], [230, 210, 40]])
    pixels = rng.integers(90, 130, (n, 3, 64, 64)).astype(np.uint8)
    down, along = np.mgrid[-12:12, -12:12]
    drawn = (
        np.ones((24, 24), bool),
        down**2 + along**2 < 144,
        down % 6 < 3,
        (abs(down) < 4) | (abs(along) < 4),
    )
    for i, label in enumerate(labels):
        top, left = rng.integers(4, 36, 2)
        patch = pixels[i, :, top : top + 24, left : left + 24]
        patch[:, drawn[label]] = colours[label][:, None]
    return ImageSet(pixels, labels.astype(np.int64), SHAPES, "shapes")


def colour(folder: Path) -> Path:
    """A network that only its author can build, on colour images; its layer `hidden` is measured."""
    shown = shapes(120)
    net = ShapeNet()
    networks.train(net, shown, seed=0, epochs=3, learning_rate=3e-3, device="cpu")
    networks.save(net, folder / "network" / "shape_net")
    images.save(shown, folder / "images" / "report")
    _fill(folder, net, "shape_net", shown, ("body", "hidden"))
    _measure(folder, "shape_net.hidden", shown)
    return folder


def encoder(folder: Path) -> Path:
    """A network of the registry that NumPy does not know, on the digits."""
    shown = images.mnist("test")[-150:]
    net = networks.independent_encoder(seed=3)
    networks.train(net, images.mnist("train")[:600], seed=0, epochs=1, device="cpu")
    networks.save(net, folder / "network" / "encoder")
    images.save(shown, folder / "images" / "report")
    _fill(folder, net, "encoder", shown, ("conv2", "embedding"))
    return folder


def _fill(folder: Path, net: nn.Module, name: str, shown: ImageSet, layers: tuple[str, ...]) -> None:
    stores = {layer: folder / "activations" / f"{name}.{layer}" / "report" for layer in layers}
    plans = []
    found = activations.harvest_layers(net, shown, layers, positions_per_image=5, to=stores, device="cpu")
    for layer, items in found.items():
        place = folder / "dictionaries" / f"{name}.{layer}"
        plans.append(_plan(place, name, layer, items, shown, net))
    configuration = {
        "recipe": "own",
        "seed": 0,
        "networks": [{"name": name, "title": "a network of somebody's own"}],
        "layers": plans,
    }
    record = {"configuration": configuration, "command": "sememe run own", "status": "finished"}
    files.write_json(folder / "run.json", record)


def _plan(
    place: Path, name: str, layer: str, items: activations.Activations, shown: ImageSet, net: nn.Module
) -> dict[str, Any]:
    values = np.asarray(items.values[:])
    sized = {"n_components": 24, "k": 4, "random_state": 0}
    fitted = [
        dictionaries.Neurons(k=items.n_neurons),
        dictionaries.TopKSAE(**sized, max_steps=40, batch_size=64),
        dictionaries.RandomDictionary(**sized),
    ]
    sweeps = []
    for dictionary in fitted:
        kind = type(dictionary).__name__
        dictionaries.save(dictionary.fit(values), place / f"{kind}-k{dictionary.k}")
        title, unit_kind = TITLES[kind]
        sweeps.append(_sweep(title, kind, unit_kind, dictionary.k))
    seen = judging.seen_pixels(shown, items)
    for source, read in (("pixels", seen), ("untrained", values)):
        # What the untrained layer would give does not matter here: random atoms do for both.
        control = dictionaries.RandomDictionary(n_components=10, k=4, random_state=1)
        dictionaries.save(control.fit(read), place / f"{source}-k4")
        sweeps.append({**_sweep(f"random on {source}", source, "control", 4), "source": source})
    return {
        "network": name,
        "layer": layer,
        "title": f"the layer {layer}",
        "n_neurons": items.n_neurons,
        "sweeps": sweeps,
        "shown": "TopKSAE-k4",
    }


def _sweep(title: str, dictionary: str, kind: str, k: int) -> dict[str, Any]:
    return {
        "title": title,
        "dictionary": dictionary,
        "kind": kind,
        "parameter": "k",
        "values": [k],
        "fixed": [],
    }


def _measure(folder: Path, key: str, shown: ImageSet) -> None:
    layer = RunData(folder).layer(key)
    image = layer.items.image
    evidence = measures.evidence(
        measures.resample(len(shown), replicates=20, groups=20),
        image=image,
        labels=shown.labels[image],
        n_classes=len(shown.label_names),
        embeddings={"encoder": shown.floats().reshape(len(shown), -1)[image, ::64]},
    )
    found, rows = [], []
    for unit_set in layer.unit_sets:
        codes = unit_set.dictionary.transform(layer.items.values)
        back = unit_set.dictionary.decode(codes.toarray()).astype(np.float32)
        evaluation = measures.evaluate(
            codes,
            evidence,
            name=unit_set.family,
            settings={unit_set.parameter: unit_set.value},
            reconstruction=(layer.items.values, back),
        )
        found.append(evaluation)
        rows.append(unit_rows(unit_set.key, evaluation))
    controls = ["neurons", "random directions"]
    table = measures.compare(layer.layer, found, controls=controls, fvu=(0.9,), l0=(4,))
    write_units(
        folder / "measures" / f"{key}.units.parquet", pa.concat_tables(rows, promote_options="default")
    )
    files.write_json(folder / "measures" / f"{key}.json", table.to_dict())
