"""Stages that fit: one a layer and kind of dictionary, one folder a point of its sweep."""

from sememe import activations, dictionaries
from sememe.progress import Progress, part
from sememe.recipes.configuration import LayerPlan, RunConfiguration, Sweep
from sememe.runs.folder import RunFolder
from sememe.runs.stage import Stage

# What fitting one point takes on two cores, in seconds; what is not named takes next to nothing.
_SECONDS = {"TopKSAE": 3.0, "L1SAE": 3.0}


def fit_stages(configuration: RunConfiguration, folder: RunFolder, device: str) -> list[Stage]:
    """One stage a layer and sweep."""
    return [_stage(folder, device, layer, sweep) for layer in configuration.layers for sweep in layer.sweeps]


def _stage(folder: RunFolder, device: str, layer: LayerPlan, sweep: Sweep) -> Stage:
    places = {
        value: folder.dictionary(layer.network, layer.layer, sweep.point_name(value))
        for value in sweep.values
    }

    def work(progress: Progress) -> str:
        store = activations.open_store(folder.activations(layer.network, layer.layer, "fit"))
        kind = dictionaries.registry()[sweep.dictionary]
        values = store.rows(0, len(store))
        for number, (value, place) in enumerate(places.items()):
            if place.exists():
                continue
            dictionary = kind(**sweep.parameters(value))
            step = part(progress, number / len(places), (number + 1) / len(places))
            step(0.0, f"{sweep.parameter} = {value:g}")
            dictionary.fit(values)
            dictionaries.save(dictionary, place)
        return f"{len(places)} fitted on {len(store):,} items"

    listed = ", ".join(f"{value:g}" for value in sweep.values)
    return Stage(
        name=f"fit {layer.network}.{layer.layer} {sweep.dictionary}",
        title=f"fit {sweep.title} on {layer.layer}, {sweep.parameter} = {listed}",
        outputs=tuple(places.values()),
        work=work,
        seconds=_SECONDS.get(sweep.dictionary, 0.1) * len(places),
    )
