"""One card of every face, with the state of the task that it belongs to."""

from collections.abc import Mapping
from dataclasses import replace

from agent_core.checkpoint import Card, CardState, Checkpoint
from agent_core.phases import Acting, AwaitingAnswer, AwaitingApproval, AwaitingScoreReview, Finished, Paused, Phase
from agent_core.proposal import Approval, Call, Proposal, canonical
from agent_core.rules.book import Limits, ToolSpec
from agent_core.rules.summary import Deed, Summary
from agent_core.words import CardKey, LessonId
from bot.blocks.cards import CardView
from tests.examples import (
    ACTING,
    APPROVED,
    APPROVER,
    FINISHED,
    LEAD,
    NOON,
    OUTCOME_UNKNOWN,
    PROPOSAL,
    QUESTION,
    REQUESTER,
    REQUIREMENT,
    RUN,
    SCORE,
    SCORING,
    THINKING,
    WAITING,
)

LIMITS = Limits()
SPEC = ToolSpec(
    name="restart_service",
    description="Restart one systemd service.",
    schema_json=canonical(
        {
            "type": "object",
            "properties": {"service": {"type": "string", "pattern": "^[a-z0-9-]+$", "description": "Which one."}},
            "required": ["service"],
            "additionalProperties": False,
        }
    ),
    fingerprint="f1" * 8,
)
TWO = replace(PROPOSAL, requirements=(replace(REQUIREMENT, quorum=2),))
HALF = replace(TWO, approvals=(Approval(by=APPROVER, at=NOON, counts_for=(0,), note="Looks right."),))
STAGED = replace(
    PROPOSAL,
    requirements=(REQUIREMENT, replace(REQUIREMENT, stage=1)),
    escalated=True,
    editor=APPROVER.id,
    not_editor=True,
    phi=None,
)
EDITED = replace(
    PROPOSAL,
    call=replace(PROPOSAL.call, args_json=canonical({"service": "checkout"})),
    original_json=PROPOSAL.call.args_json,
    editor=APPROVER.id,
    edit_note="The cart is fine.",
)
LONG = replace(PROPOSAL, call=replace(PROPOSAL.call, args_json=canonical({"script": "set -e\n" + "echo on\n" * 800})))
SCORED = replace(SCORE, digest=RUN.digest)
ANSWERED = "cart, please"
SUMMARY = Summary(
    steps=2,
    succeeded=1,
    reward=5.0,
    phi_start=0.0,
    phi_end=9.2,
    course="▁▃█",
    deeds=(
        Deed(step=1, tool="read_status", args_json="{}", outcome="ok", approved_by=(), edited_by=None),
        Deed(
            step=2,
            tool="restart_service",
            args_json="{}",
            outcome="failed",
            approved_by=(APPROVER.id, LEAD.id),
            edited_by=LEAD.id,
        ),
        Deed(step=3, tool="delete_logs", args_json="{}", outcome="rejected", against=(LEAD.id,)),
        Deed(step=4, tool="rm", args_json="{}", outcome="denied"),
    ),
    more_deeds=1,
    learned=("deny when tool = restart_service",),
)


def mark(text: str) -> str:
    """Tell secrets apart without a key, which tests do not need."""
    return f"{sum(text.encode()):08x}"


def face(state: CardState, phase: Phase, proposal: Proposal | None = PROPOSAL, **facts: object) -> CardView:
    """Make a view of a card in this state, in a task in this phase."""
    usual = {
        "key": proposal.card if proposal else CardKey("other"),
        "about": "proposal" if proposal else "step",
        "state": state,
        "changed": 3,
        "proposal": proposal,
        "at": NOON,
    }
    card = Card(**{**usual, **facts})  # type: ignore[arg-type]  # facts are Card's own fields
    checkpoint: Checkpoint = replace(WAITING, phase=phase, cards=(card,), score=SCORED)
    return CardView(checkpoint=checkpoint, card=card, limits=LIMITS, mark=mark, spec=SPEC)


def waits(proposal: Proposal) -> CardView:
    """Make a view of a proposal that waits."""
    return face("waiting", AwaitingApproval(proposal=proposal), proposal)


PAUSED_HERE = Paused(was=AwaitingApproval(proposal=PROPOSAL), by=REQUESTER.id, at=NOON)
BUDGET = replace(QUESTION, about="budget", options=(), text="The budget is used up: 900 s of working time. Extend it?")
ENDED = Finished(how="out_of_budget", why="The limit is reached.", at=NOON)

FACES: Mapping[str, CardView] = {
    "waiting": waits(PROPOSAL),
    "half_decided": waits(HALF),
    "staged": waits(STAGED),
    "edited_anew": waits(EDITED),
    "too_long": waits(LONG),
    "withdrawn_approval": face(
        "waiting", AwaitingApproval(proposal=TWO), TWO, words=f"<@{APPROVER.id}> took the approval back."
    ),
    "reconsidered": face("reconsidered", replace(THINKING, held=PROPOSAL), by=(REQUESTER.id,), words="Use checkout."),
    "waiting_paused": face("paused", PAUSED_HERE, words=f"Paused by <@{REQUESTER.id}>."),
    "released": face("approved", Acting(proposal=APPROVED, asked=3), APPROVED, words="x"),
    "held_by_a_lock": face(
        "approved",
        Acting(proposal=APPROVED, asked=3),
        APPROVED,
        words="Waits for https://example.slack.com/archives/C0STAGING/p1772452800000100: service:cart is in use.",
    ),
    "held_by_a_lock_of_any_name": face(
        "approved",
        Acting(proposal=APPROVED, asked=3),
        APPROVED,
        words="Waits for another task: <@U0VICTIM> https://evil.test/archives/C0X/p1\n*bold* is in use.",
    ),
    "held_by_the_stop": face(
        "approved",
        Acting(proposal=APPROVED, asked=3),
        APPROVED,
        words=f"Waits. Everything was stopped by <@{LEAD.id}> at 12:00 UTC on 2026-03-02.",
    ),
    "stopping_in_words": face(
        "stopping", replace(ACTING, claim=None), APPROVED, words=f"Being stopped by <@{LEAD.id}>."
    ),
    "running_at_the_end": face("running", FINISHED, APPROVED),
    "question_with_many_options": face(
        "asked",
        AwaitingAnswer(question=QUESTION),
        None,
        about="question",
        question=replace(QUESTION, options=tuple("abcdefghijklmnop")),
    ),
    "final_short": replace(
        face("closed", ENDED, None, about="final", key=CardKey("final")),
        summary=replace(SUMMARY, more_deeds=0, learned=(), course=""),
    ),
    "taught": face(
        "done",
        THINKING,
        replace(APPROVED, taught=(LessonId("heuristic:1f2e3d"),), because=("restarts are asked for",)),
        run=replace(RUN, excerpt=""),
        score=replace(SCORED, evidence="", because=(f"<@{LEAD.id}> scored exactly this state 4 (override:1)",)),
    ),
    "advised": waits(replace(PROPOSAL, advice=(f"Look first, <@U0BOSS> said so. (<@{LEAD.id}>)",))),
    "unscored_at_the_end": face("done", FINISHED, APPROVED, run=replace(RUN, excerpt=""), score=None),
    "stopping_silently": face("stopping", replace(ACTING, stopping=LEAD.id), APPROVED),
    "paused_for_ever": face("paused", PAUSED_HERE, None, about="paused", at=None),
    "answered_by_button": face("answered", THINKING, None, about="question", question=QUESTION, by=(REQUESTER.id,)),
    "unknown_plain": face("unknown", replace(OUTCOME_UNKNOWN, excerpt=""), APPROVED, about="unknown", words="It died."),
    "approved": face("approved", replace(ACTING, claim=None), APPROVED, by=(APPROVER.id,)),
    "running": face("running", ACTING, APPROVED, by=(APPROVER.id,)),
    "stopping": face("stopping", replace(ACTING, stopping=LEAD.id), APPROVED, words=f"Being stopped by <@{LEAD.id}>."),
    "allowed_running": face("running", Acting(proposal=APPROVED, asked=3), replace(APPROVED, allowed=True)),
    "rejected": face("rejected", THINKING, by=(APPROVER.id,), words="wrong target: not that one"),
    "edited": face("edited", THINKING, by=(APPROVER.id,)),
    "corrected": face("corrected", THINKING, by=(REQUESTER.id,), words="use checkout"),
    "expired": face("expired", FINISHED, words="Nobody decided in time, so the step was not run."),
    "withdrawn": face("withdrawn", THINKING, words="It was withdrawn."),
    "denied": face("denied", THINKING, words="Nobody may approve this step (U0GONE), so it was not run."),
    "closed": face("closed", FINISHED, words=f"Aborted by <@{LEAD.id}>."),
    "being_scored": face("done", SCORING, APPROVED, run=RUN),
    "done": face("done", THINKING, APPROVED, run=RUN, score=SCORED),
    "failed": face("failed", FINISHED, APPROVED, run=replace(RUN, outcome="timed_out", exit_code=None), score=SCORED),
    "done_by_policy": face("done", THINKING, None, run=replace(RUN, approved_by=(), edited_by=LEAD.id), score=SCORED),
    "scored_without_run": face("done", THINKING, None, score=SCORE),
    "overridden": face(
        "done", THINKING, None, run=RUN, score=replace(SCORED, overridden_by=LEAD.id, why="Queue is full.", because=())
    ),
    "review": face("review", AwaitingScoreReview(score=SCORED, asked_version=3), APPROVED, run=RUN, score=SCORED),
    "reviewed": face("review", THINKING, None, score=SCORED),
    "question": face("asked", AwaitingAnswer(question=QUESTION), None, about="question", question=QUESTION),
    "question_lost": face("closed", THINKING, None, about="question", words="This is over."),
    "question_rejected": face(
        "asked",
        AwaitingAnswer(question=QUESTION),
        None,
        about="question",
        question=replace(QUESTION, about="rejected", expires_at=None),
    ),
    "question_budget": face("asked", AwaitingAnswer(question=BUDGET), None, about="question", question=BUDGET),
    "answered": face(
        "answered", THINKING, None, about="question", question=QUESTION, by=(REQUESTER.id,), words=ANSWERED
    ),
    "question_closed": face("closed", FINISHED, None, about="question", question=QUESTION, words="Φ reached 9."),
    "question_forgotten": face("closed", FINISHED, None, about="question", question=QUESTION),
    "unknown": face("unknown", OUTCOME_UNKNOWN, APPROVED, about="unknown", words="The worker died."),
    "unknown_far": face(
        "unknown",
        replace(OUTCOME_UNKNOWN, excerpt="\n".join(f"line {nth} of the log" for nth in range(40))),
        APPROVED,
        about="unknown",
        by=(LEAD.id,),
        words=f"Stopped by <@{LEAD.id}>. restart_service was stopped while it ran. It may have happened.",
    ),
    "unknown_paused": face("unknown", THINKING, APPROVED, about="unknown"),
    "paused": face("paused", PAUSED_HERE, None, about="paused", words=f"Paused by <@{REQUESTER.id}>."),
    "resumed": face("closed", THINKING, None, about="paused", words=f"Resumed by <@{LEAD.id}>."),
    "final": replace(
        face("closed", ENDED, None, about="final", key=CardKey("final"), words="The limit is reached."),
        summary=SUMMARY,
    ),
    "final_idle": replace(
        face("closed", ENDED, None, about="final", key=CardKey("final")),
        summary=Summary(
            steps=0, succeeded=0, reward=0.0, phi_start=0.0, phi_end=0.0, course="", deeds=(), more_deeds=0, learned=()
        ),
    ),
    "final_silent": replace(
        face("closed", FINISHED, None, about="final", key=CardKey("final")),
        checkpoint=replace(WAITING, phase=FINISHED, recent=(replace(RUN, excerpt=""),)),
    ),
    "many_needs": waits(replace(PROPOSAL, requirements=tuple(replace(REQUIREMENT, rule=str(n)) for n in range(8)))),
    "noted": face("waiting", AwaitingApproval(proposal=HALF), HALF, by=(APPROVER.id,), words="Looks right."),
    "much_approved": face("running", ACTING, replace(APPROVED, approvals=HALF.approvals * 8)),
    "accepted": face(
        "done", THINKING, APPROVED, run=RUN, score=SCORED, by=(LEAD.id,), words=f"Accepted by <@{LEAD.id}>."
    ),
    "final_bare": face("closed", FINISHED, None, about="final", key=CardKey("final"), at=None),
}


def calling(args: Mapping[str, object], tool: str = "restart_service") -> Proposal:
    """Make a proposal with these arguments."""
    args_json = canonical(dict(args))  # type: ignore[arg-type]  # JSON values
    return replace(PROPOSAL, call=Call(tool=tool, args_json=args_json, fingerprint="f1" * 8))
