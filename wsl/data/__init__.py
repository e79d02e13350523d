"""Datasets: what is read, from where, and what is known of its columns."""

from wsl.data.dataset import Dataset
from wsl.data.dates import dates, epoch_unit
from wsl.data.facts import Facts, facts, findings
from wsl.data.opening import open_source
from wsl.data.paths import Sandbox
from wsl.data.schema import GREATEST, MISSING_TIME, Column, Declaration, Kind, is_finite
from wsl.data.values import read_values
from wsl.data.writing import check_output, check_table_output, write_table, written_whole

__all__ = [
    "GREATEST",
    "MISSING_TIME",
    "Column",
    "Dataset",
    "Declaration",
    "Facts",
    "Kind",
    "Sandbox",
    "check_output",
    "check_table_output",
    "dates",
    "epoch_unit",
    "facts",
    "findings",
    "is_finite",
    "open_source",
    "read_values",
    "write_table",
    "written_whole",
]
