"""Stages that fit: every dictionary of a layer, one folder a point of each sweep."""

from sememe import activations, dictionaries
from sememe.progress import Progress, part
from sememe.recipes.configuration import LayerPlan, RunConfiguration, Sweep
from sememe.runs.folder import RunFolder
from sememe.runs.stage import Stage

# What fitting one point takes on two cores, in seconds; what is not named takes next to nothing.
_SECONDS = {"TopKSAE": 2.0, "L1SAE": 2.0}


def fit_stages(configuration: RunConfiguration, folder: RunFolder, device: str) -> list[Stage]:
    """One stage a layer."""
    return [_stage(folder, device, layer) for layer in configuration.layers]


def _stage(folder: RunFolder, device: str, layer: LayerPlan) -> Stage:
    points = [(sweep, value) for sweep in layer.sweeps for value in sweep.values]
    places = [
        folder.dictionary(layer.network, layer.layer, sweep.point_name(value)) for sweep, value in points
    ]

    def work(progress: Progress) -> str:
        store = activations.open_store(folder.activations(layer.network, layer.layer, "fit"))
        values = store.rows(0, len(store))
        for number, ((sweep, value), place) in enumerate(zip(points, places, strict=True)):
            if place.exists():
                continue
            step = part(progress, number / len(points), (number + 1) / len(points))
            step(0.0, f"{sweep.title}, {sweep.parameter} = {value:g}")
            dictionary = _dictionary(sweep, value, device)
            dictionary.fit(values)
            dictionaries.save(dictionary, place)
        return f"{len(points)} unit sets of {len(layer.sweeps)} kinds, fitted on {len(store):,} items"

    return Stage(
        name=f"fit {layer.network}.{layer.layer}",
        title=f"fit dictionaries and controls on {layer.layer}",
        outputs=tuple(places),
        work=work,
        seconds=sum(_SECONDS.get(sweep.dictionary, 0.05) for sweep, _ in points),
    )


def _dictionary(sweep: Sweep, value: float, device: str) -> dictionaries.Dictionary:
    kind = dictionaries.registry()[sweep.dictionary]
    parameters = sweep.parameters(value)
    if "device" in kind().get_params():
        parameters["device"] = device
    return kind(**parameters)
