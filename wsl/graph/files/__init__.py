"""Graph files: one module a format, and one that tells the formats apart."""

from wsl.graph.files.graph_file import GraphFile
from wsl.graph.files.read import load, parse_graph, read_graph, read_graph_text

__all__ = ["GraphFile", "load", "parse_graph", "read_graph", "read_graph_text"]
