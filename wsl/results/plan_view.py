"""A plan as it is shown: its steps in words."""

from __future__ import annotations

from wsl.planning import (
    Answer,
    Block,
    Diagnosis,
    Mechanism,
    Plan,
    Redraw,
    Refresh,
    diagnose,
    plan,
    shared_causes,
)
from wsl.results.result import PlanStep, PlanView
from wsl.semantics.checked import Estimate, Explain, Method, Policy, Scenario, Update, Use, Using, reads
from wsl.semantics.question import Question, question_of
from wsl.semantics.requested import figures

_RANKS_BY = {
    Method.SMOOTH_TRAVERSAL: "by its score less that of its most unusual direct cause",
    Method.SCORE_ORDERING: "by its score; of equal ones first that whose direct causes are least unusual",
    Method.TRAVERSAL: "those that are unusual while no direct cause of them is",
    Method.TOCA: "by what its own noise adds to the score of the target, causes before effects",
    Method.CONDITIONAL: "by how unusual it is given its direct causes",
    Method.CIRCA: "by its distance from a linear regression on its direct causes",
    Method.COUNTERFACTUAL: "by its Shapley value: what its noise adds to the score of the target",
}


def view(item: Scenario | Explain) -> PlanView:
    """How a scenario or an EXPLAIN would be answered."""
    return view_plan(plan(item)) if isinstance(item, Scenario) else view_diagnosis(diagnose(item))


def view_diagnosis(diagnosis: Diagnosis) -> PlanView:
    """The steps of an EXPLAIN, in the order they run."""
    explain = diagnosis.explain
    steps = [_select(explain.use), *_regimes(diagnosis)]
    number = len(diagnosis.candidates)
    candidates, each = ("1 candidate", "it") if number == 1 else (f"{number:,} candidates", "each")
    scored = f"{candidates}, by how unusual {each} is among the normal rows"
    if diagnosis.graph is None and explain.use.dataset is None:
        scored = "every variable of the data, by how unusual it is among the normal rows"
    steps.append(PlanStep("score", diagnosis.candidates, (), None, scored))
    steps += [_rank(using, explain.span.line) for using in explain.methods]
    name = f"EXPLAIN {explain.target}"
    return PlanView(name, explain.span.line, explain.target, diagnosis.columns, (), tuple(steps))


def _regimes(diagnosis: Diagnosis) -> list[PlanStep]:
    explain, window = diagnosis.explain, f"where {diagnosis.explain.window_text}"
    moment = f"the row {window}" if explain.one_row else f"the most unusual row of those {window}"
    order = f" in the order of {diagnosis.time}" if diagnosis.time is not None else ""
    normal = f"all other rows, less a gap as long as the window on either side{order}"
    if explain.against_text is not None:
        normal = f"those of the other rows where {explain.against_text}"
    return [
        PlanStep("explain", (explain.target,), reads(explain.window), None, moment, explain.span.line),
        PlanStep("compare", (), reads(explain.against), None, f"with {normal}"),
    ]


def _rank(using: Using, line: int) -> PlanStep:
    parameters = ", ".join(f"{name} = {value}" for name, value in using.parameters.items())
    detail = _RANKS_BY[using.method] + (f"; {parameters}" if parameters else "")
    return PlanStep("rank", (using.method.value,), (), None, detail, line)


def view_plan(plan: Plan) -> PlanView:
    """The steps of a plan, in the order they run."""
    steps = [_select(plan.scenario.use)]
    known: set[Mechanism] = set()
    for step in plan.steps:
        if isinstance(step, Refresh):
            steps += _refresh(step, plan, known)
        elif isinstance(step, Block):
            steps += _block(step, plan, known)
        elif isinstance(step, Answer):
            steps += _answer(step, plan, known)
    scenario = plan.scenario
    steps += _checks(plan)
    columns = dict.fromkeys((*plan.columns, *_times(plan)))
    return PlanView(
        scenario.name, scenario.use.span.line, scenario.target, tuple(columns), plan.pruned, tuple(steps)
    )


def _select(use: Use) -> PlanStep:
    detail = f"the rows of {use.dataset.name if use.dataset else 'the data'}"
    detail += f" where {use.where_text}" if use.where_text else ", all of them"
    detail += f"; a sample of {use.sample:,}" if use.sample else ""
    policy = use.unsupported.policy
    detail += f"; those that the data cannot answer for: {policy.value}" if policy is not Policy.FAIL else ""
    return PlanStep("select", (), (), None, detail, use.span.line)


def _block(block: Block, plan: Plan, known: set[Mechanism]) -> list[PlanStep]:
    steps = [_set(update) for update in block.updates]
    if len(block.updates) > 1:
        lines = " and ".join(str(update.span.line) for update in block.updates)
        steps.append(
            PlanStep("merge", (), (), None, f"lines {lines} run as one: neither feels the other", None)
        )
    for redraw in block.redraws:
        steps += _learn(redraw.mechanism, plan, known)
        steps.append(_redraw(redraw, plan, "where one of them changed"))
    return steps


def _refresh(step: Refresh, plan: Plan, known: set[Mechanism]) -> list[PlanStep]:
    """The baseline of a fresh population."""
    steps = []
    where = "on every row: the baseline of a fresh population"
    for redraw in step.redraws:
        steps += _learn(redraw.mechanism, plan, known)
        steps.append(_redraw(redraw, plan, where))
    for mechanism in step.estimated:
        steps += _learn(mechanism, plan, known)
        names, reads = mechanism.children, mechanism.conditioning
        steps.append(PlanStep("draw", names, reads, None, f"by its estimator, {where}"))
    return steps


def _redraw(redraw: Redraw, plan: Plan, where: str) -> PlanStep:
    given = _read(redraw.mechanism)
    if question_of(plan.scenario.use.knobs) is Question.THESE:
        detail = f"each row keeps its own rank given {given}"
    else:
        detail = "one donor row for all" if len(redraw.drawn) > 1 else "a donor row"
        detail += f" with the same {given}"
    conditioning = redraw.mechanism.conditioning
    return PlanStep("redraw", redraw.drawn, conditioning, redraw.level, f"{detail}, {where}")


def _read(mechanism: Mechanism) -> str:
    """What a mechanism reads, and of what it reads the natural value."""
    return " and ".join(
        f"{name} (as if never set)" if name in mechanism.natural else name for name in mechanism.conditioning
    )


def _set(update: Update) -> PlanStep:
    rows = "where its condition holds" if update.where is not None else "on every row"
    what = "then what follows" if update.intervene else "and nothing else but the target responds"
    return PlanStep("set", update.variables, update.reads, 0, f"{rows}, {what}", update.span.line)


def _learn(mechanism: Mechanism, plan: Plan, known: set[Mechanism]) -> list[PlanStep]:
    if mechanism in known:
        return []
    known.add(mechanism)
    dataset = plan.scenario.use.dataset
    rows = f"{dataset.rows:,} rows" if dataset is not None else "all rows"
    given = f"given {', '.join(mechanism.conditioning)}" if mechanism.conditioning else "on its own"
    return [PlanStep("index", mechanism.children, mechanism.conditioning, None, f"{given}, from {rows}")]


def _answer(step: Answer, plan: Plan, known: set[Mechanism]) -> list[PlanStep]:
    request = step.request
    steps = [found for mechanism in step.mechanisms for found in _learn(mechanism, plan, known)]
    line = request.span.line
    if isinstance(request, Estimate):
        words = [item.text for item in request.requested] + (["its rows"] if request.rows else [])
        reads = tuple(dict.fromkeys(name for m in step.mechanisms for name in m.conditioning))
        by = f", by {', '.join(group.variable for group in request.by)}" if request.by else ""
        into = f", into {request.into.name}" if request.into else ""
        natural = dict.fromkeys(
            f", with {name} as if never set" for m in step.mechanisms for name in m.natural
        )
        ranks = question_of(plan.scenario.use.knobs) is Question.THESE
        what = "as recorded, and with each row's own rank" if ranks else "baseline and scenario"
        detail = f"{what}{by}{into}{''.join(natural)}"
        steps.append(PlanStep("estimate", tuple(words), reads, None, detail, line))
        steps += _second(step)
    else:
        steps.append(PlanStep("expect", (request.text,), (), None, "passes or fails", line))
    for name in dict.fromkeys(f.estimated for f in figures(request) if f.coupled and f.estimated):
        causes = shared_causes(plan.scenario, name)
        given = f"given {', '.join(causes)}" if causes else "over all rows together"
        alone = question_of(plan.scenario.use.knobs) is not Question.THESE
        where = ", in redraws made for this alone" if alone else ""
        detail = f"each row keeps its rank{where}; without that, bounds {given}"
        steps.append(PlanStep("compare", (name,), causes or (), None, detail, line))
    return steps


def _second(step: Answer) -> list[PlanStep]:
    """The second way to the effect on the target's mean."""
    way = step.adjustment
    if way is None or not way.sets:
        return []
    adjusted = " or else ".join(" and ".join(names) or "nothing" for names in way.sets)
    detail = f"a second answer for its mean, straight from {' and '.join(way.variables)}"
    detail += f", adjusted for {adjusted}"
    return [PlanStep("adjust", (way.target,), way.variables, None, detail, step.request.span.line)]


def _checks(plan: Plan) -> list[PlanStep]:
    """Whether what is learned from all rows holds for those of USE, and at all times."""
    use, names = plan.scenario.use, tuple(name for name, _ in plan.checked)
    chosen = use.where is not None and "donors" not in use.knobs
    compared = ["those of USE's rows with the others'"] if chosen else []
    compared += [f"those of each stretch of {time} with the others'" for time in _times(plan)]
    if not names or not compared:
        return []
    detail = f"whether what is learned holds, by ranks: {', and '.join(compared)}"
    return [PlanStep("check", names, _times(plan), None, detail, None)]


def _times(plan: Plan) -> tuple[str, ...]:
    """The time that checks read, where there is one."""
    return (plan.time,) if plan.time is not None else ()
