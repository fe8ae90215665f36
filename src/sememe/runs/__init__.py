"""A run: a recipe's configuration, made into a folder, stage by stage.

What is named here is imported when it is first used: reading a finished run's tables needs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sememe.runs.document import verdict_document
    from sememe.runs.folder import RunFolder
    from sememe.runs.report import report_data, write_report
    from sememe.runs.reporter import Reporter, Silent
    from sememe.runs.runner import Finished, run

_HOMES = {
    "Finished": "runner",
    "Reporter": "reporter",
    "RunFolder": "folder",
    "Silent": "reporter",
    "report_data": "report",
    "run": "runner",
    "verdict_document": "document",
    "write_report": "report",
}

__all__ = [
    "Finished",
    "Reporter",
    "RunFolder",
    "Silent",
    "report_data",
    "run",
    "verdict_document",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
