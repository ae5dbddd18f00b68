"""Decision tables: typed, dated, checked at the door, explained and compared.

Many cases at once are decided by :func:`rules.tables.vector.evaluate_columns`, which is
not imported here because it loads numpy.
"""

from rules.tables.chain import TableSet
from rules.tables.columns import Choice, ColumnType, Input, Missing, Output
from rules.tables.diff import ChangedRegion, TableDiff, diff_tables
from rules.tables.dmn_read import Decision, DmnModel, read_dmn
from rules.tables.dmn_table import table_of, tables_of
from rules.tables.dmn_write import write_dmn
from rules.tables.explain import Explanation
from rules.tables.feel import UnaryTest, evaluate, unary_test
from rules.tables.feel_syntax import FeelSyntaxError
from rules.tables.lint import Finding, gaps, lint
from rules.tables.outcome import Outcome, Result, RowTrace
from rules.tables.reader import read_table, read_tables
from rules.tables.table import DecisionTable, HitPolicy, Row
from rules.tables.writer import write_table

__all__ = [
    "ChangedRegion",
    "Choice",
    "ColumnType",
    "Decision",
    "DecisionTable",
    "DmnModel",
    "Explanation",
    "FeelSyntaxError",
    "Finding",
    "HitPolicy",
    "Input",
    "Missing",
    "Outcome",
    "Output",
    "Result",
    "Row",
    "RowTrace",
    "TableDiff",
    "TableSet",
    "UnaryTest",
    "diff_tables",
    "evaluate",
    "gaps",
    "lint",
    "read_dmn",
    "read_table",
    "read_tables",
    "table_of",
    "tables_of",
    "unary_test",
    "write_dmn",
    "write_table",
]
