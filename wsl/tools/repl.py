"""`wslang repl`: the prompt, with history, highlighting and completion."""

from __future__ import annotations

import argparse
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from wsl.diagnostics import WslError
from wsl.diagnostics.render import render_text
from wsl.syntax import is_complete
from wsl.syntax.splitter import split
from wsl.tools.common import WIDTH, UsageError, colour, make_session, terminal_width, usage
from wsl.tools.conversation import Conversation
from wsl.tools.progress import Progress
from wsl.version import __version__

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.key_binding import KeyBindings

GREETING = f"WSL {__version__}. Statements run when they are complete; \\help helps, Ctrl-D leaves."


def run(options: argparse.Namespace) -> int:
    try:
        session = make_session(options, Path())
    except UsageError as error:
        return usage(error)
    except WslError as error:
        sys.stderr.write(render_text(error.diagnostics, [], colour(options, sys.stderr), WIDTH))
        return 2
    conversation = Conversation(session, colour(options, sys.stdout), terminal_width())
    if not sys.stdin.isatty():
        return _piped(conversation)
    return _interactive(conversation)


def _piped(conversation: Conversation) -> int:
    """Statements from a pipe, each as soon as the next begins, since its lines may go on until then."""
    pending = ""
    for line in sys.stdin:
        pending += line
        for statement in _finished(pending, command=line.lstrip().startswith("\\")):
            pending = pending[len(statement) :]
            sys.stdout.write(conversation.answer(statement))
            sys.stdout.flush()
            if conversation.finished:
                return 0
    sys.stdout.write(conversation.answer(pending))
    return 0


def _finished(pending: str, *, command: bool) -> list[str]:
    """The statements of a text that are over, and a command on its last line."""
    if command:
        before = pending.rstrip("\n").rpartition("\n")[0]
        return [part for part in (pending[: len(before)], pending[len(before) :]) if part]
    starts = [piece.start for piece in split(pending).pieces]
    return [pending[start:end] for start, end in pairwise([0, *starts[1:]])]


def _interactive(conversation: Conversation) -> int:
    prompt = _prompt(conversation)
    print(GREETING)
    while not conversation.finished:
        try:
            content = prompt.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            break
        with Progress(True) as progress:
            conversation.progress = progress.say
            shown = conversation.answer(content)
        sys.stdout.write(shown)
        sys.stdout.flush()
    return 0


def _prompt(conversation: Conversation) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    from wsl.tools.completion import WslCompleter
    from wsl.tools.highlighting import STYLE, WslLexer

    path = history_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        history: FileHistory | InMemoryHistory = FileHistory(str(path))
        path.touch(mode=0o600)
    except OSError:
        history = InMemoryHistory()
    plain = not conversation.colour
    return PromptSession(
        "wsl> ",
        multiline=True,
        prompt_continuation=lambda width, line, wrapped: "." * (width - 1) + " ",
        history=history,
        completer=WslCompleter(conversation.session),
        complete_while_typing=False,
        lexer=None if plain else WslLexer(),
        style=None if plain else STYLE,
        key_bindings=_bindings(),
    )


def _bindings() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    bindings = KeyBindings()

    @bindings.add("enter")
    def _(event: KeyPressEvent) -> None:
        """Run what is complete; otherwise go on on the next line."""
        buffer = event.current_buffer
        text = buffer.text
        at_end = buffer.cursor_position == len(text)
        if text.lstrip().startswith("\\") or (at_end and (is_complete(text) or text.endswith("\n"))):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return bindings


def history_path() -> Path:
    """Where the inputs of earlier conversations are kept."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "wslang" / "history"
