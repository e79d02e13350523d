"""The example scripts, their page and the generated files belong together."""

import re
from pathlib import Path

from wsl import Session
from wsl.examples import cdn, shop
from wsl.tools.conversation import Conversation

FOLDER = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(FOLDER.glob("*.wsl"))


def test_the_page_lists_every_script_once() -> None:
    listed = re.findall(r"\]\((\w+\.wsl)\)", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == [script.name for script in SCRIPTS]


def test_the_page_tells_the_causes_of_every_variable() -> None:
    rows = re.findall(r"^\| (`\w+`[^|]*)\|[^|]*\|[^|]*\|([^|]*)\|$", (FOLDER / "README.md").read_text(), re.M)
    told = {
        name: tuple(re.findall(r"`(\w+)`", causes))
        for names, causes in rows
        for name in re.findall(r"`(\w+)`", names)
    }
    mechanisms = {**cdn.MODEL.mechanisms, **shop.MODEL.mechanisms}
    assert told == {name: mechanism.parents for name, mechanism in mechanisms.items()}


def test_the_prompt_answers_what_the_page_asks(tmp_path: Path) -> None:
    shop.write(tmp_path, 3_000, 1)
    conversation = Conversation(Session(tmp_path / "shop.parquet", tmp_path / "shop.dot", "website"))
    asked = re.findall(r"^wsl> (.*)$", (FOLDER / "README.md").read_text(encoding="utf-8"), re.M)
    assert len(asked) == 4
    for line in asked:
        answer = conversation.answer(line)
        assert "WSL-" not in answer
        first = re.search(r"^  1=? +(\w+)", answer, re.M)
        assert first is not None
        assert first[1] == "caching_service"


def test_scripts_read_only_what_the_generator_writes(tmp_path: Path) -> None:
    paths = [path for example in (cdn, shop) for path in example.write(tmp_path, 10, 1)]
    written = {f"data/{path.name}" for path in paths}
    for script in SCRIPTS:
        read = re.findall(r'(?:FROM|FILE) "([^"]+)"', script.read_text(encoding="utf-8"))
        assert read
        assert set(read) <= written, script.name
