"""A run folder in two seconds: both digit networks, barely trained, three layers, a few dictionaries each.

It holds what the explorer needs to draw, and nothing that is measured; a run that goes on looks like this.
"""

from pathlib import Path

import numpy as np

from sememe import activations, dictionaries, files, images, networks

N_IMAGES = 300
LAYERS = {
    "digit_mlp.hidden1": (16, "TopKSAE-k4"),
    "digit_cnn.conv2": (32, "TopKSAE-k4"),
    "digit_cnn.fc1": (128, "TopKSAE-k4"),
}


def sweeps(n_neurons: int) -> list[tuple[dict, dictionaries.Dictionary]]:
    """What is fitted on a layer, with its entry in the configuration."""
    sized = {"n_components": 40, "random_state": 0}
    trained = {**sized, "max_steps": 20, "batch_size": 64}
    planned = [
        ("neurons", dictionaries.Neurons, "neurons", "k", n_neurons, {}),
        ("neurons", dictionaries.Neurons, "neurons", "k", 4, {}),
        ("TopK SAE", dictionaries.TopKSAE, "features", "k", 4, trained),
        ("L1 SAE", dictionaries.L1SAE, "features", "l1_coefficient", 0.3, trained),
        ("random directions", dictionaries.RandomDictionary, "control", "k", 3, sized),
        ("PCA", dictionaries.PCA, "control", "k", 4, {}),
    ]
    found = []
    for title, kind, unit_kind, parameter, value, fixed in planned:
        entry = {
            "title": title,
            "dictionary": kind.__name__,
            "kind": unit_kind,
            "parameter": parameter,
            "values": [value],
            "fixed": [list(pair) for pair in fixed.items()],
        }
        found.append((entry, kind(**{parameter: value}, **fixed)))
    return found


def make(folder: Path) -> Path:
    """Write the run and return its folder."""
    report = images.mnist("test")[-N_IMAGES:]
    plans = []
    for name, constructor in (("digit_mlp", networks.digit_mlp), ("digit_cnn", networks.digit_cnn)):
        net = constructor(seed=0)
        networks.train(net, images.mnist("train")[:1500], seed=0, epochs=2, device="cpu")
        networks.save(net, folder / "network" / name)
        layers = [key.split(".")[1] for key in LAYERS if key.startswith(name)]
        stores = {layer: folder / "activations" / f"{name}.{layer}" / "report" for layer in layers}
        for layer, acts in activations.harvest_layers(
            net, report, layers, positions_per_image=4, to=stores
        ).items():
            key = f"{name}.{layer}"
            values = np.asarray(acts.values[:])
            entries = []
            for entry, dictionary in sweeps(acts.n_neurons):
                point = f"{entry['dictionary']}-{entry['parameter']}{entry['values'][0]:g}"
                dictionaries.save(dictionary.fit(values), folder / "dictionaries" / key / point)
                entries.append(entry)
            plans.append(
                {
                    "network": name,
                    "layer": layer,
                    "title": f"the layer {layer}",
                    "n_neurons": acts.n_neurons,
                    "sweeps": entries,
                    "shown": LAYERS[key][1],
                }
            )
    configuration = {
        "recipe": "mnist",
        "seed": 0,
        "quick": True,
        "report_images": N_IMAGES,
        "networks": [{"name": name, "title": f"the network {name}"} for name in ("digit_mlp", "digit_cnn")],
        "layers": plans,
    }
    files.write_json(
        folder / "run.json",
        {"configuration": configuration, "command": "sememe run mnist", "status": "unfinished"},
    )
    return folder
