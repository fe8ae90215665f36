"""The stages of a run, in order."""

from sememe.recipes.configuration import RunConfiguration
from sememe.runs.fit import fit_stages
from sememe.runs.folder import RunFolder
from sememe.runs.harvest import harvest_stages
from sememe.runs.look import look_stage
from sememe.runs.measure import measure_stages
from sememe.runs.report import report_stage
from sememe.runs.stage import Stage
from sememe.runs.train import encoder_stage, train_stages


def stages_of(configuration: RunConfiguration, folder: RunFolder, device: str) -> list[Stage]:
    """Train, look at the images, harvest, fit, measure, report."""
    return [
        *train_stages(configuration, folder, device),
        encoder_stage(configuration, folder, device),
        look_stage(configuration, folder),
        *harvest_stages(configuration, folder, device),
        *fit_stages(configuration, folder, device),
        *measure_stages(configuration, folder, device),
        report_stage(configuration, folder),
    ]
