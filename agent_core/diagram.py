"""The map of all tasks, drawn from what the phases say: every pair of phase and input, and a picture. Pure."""

from collections.abc import Iterator

from agent_core.decide import ANYWHERE, LEADS_TO, STAYS_WHEN_LATE
from agent_core.errors import INSTEAD, PHASE_WORDS

PEOPLE = (
    "open", "start", "fork", "rewind", "approve", "reject", "edit", "withdraw", "override_phi", "accept_score",
    "teach", "forget", "confirm_rule", "correct", "answer", "inquire", "pause", "resume", "abort", "stop",
    "extend_budget", "resolve_unknown",
)  # fmt: skip
WORLD = (
    "opened", "model_replied", "model_failed", "no_approver", "tool_started", "tool_held", "tool_finished",
    "tool_failed", "outcome_unknown", "read_back", "scored", "card_posted", "card_lost", "surface_lost", "restored",
    "timer_fired",
)  # fmt: skip
NEVER_THERE = frozenset({"absent", "opening"})
MAIN = (
    "start", "model_replied", "approve", "tool_started", "tool_finished", "scored", "reject", "correct", "answer",
    "resume", "resolve_unknown",
)  # fmt: skip


def cell(phase: str, what: str) -> str:
    """Say what one input does in one phase."""
    leads = LEADS_TO[phase].get(what)
    if phase not in NEVER_THERE and what in ANYWHERE:
        return "taken, stays"
    if leads:
        return "→ " + ", ".join(sorted(leads))
    if phase not in NEVER_THERE and what in STAYS_WHEN_LATE:
        return "late: recorded"
    return "refused"


def table() -> str:
    """Write every pair of phase and input as a Markdown table for each phase."""
    return "\n".join(line for phase in LEADS_TO for line in of_phase(phase))


def of_phase(phase: str) -> Iterator[str]:
    """Write one phase: what is taken, and how everything else is refused."""
    yield f"## {phase}"
    yield ""
    yield f"Refused with: “{PHASE_WORDS[phase]} So “…” does nothing now. {INSTEAD[phase]}”"
    yield ""
    yield "| input | what it does |"
    yield "|---|---|"
    for what in (*PEOPLE, *WORLD):
        yield f"| `{what}` | {cell(phase, what)} |"
    yield ""


def mermaid() -> str:
    """Draw the main ways of a task as a Mermaid state diagram."""
    ways: dict[tuple[str, str], list[str]] = {}
    for phase, inputs in LEADS_TO.items():
        for what in MAIN:
            for there in sorted(inputs.get(what, ())):
                if there != phase:
                    ways.setdefault((phase, there), []).append(what)
    lines = ["stateDiagram-v2"]
    for (here, there), named in ways.items():
        start = "[*]" if here == "absent" else here
        lines.append(f"    {start} --> {there}: {', '.join(named)}")
    lines.append("    finished --> [*]")
    return "\n".join(lines)


def states_page() -> str:
    """Write docs/states.md."""
    return (
        "# States\n\nEvery phase and every input, generated from `agent_core.decide.LEADS_TO` and held true by a test"
        " (`python -m tests.house` writes it anew).\nA reply in a thread is read as `answer`, `correct` or `inquire`"
        " first, by the phase and its words; bare assent is refused.\nPaused wraps the phase that it interrupted.\n\n"
        f"{table()}"
    )
