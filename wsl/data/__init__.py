"""Datasets: what is read, from where, and what is known of its columns."""

from wsl.data.dataset import Dataset
from wsl.data.opening import open_source
from wsl.data.schema import MISSING_TIME, Column, Declaration, Kind

__all__ = ["MISSING_TIME", "Column", "Dataset", "Declaration", "Kind", "open_source"]
