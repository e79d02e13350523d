"""Completion at the prompt: keywords, functions, variables, and categories where one can stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from wsl_grammar.keywords import CLAUSES_OF, IN_GRAMMAR
from wsl_grammar.terminals import written_label

from wsl.data import Kind
from wsl.diagnostics import WslError
from wsl.semantics.checked import Method
from wsl.semantics.distributions import NAMES as DISTRIBUTIONS
from wsl.semantics.expressions import FUNCTIONS, STATISTIC_WORDS
from wsl.session import Session

_WORD = re.compile(r"[\\A-Za-z_][A-Za-z0-9_.\-]*$")
_COMPARED = re.compile(
    r"([A-Za-z_][A-Za-z0-9_.]*)\s*(?:==|=|<>|!=|\bIN\s*\([^)]*)\s*'?[A-Za-z0-9_.\-]*$", re.IGNORECASE
)
_COMMANDS = ("\\help", "\\undo", "\\scenario", "\\basis", "\\report", "\\plot", "\\explain", "\\quit")


class WslCompleter(Completer):
    """Completes the word before the cursor from what is in force in a session."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        before = document.text_before_cursor
        match = _WORD.search(before)
        word = match[0] if match else ""
        for candidate, meta in candidates(self.session, before, word):
            yield Completion(candidate, start_position=-len(word), display_meta=meta)


def candidates(session: Session, before: str, word: str) -> Iterator[tuple[str, str]]:
    """Completions of `word`, which ends the text `before`, each with what it is; the likeliest first."""
    if word.startswith("\\"):
        yield from _starting(word, _COMMANDS, "command")
        return
    compared = _COMPARED.search(before)
    if compared:
        yield from _starting(word, _categories(session, compared[1]), f"category of {compared[1]}")
    yield from _starting(word, session.names, "variable")
    first = not before[: len(before) - len(word)].rpartition("\n")[2].strip()
    words = sorted(CLAUSES_OF) if first else sorted(IN_GRAMMAR)
    yield from _starting(word, words, "keyword")
    if not first:
        yield from _starting(word, (*STATISTIC_WORDS, *FUNCTIONS, "BASELINE", *DISTRIBUTIONS), "function")
        yield from _starting(word, (method.value for method in Method), "method")


def _starting(word: str, names: Iterable[str], meta: str) -> Iterator[tuple[str, str]]:
    folded = word.casefold()
    for name in names:
        if name.casefold().startswith(folded) and name != word:
            yield name, meta


def _categories(session: Session, variable: str) -> tuple[str, ...]:
    dataset = session.dataset
    if dataset is None or dataset.kinds.get(variable) is not Kind.CATEGORY:
        return ()
    try:
        return tuple(written_label(label) for label in dataset.column(variable).categories)
    except WslError:
        return ()
