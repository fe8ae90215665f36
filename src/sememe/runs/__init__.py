"""A run: a recipe's configuration, made into a folder, stage by stage."""

from sememe.runs.folder import RunFolder
from sememe.runs.report import report_data, write_report
from sememe.runs.reporter import Reporter, Silent
from sememe.runs.runner import Finished, run

__all__ = ["Finished", "Reporter", "RunFolder", "Silent", "report_data", "run", "write_report"]
