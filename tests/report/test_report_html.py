"""The HTML report: well-formed, self-contained, escaped, and fit for light, dark, phone and paper."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from sample_results import PROGRAM, RESULTS, drain, hostile, lognormal_cdf

from wsl.report import to_html
from wsl.report.highlight import highlight

VOID = {"meta", "br", "wbr"}


class Page(HTMLParser):
    """What a browser would find: elements, attributes and text; fails on tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: to_html(result) for name, result in {**RESULTS, "hostile": hostile()}.items()}


@pytest.mark.parametrize("name", [*RESULTS, "hostile"])
def test_page_is_well_formed_and_loads_nothing(name: str, pages: dict[str, str]) -> None:
    page = Page(pages[name])
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(page.tags)
    for _, attribute, value in page.attributes:
        assert not attribute.startswith("on")
        assert attribute != "src"
        if "href" in attribute:
            assert value.startswith("#")
    assert re.findall(r"@import|url\((?!#)", pages[name]) == []
    assert set(re.findall(r"https?://[^\s\"'<]*", pages[name])) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_hostile_names_are_text(pages: dict[str, str]) -> None:
    assert "<script" not in pages["hostile"]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", pages["hostile"])
    assert "<script>alert(1)</script>" in Page(pages["hostile"]).text


def test_page_follows_the_colour_scheme_and_has_a_print_style(pages: dict[str, str]) -> None:
    page = pages["default"]
    assert '<meta name="color-scheme" content="light dark">' in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    drawings = "".join(
        re.findall(r"<svg.*?</svg>", re.sub(r"<style>.*?</style>", "", page, flags=re.S), re.S)
    )
    assert "var(--scenario)" in drawings
    assert not re.search(r"#[0-9a-f]{6}", drawings), "a fixed colour does not follow the scheme"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(scheme: str, pages: dict[str, str]) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    light, dark = re.findall(r":root \{(.*?)\}", pages["default"], re.S)
    colours = dict(re.findall(r"--([\w-]+): (#\w{6});", light))
    if scheme == "dark":
        colours |= dict(re.findall(r"--([\w-]+): (#\w{6});", dark))
    pairs = [(ink, paper) for ink in ("ink", "muted", "scenario") for paper in ("paper", "sheet")]
    pairs += [(name, f"{name}-fill") for name in ("good", "bad", "unsure")] + [("ink", "redrawn-fill")]
    pairs += [("ink", f"rare{shade}") for shade in (1, 2, 3)]
    for ink, paper in pairs:
        assert contrast(colours[ink], colours[paper]) >= 4.5, (ink, paper)


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_pictures_have_words(pages: dict[str, str]) -> None:
    labels = [value for tag, name, value in Page(pages["default"]).attributes if name == "aria-label"]
    assert any("P50  256.0 → 277.9 ms" in label for label in labels)
    assert any("set: fe; redrawn: rtt, febe_rtt, crP; pinned: be; estimated: rt" in label for label in labels)


def test_page_says_how_it_was_computed(pages: dict[str, str]) -> None:
    text = Page(pages["default"]).text
    assert "sha256:5f2a1c" in text
    assert "nmin = 20" in text
    assert all(line in text for line in PROGRAM.splitlines())


def test_same_result_gives_the_same_bytes(pages: dict[str, str]) -> None:
    assert to_html(RESULTS["default"]) == pages["default"]


def test_many_distributions_are_not_all_drawn() -> None:
    cdfs = tuple(lognormal_cdf(100.0 + n, 0.5, 1.1, {"fe": f"f{n}"}) for n in range(14))
    page = to_html(replace(RESULTS["default"], scenarios=(replace(drain(), cdfs=cdfs),)))
    assert page.count('class="cdf"') == 12
    assert "2 more distributions" in page


def test_highlighting_loses_nothing() -> None:
    lines = highlight(PROGRAM)
    assert "\n".join("".join(text for _, text in line) for line in lines) + "\n" == PROGRAM
    assert lines[0] == [("comment", PROGRAM.splitlines()[0])]
    assert lines[2][0] == ("keyword", "INTERVENE")
    assert ("keyword", "by") not in highlight("ESTIMATE MEAN(by)\n")[0]


def test_a_table_that_scrolls_shows_that_there_is_more(pages: dict[str, str]) -> None:
    page = pages["grouped"]
    (rule,) = re.findall(r"^\.scroll \{.*?\}", page, re.MULTILINE | re.DOTALL)
    assert (
        rule.count("local") == rule.count("no-repeat scroll") == 2
    )  # covers move with the table, shadows stay
    assert page.count("--shadow: ") == 2  # in the light, and in the dark
