"""Did you mean: the nearest of the names that would have been right."""

from __future__ import annotations

from collections.abc import Iterable


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that differs only by case or blanks around it, else by word order, else by few edits.

    Before these comes the only one that goes on after a dot: `web.latency` for `web`.
    """
    known = sorted(set(candidates))
    folded = name.strip().casefold()
    for candidate in sorted(known, key=lambda candidate: candidate != candidate.strip()):
        if candidate.strip().casefold() == folded:
            return candidate
    words = sorted(_words(folded))
    for candidate in known:
        if sorted(_words(candidate.casefold())) == words:
            return candidate
    longer = [candidate for candidate in known if candidate.casefold().startswith(f"{folded}.")]
    if len(longer) == 1:
        return longer[0]
    limit = max(1, len(name) // 3)
    scored = [(edits(folded, candidate.casefold(), limit), candidate) for candidate in known]
    distance, best = min(scored, default=(limit + 1, ""))
    return best if distance <= limit and distance < len(name) else None


def edits(left: str, right: str, limit: int) -> int:
    """The optimal string alignment distance (a swap of neighbours is one edit); above `limit`, limit + 1."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    older: list[int] = []
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        older, previous = previous, current
    return min(previous[-1], limit + 1)


def _words(name: str) -> list[str]:
    return [word for word in name.replace(".", "_").replace("-", "_").split("_") if word]
