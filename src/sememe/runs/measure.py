"""Stages that measure: every unit set of a layer, judged on the report split and compared."""

from collections.abc import Iterator

import pyarrow as pa
from scipy import sparse

from sememe import files, judging, networks
from sememe.judging import UnitSet
from sememe.judging.unit_set import Key
from sememe.progress import Progress, part
from sememe.recipes.configuration import LayerPlan, NetworkPlan, RunConfiguration, Sweep
from sememe.runs.fit import twin_values
from sememe.runs.folder import RunFolder
from sememe.runs.harvest import split_images
from sememe.runs.look import known_material
from sememe.runs.parts import load_dictionary, load_network
from sememe.runs.stage import Stage
from sememe.runs.train import second_name
from sememe.runs.unit_table import unit_rows, write_units


def measure_stages(configuration: RunConfiguration, folder: RunFolder, device: str) -> list[Stage]:
    """One stage a layer."""
    return [_stage(configuration, folder, device, layer) for layer in configuration.layers]


def _stage(configuration: RunConfiguration, folder: RunFolder, device: str, layer: LayerPlan) -> Stage:
    table_path = folder.measures(layer.network, layer.layer)
    units_path = folder.units(layer.network, layer.layer)
    plan = next(plan for plan in configuration.networks if plan.name == layer.network)

    def work(progress: Progress) -> str:
        effort = configuration.effort
        subject = judging.subject(
            load_network(folder.network(layer.network)),
            layer.layer,
            known_material(configuration, folder),
            untrained=networks.registry()[plan.name](seed=plan.seed),
            sources=tuple(sweep.source for sweep in layer.sweeps),
            positions_per_image=plan.positions_per_image,
            limits=judging.Limits(
                units=effort.scored_units,
                spliced_images=layer.splice_images,
                effect_images=effort.effect_images,
                simulated_items=effort.simulated_items,
            ),
            seed=configuration.seed,
            device=device,
            network=layer.network,
        )
        progress(0.05, "the layer is read")
        judged = judging.judge_layer(
            [subject],
            [list(_unit_sets(folder, layer))],
            places=judging.Places(
                fvu=configuration.fvu_targets,
                loss_recovered=configuration.loss_recovered_targets,
                l0=layer.l0_targets,
            ),
            twins=[list(_twins(folder, layer))],
            elsewhere=_elsewhere(configuration, folder, device, layer, plan, subject.n_images),
            notes=_notes(configuration, layer, plan),
            about=layer.default.title,
            progress=part(progress, 0.05, 1.0),
        )
        points = {_key(sweep, value): sweep.point_name(value) for sweep, value in _settings(layer)}
        rows = [unit_rows(points[key], found) for key, found in judged.evaluations.items()]
        write_units(units_path, pa.concat_tables(rows, promote_options="default"))
        files.write_json(table_path, judged.table.to_dict())
        known = subject.evidence
        return f"{len(points)} unit sets on {known.n_items:,} items of {known.n_images:,} images"

    return Stage(
        name=f"measure {layer.network}.{layer.layer}",
        title=f"measure and compare the units of {layer.layer}",
        outputs=(units_path, table_path),
        work=work,
        seconds=15.0,
    )


def _settings(layer: LayerPlan) -> Iterator[tuple[Sweep, float]]:
    for sweep in layer.sweeps:
        for value in sweep.values:
            yield sweep, value


def _unit_sets(folder: RunFolder, layer: LayerPlan) -> Iterator[UnitSet]:
    for sweep, value in _settings(layer):
        point = sweep.point_name(value)
        place = folder.dictionary(layer.network, layer.layer, point)
        yield UnitSet(
            family=sweep.title,
            kind=sweep.kind,
            settings={sweep.parameter: value},
            dictionary=load_dictionary(place),
            source=sweep.source,
            whole=sweep.kind == "neurons" or point == layer.shown,
        )


def _twins(folder: RunFolder, layer: LayerPlan) -> Iterator[UnitSet]:
    for sweep in layer.sweeps:
        for value in twin_values(sweep):
            place = folder.twin(layer.network, layer.layer, sweep.point_name(value))
            yield UnitSet(sweep.title, sweep.kind, {sweep.parameter: value}, load_dictionary(place))


def _elsewhere(
    configuration: RunConfiguration,
    folder: RunFolder,
    device: str,
    layer: LayerPlan,
    plan: NetworkPlan,
    n_images: int,
) -> dict[Key, sparse.csr_array]:
    """Codes of the same unit sets on the same items of the second network."""
    if plan.second_seed is None:
        return {}
    second = second_name(plan.name)
    items, _ = judging.read_items(
        "layer",
        load_network(folder.network(second)),
        split_images(configuration, "report")[:n_images],
        layer.layer,
        positions_per_image=plan.positions_per_image,
        seed=configuration.seed,
        device=device,
    )
    found = {}
    for sweep in layer.sweeps:
        for value in sweep.twins:
            place = folder.dictionary(second, layer.layer, sweep.point_name(value))
            dictionary = load_dictionary(place)
            found[_key(sweep, value)] = sparse.csr_array(dictionary.transform(items))
    return found


def _key(sweep: Sweep, value: float) -> Key:
    return sweep.title, ((sweep.parameter, value),)


def _notes(configuration: RunConfiguration, layer: LayerPlan, plan: NetworkPlan) -> list[str]:
    """What a study would do and this run does not."""
    notes = ["one network seed and one dictionary seed are scored: the intervals know nothing of other seeds"]
    most = configuration.effort.scored_units
    if most is not None:
        notes.append(
            f"of sets of more than {most} units, {most} drawn at random are scored, except the neurons and "
            "the dictionary that is shown"
        )
    if plan.second_seed is None:
        notes.append(f"universality needs a second {plan.name}, which this run does not train")
    if configuration.quick:
        notes.append("controls that cost a training of their own are left out of a quick run")
    return notes
