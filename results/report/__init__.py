"""One file for the meeting: a comparison as a page, as Markdown or as a workbook."""

from results.report.builder import FORMS, Report, build_report, report_bytes, save_report

__all__ = ["FORMS", "Report", "build_report", "report_bytes", "save_report"]
