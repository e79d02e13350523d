"""What a request asks for, and what else it reads."""

from __future__ import annotations

from collections.abc import Iterator

from wsl.semantics.checked import Estimate, Expect, Figure, figures_of, reads


def figures(step: Estimate | Expect) -> Iterator[Figure]:
    """Every figure of a request."""
    formulas = [item.formula for item in step.requested] if isinstance(step, Estimate) else [step.formula]
    for formula in formulas:
        for value in figures_of(formula):
            yield value.figure


def requested_variables(step: Estimate | Expect, target: str | None) -> tuple[str, ...]:
    """The variables that a request has an estimator answer for."""
    names = [figure.estimated for figure in figures(step)]
    if isinstance(step, Estimate) and step.rows:
        names.append(target)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def asked_for(step: Estimate | Expect) -> tuple[str, ...]:
    """The variables that the figures of a request are of, whether or not an update reaches them."""
    names = (name for figure in figures(step) for name in reads(figure.argument, recorded=False))
    return tuple(dict.fromkeys(names))


def read_by(step: Estimate | Expect) -> tuple[str, ...]:
    """Variables that a request reads: in its figures, its WHERE, and BY SCENARIO."""
    names = [name for figure in figures(step) for name in reads(figure.argument)]
    names += [group.variable for group in step.by if group.scenario]
    return tuple(dict.fromkeys((*names, *reads(step.where))))
