"""The conversation behind the prompt: what is answered, what is kept, what is completed and coloured."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsl import Session
from wsl.tools.completion import candidates
from wsl.tools.conversation import Conversation
from wsl.tools.highlighting import fragments
from wsl.tools.repl import _finished


@pytest.fixture
def conversation(folder: Path) -> Conversation:
    return Conversation(Session("data/cdn.parquet", Path("data/cdn.dot"), "rt"))


def test_statements_build_on_one_another_and_undo_is_free(conversation: Conversation) -> None:
    assert "rows of cdn" in conversation.answer("USE WHERE region == ind")
    assert "INTERVENE SET fe = twn" in conversation.answer("INTERVENE SET fe = twn")
    first = conversation.answer("ESTIMATE MEAN(rt)")
    assert "MEAN(rt)" in first
    assert "sB" in conversation.answer("INTERVENE SET sB *= 2")
    assert conversation.answer("ESTIMATE MEAN(rt)") != first
    conversation.answer("\\undo")
    assert conversation.answer("ESTIMATE MEAN(rt)") == first
    conversation.answer("\\undo")
    conversation.answer("\\undo")
    assert "nothing to take back" in conversation.answer("\\undo")


def test_a_mistake_leaves_everything_as_it_was(conversation: Conversation) -> None:
    conversation.answer("USE WHERE region == ind")
    before = conversation.session.state
    assert "WSL-N002" in conversation.answer("INTERVENE SET fe = nowhere")
    assert "WSL-C001" in conversation.answer("INTERVENE SET rt = 5")
    assert conversation.session.state is before


def test_warnings_are_said_once(conversation: Conversation) -> None:
    conversation.answer("USE *")
    assert "WSL-D105" in conversation.answer("INTERVENE SET sB *= 2 WHERE region == 'nowhere'")
    assert "WSL-D105" not in conversation.answer("ESTIMATE MEAN(rt)")
    assert "WSL-" not in conversation.answer("ESTIMATE MEAN(rt)")


def test_an_interruption_keeps_the_session(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation.answer("USE *")
    conversation.answer("INTERVENE SET sB *= 2")
    before = conversation.session.state

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(conversation.session.engine, "run", interrupted)
        assert "interrupted" in conversation.answer("ESTIMATE MEAN(rt)")
    assert conversation.session.state.scenario is not None
    assert conversation.session.state.scenario.updates == before.scenario.updates
    assert "MEAN(rt)" in conversation.answer("ESTIMATE MEAN(rt)")


def test_explanations_need_no_scenario_and_know_the_one_in_force(conversation: Conversation) -> None:
    assert "Why was rt unusual" in conversation.answer("EXPLAIN rt WHERE rt > 2000")
    conversation.answer("USE WHERE region == ind")
    conversation.answer("INTERVENE SET fe = twn")
    within = conversation.answer("EXPLAIN rt AT region == deu")
    assert "WSL-D210" in within
    assert "rows that USE leaves: region == ind" in within
    assert "Why was rt unusual" in conversation.answer("EXPLAIN rt WHERE rt > 2000 USING TOCA")
    assert "INTERVENE SET fe = twn" in conversation.answer("\\scenario")
    assert "Why was rt unusual" in conversation.answer("\\basis")


def test_commands(conversation: Conversation, folder: Path) -> None:
    assert "\\undo" in conversation.answer("\\help")
    assert "no answer yet" in conversation.answer("\\report r.html")
    conversation.answer("USE *\nINTERVENE SET sB *= 1.1\nESTIMATE MEAN(rt), CDF(rt)")
    assert "wrote r.html" in conversation.answer("\\report r.html")
    assert "exists already" in conversation.answer("\\report r.html")
    assert "wrote p.svg" in conversation.answer("\\plot p.svg")
    assert "\\help" in conversation.answer("\\nonsense")
    assert "INTERVENE SET sB" in conversation.answer("\\scenario")
    conversation.answer("\\quit")
    assert conversation.finished


def test_completion_offers_what_can_stand_there(conversation: Conversation) -> None:
    def offered(before: str) -> list[str]:
        word = before[len(before.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ\\_")) :]
        return [name for name, _ in candidates(conversation.session, before, word)]

    assert "INTERVENE" in offered("INT")
    assert offered("USE WHERE region == in")[0] == "ind"
    assert "rtt" in offered("INTERVENE SET rt")
    assert "MEAN" in offered("ESTIMATE ME")
    assert "AGAINST" in offered("EXPLAIN rt WHERE rt > 9 AG")
    assert "TOCA" in offered("EXPLAIN rt WHERE rt > 9 USING to")
    assert "\\undo" in offered("\\u")


@given(st.text())
def test_highlighting_changes_no_character(content: str) -> None:
    lines = fragments(content)
    assert "\n".join("".join(text for _, text, *_ in line) for line in lines) == content


def test_a_pipe_is_answered_statement_by_statement() -> None:
    text = 'USE FROM "x"\n  WHERE a == b\nESTIMATE MEAN(c)\n'
    assert _finished(text, command=False) == ['USE FROM "x"\n  WHERE a == b\n']


def test_a_graph_with_variables_that_were_not_observed_can_be_used_until_they_are_needed(
    folder: Path,
) -> None:
    conversation = Conversation(Session("data/cdn.parquet"))
    conversation.answer("GRAPH { cache, rtt -> rt } TARGET rt")
    assert "WSL-G007" in conversation.answer("USE *")
    assert "cache is not evaluated: not in the data" in conversation.answer("EXPLAIN rt WHERE rt > 3000")
    before = conversation.session.state
    answer = conversation.answer("INTERVENE SET rtt = 50")
    assert "error[WSL-G007]" in answer
    assert conversation.session.state is before
