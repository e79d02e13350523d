"""The layout rules: where each statement of a text begins and ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from wsl_grammar.keywords import CLAUSES, CONNECTIVES, STATEMENTS

from wsl.syntax.scanner import FAULTY, Token, scan

CLOSER_OF = {"(": ")", "[": "]", "{": "}"}
_TAB = 8
# A line that ends in one of these words goes on.
_OPEN_ENDED = CLAUSES | {"AND", "OR", "NOT"}


@dataclass(slots=True)
class Piece:
    """The tokens of one statement, with what is known from its layout."""

    indent: int
    tokens: list[Token] = field(default_factory=list)
    continued: set[int] = field(default_factory=set)  # where lines after the first begin
    open_brackets: list[Token] = field(default_factory=list)
    mismatched: list[Token] = field(default_factory=list)  # brackets without their partner
    faulty: list[Token] = field(default_factory=list)
    before: Token | None = None  # the word that began the next statement
    ended_by_semicolon: bool = False

    @property
    def keyword(self) -> str:
        """The statement keyword; of a piece that begins otherwise, its first word or nothing."""
        return self.tokens[0].upper

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @property
    def end(self) -> int:
        return self.tokens[-1].end

    def up_to(self, place: int) -> Piece:
        """The statement that the tokens before number `place` make."""
        return _piece(self.tokens[:place], self, self.tokens[place])

    def after(self, place: int) -> Piece:
        """The statement that the tokens from number `place` on make."""
        return _piece(self.tokens[place:], self, self.before)

    def add(self, token: Token) -> None:
        self.tokens.append(token)
        if token.kind == "open":
            self.open_brackets.append(token)
        elif token.kind == "close":
            self._close(token)
        elif token.kind in FAULTY:
            self.faulty.append(token)

    def _close(self, closer: Token) -> None:
        """Closes the nearest bracket that fits; those left open inside it have no partner."""
        brackets = self.open_brackets
        for place in range(len(brackets) - 1, -1, -1):
            if CLOSER_OF[brackets[place].text] == closer.text:
                self.mismatched += brackets[place + 1 :]
                del brackets[place:]
                return
        self.mismatched.append(closer)


@dataclass(frozen=True, slots=True)
class Layout:
    pieces: tuple[Piece, ...]
    comments: tuple[Token, ...]
    near_comments: tuple[Token, ...]  # `-- ...` and `// ...`, read as comments


def split(content: str) -> Layout:
    """A text as statements, and its comments; every other token belongs to exactly one statement."""
    return _Splitter(content).run()


class _Splitter:
    def __init__(self, content: str) -> None:
        self.content = content
        self.tokens = scan(content)
        self.pieces: list[Piece] = []
        self.comments: list[Token] = []
        self.near_comments: list[Token] = []
        self.piece: Piece | None = None

    def run(self) -> Layout:
        line_start, first_of_line, skip_to = 0, True, 0
        indent = 0
        for index, token in enumerate(self.tokens):
            if token.start < skip_to:
                continue
            if token.kind == "newline":
                line_start, first_of_line = token.end, True
                continue
            if token.kind == "comment":
                self.comments.append(token)
                continue
            if token.kind == "slashes" or (token.text == "--" and not self._in_graph_block()):
                self.near_comments.append(self._rest_of_line(token))
                skip_to = self.near_comments[-1].end
                continue
            if first_of_line:
                indent = len(self.content[line_start : token.start].expandtabs(_TAB))
                if self.piece and self._begins_statement(self.piece, index, indent):
                    self.piece.before = token
                    self.piece = None
                elif self.piece:
                    self.piece.continued.add(token.start)
                first_of_line = False
            self._add(token, indent)
        return Layout(tuple(self.pieces), tuple(self.comments), tuple(self.near_comments))

    def _add(self, token: Token, indent: int) -> None:
        if token.kind == "semicolon" and not self._in_graph_block():
            if self.piece:
                self.piece.ended_by_semicolon = True
            self.piece = None
            return
        if self.piece is None:
            self.piece = Piece(indent)
            self.pieces.append(self.piece)
        self.piece.add(token)

    def _in_graph_block(self) -> bool:
        piece = self.piece
        return bool(
            piece and piece.keyword == "GRAPH" and piece.open_brackets and piece.open_brackets[-1].text == "{"
        )

    def _rest_of_line(self, token: Token) -> Token:
        end = self.content.find("\n", token.start)
        end = end if end >= 0 else len(self.content)
        return Token("near_comment", self.content[token.start : end], token.start, end)

    def _begins_statement(self, piece: Piece, index: int, indent: int) -> bool:
        """Whether the first token of a line begins a statement rather than continues `piece`."""
        token, previous = self.tokens[index], piece.tokens[-1]
        word = token.upper
        if word in STATEMENTS and not self._is_name(piece, index):
            return not (piece.keyword == "IDENTIFY" and word == "INTERVENE" and not self._is_update(index))
        continues = (
            piece.open_brackets
            or indent > piece.indent
            or not word
            or word in CLAUSES
            or word in CONNECTIVES
            or (previous.kind in ("comma", "operator", "edge") and not _is_everything(piece))
            or previous.upper in _OPEN_ENDED
        )
        return not continues

    def _is_name(self, piece: Piece, index: int) -> bool:
        """Whether a statement keyword, first on its line, is a name there."""
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        if after and after.kind not in ("newline", "comment"):
            operator = after.kind == "operator" and after.text != "*" and not self._is_sign(index + 1)
            return operator or after.kind in ("edge", "close", "comma", "colon")
        if not piece.open_brackets:
            return False
        following = self._next_significant(index)
        return piece.tokens[-1].kind in ("comma", "edge", "open") or (
            following is not None and following.kind == "close"
        )

    def _is_sign(self, index: int) -> bool:
        """Whether a `-` or `+` belongs to what follows, as in `EXPECT -x < 5` and `EXPECT - -x < 5`."""
        token, following = self.tokens[index], self.tokens[index + 1 : index + 2]
        spaced_before = self.tokens[index - 1].end < token.start
        attached = any(after.start == token.end or after.text in ("-", "+") for after in following)
        return token.text in ("-", "+") and spaced_before and attached

    def _is_update(self, index: int) -> bool:
        following = self._next_significant(index)
        return following is not None and following.upper in ("SET", "SETDIST")

    def _next_significant(self, index: int) -> Token | None:
        rest = (self.tokens[later] for later in range(index + 1, len(self.tokens)))
        return next((token for token in rest if token.kind not in ("newline", "comment")), None)


def _is_everything(piece: Piece) -> bool:
    """Whether all there is so far is `USE *`, whose star is no operator."""
    return len(piece.tokens) == 2 and piece.tokens[1].text == "*"


def _piece(tokens: list[Token], of: Piece, before: Token | None) -> Piece:
    piece = Piece(of.indent, continued=of.continued, before=before)
    for token in tokens:
        piece.add(token)
    return piece
