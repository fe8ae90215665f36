"""A run, made visible: figures, the report, the page.

Each part is imported when it is first used: the page's server is up in a second because it loads neither
torch nor plotly's Python package, and the report needs no server.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sememe.explorer import figures
    from sememe.explorer.report import report_html
    from sememe.explorer.report_data import ReportData

__all__ = ["ReportData", "figures", "report_html"]


def __getattr__(name: str) -> Any:
    if name == "figures":
        return importlib.import_module("sememe.explorer.figures")
    homes = {"ReportData": "report_data", "report_html": "report"}
    if name in homes:
        return getattr(importlib.import_module(f"sememe.explorer.{homes[name]}"), name)
    raise AttributeError(f"module 'sememe.explorer' has no attribute {name!r}")
