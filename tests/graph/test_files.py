"""What each format says, what comes back of what was written, and that no file brings a reader down."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph.published import ASIA, edges_of, graph_of, graphs
from wsl.diagnostics import Text, WslError
from wsl.graph import CausalGraph, Edge, Mark, build
from wsl.graph.files import GraphFile, from_networkx, parse_graph, read_graph, read_graph_text
from wsl.graph.files.formats import Format, by_content

NAMES = st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.sampled_from(" \"'\\<>&;,{}[]#|-")
PLAIN_NAMES = st.sampled_from("abcxyzé._ -:")
DIRECTED = (Mark.CAUSE,)


def edges(text: str, format: Format | None = None) -> list[str]:
    return [str(edge) for edge in parse_graph(Text(text, "g"), format=format).edges]


def same(found: GraphFile, graph: CausalGraph, *, with_target: bool = True) -> None:
    again = CausalGraph(found.nodes, found.edges, next(iter(found.targets), None))
    assert again == (graph if with_target else graph.with_target(None))


def as_csv(rows: list[list[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


@given(graphs(NAMES, least_edges=1))
def test_dot_comes_back(graph: CausalGraph) -> None:
    same(parse_graph(Text(graph.to_dot()), format=Format.DOT), graph)


@given(graphs(NAMES, least_edges=1))
def test_networkx_comes_back(graph: CausalGraph) -> None:
    same(from_networkx(graph.to_networkx()), graph)


@given(graphs(NAMES, least_edges=1))
def test_gml_comes_back(graph: CausalGraph) -> None:
    text = "\n".join(nx.generate_gml(graph.to_networkx()))
    same(parse_graph(Text(text), format=Format.GML), graph)


@given(graphs(NAMES, least_edges=1))
def test_graphml_comes_back(graph: CausalGraph) -> None:
    text = "\n".join(nx.generate_graphml(graph.to_networkx()))
    same(parse_graph(Text(text), format=Format.GRAPHML), graph)


@given(graphs(NAMES, least_edges=1), st.sampled_from(["links", "edges"]))
def test_node_link_json_comes_back(graph: CausalGraph, key: str) -> None:
    text = json.dumps(nx.node_link_data(graph.to_networkx(), edges=key))
    same(parse_graph(Text(text), format=Format.NODE_LINK), graph)


@given(graphs(NAMES.filter(lambda c: c != "#"), least_edges=1))
def test_a_list_of_edges_comes_back(graph: CausalGraph) -> None:
    rows = [["mark", "from", "to"], *([edge.mark.value, *edge.ends] for edge in graph.edges)]
    text = as_csv([*rows, *(["", node, ""] for node in graph.nodes)])
    same(parse_graph(Text(text), format=Format.CSV), graph, with_target=False)


@given(graphs(NAMES.filter(lambda c: c != "#"), marks=DIRECTED, least_edges=1))
def test_a_matrix_comes_back(graph: CausalGraph) -> None:
    rows = [["", *graph.nodes]]
    rows += [[a, *(str(float(b in graph.children(a))) for b in graph.nodes)] for a in graph.nodes]
    same(parse_graph(Text(as_csv(rows)), format=Format.CSV), graph, with_target=False)


@given(graphs(PLAIN_NAMES, least_edges=1))
def test_dagitty_comes_back(graph: CausalGraph) -> None:
    marks = {Mark.POSSIBLE: "@->"}
    nodes = [f'"{node}" {"[outcome]" if node == graph.target else ""}' for node in graph.nodes]
    arrows = [f'"{e.source}" {marks.get(e.mark, e.mark)} "{e.target}"' for e in graph.edges]
    same(read_graph_text("\n".join(["pag {", 'bb="0,0,1,1"', *nodes, *arrows, "}"])), graph)


@given(graphs(PLAIN_NAMES, marks=DIRECTED, least_edges=1))
def test_bif_comes_back(graph: CausalGraph) -> None:
    parts = ["network unknown { property software x; }"]
    for node in graph.nodes:
        parts.append(
            f'variable "{node}" {{ type discrete [ 2 ] {{ yes, no }}; property position = (7, 1); }}'
        )
        parents = ", ".join(f'"{parent}"' for parent in graph.parents(node))
        bar = " | " if parents else ""
        parts.append(f'probability ( "{node}"{bar}{parents} ) {{ (yes) 0.1, 0.9; table 1e-3, .999; }}')
    found = read_graph_text("\n".join(parts))
    same(found, graph, with_target=False)
    assert dict(found.declarations) == dict.fromkeys(graph.nodes, "CATEGORY")


def test_dot_as_people_write_it() -> None:
    text = """
    # a comment, /* and */ // others
    strict digraph "my graph" {
      graph [rankdir=LR, target=rt]; node [shape=box]
      fe -> {rtt "B O"} -> srP:port:sw [weight=2];
      edge [dir=none]
      subgraph cluster_a { label="dir holds inside, too"; a -> b; edge [dir=back] b -> c }
      b -> d [dir=both] ; d -> e [style=invis];
      x -> y [dir=both; arrowtail=odot]
      "con" + "cat" -> rt [dir=forward, label=<<b>R</b><br/>T>]
      U [observed=no] U -> p; U -> q [dir=forward]
    }"""
    with pytest.raises(WslError, match="leaves open whether a hidden variable is the cause"):
        read_graph_text(text)
    found = read_graph_text(text.replace("U -> p", "U -> p [dir=forward]"))
    assert [str(edge) for edge in found.edges] == [
        *("fe -> rtt", "fe -> `B O`", "rtt -> srP", "`B O` -> srP", "a -- b", "c -> b", "b <-> d"),
        *("x ?-> y", "concat -> rt", "p <-> q"),
    ]
    assert found.targets == ("rt",)
    assert {"d", "e"} <= set(found.nodes)
    assert "U" not in found.nodes
    assert found.edges[4].span == Text(text).span(text.index("a -> b"), text.index("a -> b") + 6)
    assert edges("graph { a -- b -- c [dir=forward] }") == ["a -> b", "b -> c"]


def test_dagitty_as_its_site_writes_it() -> None:
    text = """dag { bb="-2.2,-1.6,1.9,1.7"
    "my x" [exposure,pos="-1.8,0.4"]
    y [outcome,pos="1.5,-.4"]
    u [latent,pos="0,1"]
    "my x" -> m [beta=-.4]
    m -> y ; y <- {a b}
    u -> "my x"
    u -> y
    p <-> q <-@ r }"""
    found = read_graph_text(text)
    assert [str(edge) for edge in found.edges] == [
        *("`my x` -> m", "m -> y", "a -> y", "b -> y", "p <-> q", "r ?-> q", "`my x` <-> y"),
    ]
    assert found.targets == ("y",)


def test_gml_has_labels_and_directions() -> None:
    nodes = 'node [ id 1 label "R&#38;D" graphics [ x 1.5 y -2e3 ] ] node [ id 2 label "rt" ]'
    assert edges(f"graph [ directed 1 {nodes} edge [ source 1 target 2 ] ]") == ["`R&D` -> rt"]
    assert edges(f'Creator "x"\ngraph [ {nodes} edge [ source 1 target 2 ] ]') == ["`R&D` -- rt"]
    assert edges('graph [ node [ id 1 ] node [ id 2 label "b" ] edge [ source 1 target 2 mark "<-" ] ]') == [
        "`2` -> `1`"
    ]


def test_graphml_of_yed() -> None:
    text = """<?xml version="1.0" encoding="ISO-8859-1"?>
    <graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml">
      <key id="d0" for="node" yfiles.type="nodegraphics"/>
      <graph id="G" edgedefault="directed">
        <node id="n0"><data key="d0"><y:ShapeNode><y:NodeLabel>fe</y:NodeLabel></y:ShapeNode></data></node>
        <node id="n1"><data key="d0"><y:ShapeNode><y:NodeLabel> rt </y:NodeLabel></y:ShapeNode></data>
          <graph id="n1:" edgedefault="undirected">
            <node id="n1::n0"><data key="d0"><y:SVGNode><y:NodeLabel>é</y:NodeLabel></y:SVGNode></data></node>
          </graph></node>
        <edge source="n0" target="n1"/><edge source="n1::n0" target="n1" directed="false"/>
      </graph>
    </graphml>"""
    found = read_graph_text(text)
    assert [str(edge) for edge in found.edges] == ["fe -> rt", "rt -- `é`"]
    span = found.edges[1].span
    assert span is not None
    assert text[span.start : span.end] == '<edge source="n1::n0" target="n1" directed="false"/>'


def test_node_link_json_of_others() -> None:
    links = '"links": [{"source": 0, "target": 1}]'
    assert edges(f'{{"nodes": [{{"name": "fe"}}, {{"name": "rt"}}], {links}}}') == ["fe -> rt"]
    assert edges(f'{{"directed": false, "nodes": [{{"id": 0}}, {{"id": 1}}], {links}}}') == ["`0` -- `1`"]


def test_tables_of_all_kinds() -> None:
    assert edges("parent;child;weight\nfe;rt;0.5\n;root;\n") == ["fe -> rt"]
    assert edges("# calls\na,b\nb,c\n", Format.CSV) == ["a -> b", "b -> c"]
    assert edges("effect\tcause\nrt\tfe\n") == ["fe -> rt"]
    assert edges("Caller,Callee\nshop,cart\n") == edges("SRC,dst\nshop,cart\n") == ["shop -> cart"]
    assert edges("a, b, <->\n b,c,<-\n") == ["a <-> b", "c -> b"]
    assert edges("x,b,a\na,0,\nb,False,-0.7\n") == ["b -> a"]
    assert edges('"a","x\ny"\nb,c\n')[1] == "b -> c"


def test_networkx_graphs_of_others() -> None:
    assert [str(edge) for edge in from_networkx(nx.DiGraph([(1, 2)])).edges] == ["`1` -> `2`"]
    assert [str(edge) for edge in from_networkx(nx.Graph([("a", "b")])).edges] == ["a -- b"]
    hidden = nx.DiGraph([("U", "a"), ("U", "b"), ("a", "b")])
    hidden.nodes["U"]["observed"] = "no"
    assert set(from_networkx(hidden).edges) == set(edges_of("a -> b; a <-> b"))
    with pytest.raises(WslError, match="two nodes are called 1"):
        from_networkx(nx.DiGraph([(1, "1")]))
    with pytest.raises(WslError, match="no edges"):
        from_networkx(nx.DiGraph())


def test_edges_do_not_multiply_without_end() -> None:
    group = "{" + " ".join(f"v{number}" for number in range(400)) + "}"
    with pytest.raises(WslError, match="these groups stand for 160000 edges"):
        read_graph_text(f"digraph {{ {group} -> {group} }}")
    with pytest.raises(WslError, match="these groups stand for 160000 edges"):
        read_graph_text(f"dag {{ {group} -> {group} }}")
    arrows = ";".join(f"u -> v{number}" for number in range(300))
    with pytest.raises(WslError, match="the hidden u has more than 200 effects"):
        read_graph_text(f"digraph {{ u [latent=true]; {arrows} }}")


SAMPLES = {
    Format.DOT: graph_of(ASIA, "dysp").to_dot() + "/* c */ graph [a=<b>]",
    Format.GML: "\n".join(nx.generate_gml(graph_of(ASIA).to_networkx())),
    Format.GRAPHML: "\n".join(nx.generate_graphml(graph_of(ASIA).to_networkx())),
    Format.NODE_LINK: json.dumps(nx.node_link_data(graph_of(ASIA).to_networkx(), edges="edges")),
    Format.CSV: "source,target,mark\na,b,->\nb,'c',<->\n",
    Format.BIF: "network x { } variable a { type discrete [ 2 ] { y, n }; } variable b { }"
    " probability ( a | b ) { table 0.1, 0.9; }",
    Format.DAGITTY: 'dag { bb="0,1" x [exposure] "y y" [outcome] u [latent] u -> {x y} x <-> y @-> z }',
}


def test_samples_are_told_apart() -> None:
    assert {format: by_content(sample) for format, sample in SAMPLES.items()} == {f: f for f in SAMPLES}
    assert by_content("// x\n/* y */ # z\n strict digraph {}") is Format.DOT
    assert by_content("GRAPH { a -> b }") is None
    assert by_content("what is this") is None


@given(st.data())
def test_no_text_brings_a_reader_down(data: st.DataObject) -> None:
    """Every sample, with a stretch of it replaced, is either read or one finding inside the text."""
    format = data.draw(st.sampled_from(sorted(SAMPLES)))
    sample = SAMPLES[format]
    start = data.draw(st.integers(0, len(sample)))
    end = data.draw(st.integers(start, min(len(sample), start + 20)))
    pieces = st.sampled_from([*'"<>{}[]()|,;:=-\\/#&\n', "/*", "<!--", "->", "--", "[0", "999", "null", "é"])
    text = sample[:start] + "".join(data.draw(st.lists(pieces, max_size=4))) + sample[end:]
    try:
        found = parse_graph(Text(text, "g"), format=format)
    except WslError as error:
        [finding] = error.diagnostics
        assert finding.span is None or 0 <= finding.span.start <= finding.span.end <= len(text)
    else:
        build(found.edges, found.nodes, next(iter(found.targets), None))


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "nodes", "arrows"), [("asia", 8, 8), ("sachs", 11, 17), ("child", 20, 25)])
def test_real_networks(realdata: Path, name: str, nodes: int, arrows: int) -> None:
    found = read_graph(realdata / "networks" / f"{name}.bif")
    graph, findings = build(found.edges, found.nodes)
    assert findings == []
    assert graph is not None
    assert (len(graph.nodes), len(graph.edges)) == (nodes, arrows)
    assert set(found.declarations.values()) == {"CATEGORY"}
    if name == "asia":
        assert graph == graph_of(ASIA)


@pytest.mark.realdata
def test_a_real_call_graph_points_the_other_way_round(realdata: Path) -> None:
    found = read_graph(realdata / "petshop" / "low_traffic" / "graph.csv")
    calls, [finding] = build(found.edges, found.nodes, target="PetSite")
    assert finding.code == "WSL-G006"
    assert calls is not None
    assert (len(calls.nodes), len(calls.edges)) == (42, 44)
    assert calls.reversed().ancestors("PetSite") == calls.descendants("PetSite") != frozenset()


def test_findings_in_a_file_are_placed_there(tmp_path: Path) -> None:
    (tmp_path / "g.dot").write_text("digraph {\r\n  a -> b\r\n  b -> a\r\n}\r\n")
    found = read_graph(tmp_path / "g.dot", name="g.dot")
    assert found.edges == (Edge("a", Mark.CAUSE, "b"), Edge("b", Mark.CAUSE, "a"))
    _, [finding] = build(found.edges)
    assert finding.span is not None
    assert (finding.file, finding.span.line, finding.span.column) == ("g.dot", 3, 3)
    assert finding.notes == ("`a -> b` is on line 2 of g.dot",)
