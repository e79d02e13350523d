"""Graphs from elsewhere: one module a format, and one that tells the formats of files apart."""

from wsl.graph.files.graph_file import GraphFile
from wsl.graph.files.networkx_graph import from_networkx
from wsl.graph.files.read import load, parse_graph, read_graph, read_graph_text

__all__ = ["GraphFile", "from_networkx", "load", "parse_graph", "read_graph", "read_graph_text"]
