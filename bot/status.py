"""How a task stands, or why one of its steps went as it did, said in a few lines to whoever asks. Pure.

Arguments, and people's words but for the task's own, are left out: they may hold what only the card knows how to hide.
"""

from collections.abc import Collection, Iterable, Iterator

from agent_core.checkpoint import Checkpoint
from agent_core.people import People
from agent_core.proposal import Proposal, Score
from agent_core.records import Decided, Entry, Line, Proposed, Record, ScoreStands, StepEnded
from agent_core.rules.approvals import whom
from agent_core.words import Digest
from bot.wording import OUTCOMES

HOW = {
    "approved": "It was approved",
    "rejected": "It was rejected",
    "edited": "It was edited",
    "corrected": "It was corrected",
    "expired": "It expired",
    "withdrawn": "It was withdrawn",
}


def phi_words(phi: float | None) -> str:
    """Say Φ, or that there is none yet."""
    return "not scored yet" if phi is None else f"Φ {phi:.1f}"


def described(checkpoint: Checkpoint) -> str:
    """Say how a task stands, in a few lines; a line break in its own words makes none."""
    phase, tally = checkpoint.phase, checkpoint.tally
    how = f" ({phase.how}: {phase.why})" if phase.kind == "finished" else ""
    return "\n".join(
        (
            f"Task: {' '.join(checkpoint.purpose.split())}",
            f"For <@{checkpoint.requester}>, {phase.kind.replace('_', ' ')}{how}",
            f"{phi_words(checkpoint.phi)}, step {checkpoint.step}, {tally.succeeded} of {tally.steps} steps succeeded",
            f"ID: {checkpoint.thread_id}",
        )
    )


def step_described(lines: Iterable[Line], step: int) -> str:
    """Say why a step was asked about or not, who decided, and how it ended; nothing if there was no such step."""
    records = [record for line in lines if isinstance(line, Entry) for record in line.records]
    proposals = {
        record.proposal.digest: record.proposal
        for record in records
        if isinstance(record, Proposed) and record.proposal.step == step
    }
    if not proposals:
        return ""
    newest = list(proposals.values())[-1]
    return "\n".join((f"Step {step}: {newest.call.tool}, {newest.call.risk} risk", *asked_of(newest),
                      *(said for record in records for said in told_of(record, proposals, step))))  # fmt: skip


def asked_of(proposal: Proposal) -> Iterator[str]:
    """Say which rules made it so."""
    if proposal.allowed:
        yield f"Policy allowed it: {', '.join(proposal.because)}"
    for need in proposal.requirements:
        yield f"Policy asked {need.quorum} of {whom(need.approvers)}: {need.rule}"
    if proposal.taught:
        yield f"Taught rules that changed it or spoke of it: {', '.join(proposal.taught)}"


def told_of(record: Record, proposals: Collection[Digest], step: int) -> Iterator[str]:
    """Say what one record tells of the step."""
    match record:
        case Decided() if record.digest in proposals:
            by = whom(People(users=frozenset(record.by)))
            yield HOW[record.how] + (f" by {by}" if record.by else "")
        case StepEnded() if record.run.step == step:
            exit_code = "" if record.run.exit_code is None else f", exit code {record.run.exit_code}"
            yield f"It {OUTCOMES[record.run.outcome]}{exit_code}"
        case ScoreStands() if record.score.step == step:
            yield from scored(record.score)
        case _:
            pass


def scored(score: Score) -> Iterator[str]:
    """Say how far the step brought the task, and what moved the figure from the critic's."""
    by = f", set by <@{score.overridden_by}>" if score.overridden_by else ""
    yield f"Φ {score.before:.1f} → {score.after:.1f}{by}"
    yield from (f"Because {because}" for because in score.because)
