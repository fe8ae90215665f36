"""A run, made visible: figures, the report, the page."""

from sememe.explorer import figures
from sememe.explorer.report import report_html
from sememe.explorer.report_data import ReportData

__all__ = ["ReportData", "figures", "report_html"]
