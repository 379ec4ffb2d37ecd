"""The claim and what becomes of a call: may it start now, how did it end, what if nobody knows. Pure.

The claim is the committed ToolStarted; its version is the fence that every result must name. Who approved is counted
again from people looked up afresh, and policy is asked again if it changed: same or laxer runs, stricter asks again.
"""

from datetime import datetime

from agent_core.checkpoint import RECENT, Card, Tally
from agent_core.effects import Say, Score
from agent_core.errors import Refused
from agent_core.inputs import ToolFailed, ToolFinished, ToolStarted
from agent_core.learning.taught import taught
from agent_core.phases import Acting, AwaitingApproval, OutcomeUnknown, Paused, Scoring
from agent_core.policy import Verdict, is_stricter
from agent_core.proposal import Claim, Outcome, Proposal, StepRun
from agent_core.records import Decided, StepEnded, Struck
from agent_core.rules.approvals import recount, whom_still
from agent_core.rules.book import Rules
from agent_core.rules.brief import brief_run
from agent_core.rules.digests import digest_of
from agent_core.rules.draft import do, enter, excerpt, keep, settle, show, turn
from agent_core.rules.endings import expire, finish, pending_work
from agent_core.rules.propose import Step, deny, judge, place_of, propose
from agent_core.rules.thinking import think
from agent_core.transition import Transition
from agent_core.values import replace


def step_again(proposal: Proposal) -> Step:
    """Say how to propose the same step once more."""
    return Step(
        tool=proposal.call.tool,
        args_json=proposal.call.args_json,
        number=proposal.step,
        thought=proposal.thought,
        expect=proposal.expect,
        editor=proposal.editor,
        edit_note=proposal.edit_note,
        original_json=proposal.original_json,
    )


def verdict_of(proposal: Proposal) -> Verdict:
    """Say what policy had asked when the proposal was made."""
    return Verdict(
        decision="allow" if proposal.allowed else "ask",
        requirements=proposal.requirements,
        not_requester=proposal.not_requester,
        not_editor=proposal.not_editor,
        timeout_s=(proposal.expires_at - proposal.made_at).total_seconds(),
        escalate=proposal.escalate,
        because=proposal.because,
    )


def replace_proposal(draft: Transition, old: Proposal, words: str, rules: Rules, now: datetime) -> Transition:
    """Judge the same step anew and put what comes of it in the old proposal's place."""
    card = draft.checkpoint.card(old.card)
    if card is not None:
        draft = show(draft, replace(card, state="closed", at=now, words=words))
    draft = keep(draft, Decided(digest=old.digest, how="withdrawn", words=words))
    step = step_again(old)
    try:
        judged = judge(draft.checkpoint, step.tool, step.args_json, rules, now)
    except Refused as no:
        return finish(draft, "failed", f"The step can no longer be made: {no.words}", now)
    if judged.verdict.decision == "deny":
        return think(deny(draft, step, judged.call, judged.verdict.because, now), now)
    return propose(do(draft, Say(words=words)), step, judged, rules, now)


def claim(draft: Transition, phase: Acting, started: ToolStarted, rules: Rules, now: datetime) -> Transition:
    """Let the call start, or put the step back to people if what it rests on no longer holds."""
    proposal = phase.proposal
    dropped = settle(draft, *pending_work(draft.checkpoint))
    if not proposal.allowed and now > proposal.expires_at:
        return expire(dropped, proposal, now)
    if has_changed(draft, proposal, rules, now):
        words = f"Step {proposal.step} was not run: its tool, the policy or what was taught changed meanwhile."
        return replace_proposal(dropped, proposal, words, rules, now)
    if not is_as_shown(draft, proposal, started, rules):
        return finish(dropped, "failed", "The step is not the one that was shown, so it was not run.", now)
    counted = recount(proposal, started.approvers, draft.checkpoint.requester)
    if counted.missing():
        return strike(dropped, proposal, counted, now)
    return begun(draft, phase, counted, started, now)


def claim_again(
    draft: Transition, phase: Acting, started: ToolStarted, rules: Rules, now: datetime
) -> Transition | None:
    """Let a call that may be repeated start again after its worker was lost, or give None if it may not any more."""
    proposal = phase.proposal
    counted = recount(proposal, started.approvers, draft.checkpoint.requester)
    holds = (
        phase.stopping is None
        and not has_changed(draft, proposal, rules, now)
        and is_as_shown(draft, proposal, started, rules)
        and not counted.missing()
    )
    return begun(draft, phase, counted, started, now) if holds else None


def begun(draft: Transition, phase: Acting, counted: Proposal, started: ToolStarted, now: datetime) -> Transition:
    """Mark the call as started; the version of this commit is the fence."""
    made = Claim(fence=draft.checkpoint.version, started_at=now, worker=started.worker)
    draft = replace(enter(draft, replace(phase, proposal=counted, claim=made), now), begins=True)
    card = draft.checkpoint.card(counted.card)
    return draft if card is None else show(draft, replace(card, state="running", at=now))


def is_as_shown(draft: Transition, proposal: Proposal, started: ToolStarted, rules: Rules) -> bool:
    """Tell whether what is about to run is what the digest names, and what the worker was told to run."""
    expected = digest_of(
        rules.key,
        thread_id=draft.checkpoint.thread_id,
        requester=draft.checkpoint.requester,
        step=proposal.step,
        call=proposal.call,
        policy_version=proposal.policy_version,
    )
    return expected == proposal.digest == started.digest


def has_changed(draft: Transition, proposal: Proposal, rules: Rules, now: datetime) -> bool:
    """Tell whether the tool is another, or policy or what was taught now asks for more than it did."""
    spec = rules.tools.get(proposal.call.tool)
    if spec is None or spec.fingerprint != proposal.call.fingerprint:
        return True
    return is_forbidden_since(draft, proposal, rules, now) or policy_got_stricter(draft, proposal, rules, now)


def is_forbidden_since(draft: Transition, proposal: Proposal, rules: Rules, now: datetime) -> bool:
    """Tell whether people taught meanwhile that such a step must not run; what they set is for the next proposal."""
    call = proposal.call
    place = place_of(draft.checkpoint)
    return bool(taught(rules.lessons, place, now, tool=call.tool, args_json=call.args_json).denied)


def policy_got_stricter(draft: Transition, proposal: Proposal, rules: Rules, now: datetime) -> bool:
    """Ask a policy that changed since the proposal was made."""
    if rules.policy.version == proposal.policy_version:
        return False
    try:
        judged = judge(draft.checkpoint, proposal.call.tool, proposal.call.args_json, rules, now)
    except Refused:
        return True
    return is_stricter(verdict_of(proposal), judged.verdict)


def strike(draft: Transition, proposal: Proposal, counted: Proposal, now: datetime) -> Transition:
    """Take back approvals that no longer count, and wait for others."""
    left = {approval.by.id for approval in counted.approvals}
    gone = tuple(approval.by.id for approval in proposal.approvals if approval.by.id not in left)
    draft = keep(draft, Struck(digest=proposal.digest, people=gone, still_needed=counted.missing()))
    draft = enter(draft, AwaitingApproval(proposal=counted), now)
    names = " and ".join(f"<@{person}>" for person in gone)
    lost = f"The approval by {names} no longer counts." if gone else "An approval counts for less than it did."
    words = f"{lost} Still needed: {whom_still(counted)}."
    card = draft.checkpoint.card(proposal.card)
    if card is not None:
        draft = show(draft, replace(card, state="waiting", proposal=counted, words=words, at=now))
    return do(draft, Say(words=words))


def is_unsure(phase: Acting, given: ToolFinished | ToolFailed) -> bool:
    """Tell whether a call may have happened though it did not end by itself; what may be repeated asks nobody."""
    cut_short = isinstance(given, ToolFailed) and given.how in ("timed_out", "stopped")
    return cut_short and phase.proposal.call.effect != "idempotent"


def how_cut_short(phase: Acting, given: ToolFailed) -> str:
    """Say in one line why a call has no end of its own, and below it what it had printed."""
    who = f"Stopped by <@{phase.stopping}>. " if phase.stopping and given.how == "stopped" else ""
    return f"{who}{given.words or 'It may have happened.'}\n{excerpt(given.stdout, given.stderr)}".strip()


def credit_stop(draft: Transition, phase: Acting, outcome: Outcome) -> Transition:
    """Have the step's next face say who stopped it, or forget that somebody tried."""
    if phase.stopping is None:
        return draft
    words = f"Stopped by <@{phase.stopping}>." if outcome == "stopped" else ""
    cards = tuple(
        replace(card, words=words, by=(phase.stopping,)) if card.key == phase.proposal.card else card
        for card in draft.checkpoint.cards
    )
    return turn(draft, replace(draft.checkpoint, cards=cards))


def is_current(phase: Acting, given: ToolFinished | ToolFailed) -> bool:
    """Tell whether a result is that of the claim in force."""
    return phase.claim is not None and given.fence == phase.claim.fence


def run_of(phase: Acting, given: ToolFinished | ToolFailed, version: int, now: datetime) -> StepRun:
    """Say how the step ended; ``version`` is that of the journal entry which keeps all that it printed."""
    outcome: Outcome
    if isinstance(given, ToolFinished):
        outcome, words = ("ok" if given.ok else "failed"), ""
    else:
        outcome, words = given.how, given.words
    run = run_as(phase.proposal, outcome, excerpt(given.stdout, given.stderr, words), now)
    return replace(run, exit_code=given.exit_code if isinstance(given, ToolFinished) else None, output_at=version)


def run_as(proposal: Proposal, outcome: Outcome, words: str, now: datetime) -> StepRun:
    """Say how a proposal's step ended, and on whose word; what it printed itself is known elsewhere or to nobody."""
    return StepRun(
        step=proposal.step,
        digest=proposal.digest,
        call=proposal.call,
        outcome=outcome,
        excerpt=words,
        ended_at=now,
        approved_by=tuple(approval.by.id for approval in proposal.approvals),
        edited_by=proposal.editor,
    )


def ended(draft: Transition, proposal: Proposal, run: StepRun, now: datetime) -> Transition:
    """Count a step that ended, show it, and have it scored."""
    draft = count(draft, proposal, run, now)
    asked = draft.checkpoint.version
    return enter(draft, Scoring(asked=asked, run=run), now, Score())


def count(draft: Transition, proposal: Proposal, run: StepRun, now: datetime) -> Transition:
    """Keep how a step ended: in the tally, among the recent ones, in the journal and on its card."""
    checkpoint = draft.checkpoint
    tally: Tally = replace(
        checkpoint.tally, steps=checkpoint.tally.steps + 1, succeeded=checkpoint.tally.succeeded + int(run.ok)
    )
    recent = (*map(brief_run, checkpoint.recent), run)[-RECENT:]
    draft = turn(draft, replace(checkpoint, tally=tally, recent=recent), StepEnded(run=run))
    card = draft.checkpoint.card(proposal.card)
    if card is None:
        return draft
    return show(draft, replace(card, about="proposal", state="done" if run.ok else "failed", run=run, at=now))


def ended_by_abort(draft: Transition, phase: Acting, run: StepRun, now: datetime) -> Transition:
    """Count the step that ran as its task was aborted, and end the task."""
    how = run.outcome.replace("_", " ")
    why = f"Aborted{by_whom(phase)}; the step that ran ended as: {how}."
    return finish(count(draft, phase.proposal, run, now), "aborted", why, now)


def by_whom(phase: Acting) -> str:
    """Name who stops the call, to be said after what was done."""
    return f" by <@{phase.stopping}>" if phase.stopping else ""


def unknown(draft: Transition, phase: Acting, claimed: Claim, words: str, now: datetime) -> Transition:
    """Say that nobody can tell whether the call happened, and ask; where the task was to end, end it.

    A task that is paused stays so. The first line of the words says why nobody can tell; what the call had printed
    stands below it.
    """
    if phase.aborting:
        look = "look before you start it again."
        why = f"Aborted{by_whom(phase)}. It is not known whether step {phase.proposal.step} happened: {look}"
        return finish(draft, "aborted", why, now)
    asked, pause = unclear(phase, claimed, words), draft.checkpoint.phase
    there = replace(pause, was=asked) if isinstance(pause, Paused) else asked
    return ask_what_happened(enter(draft, there, now), phase.proposal, words, now)


def unclear(phase: Acting, claimed: Claim, words: str) -> OutcomeUnknown:
    """Give the phase in which people are asked what happened."""
    return OutcomeUnknown(proposal=phase.proposal, claim=claimed, excerpt=excerpt("", "", words.partition("\n")[2]))


def ask_what_happened(draft: Transition, proposal: Proposal, words: str, now: datetime) -> Transition:
    """Put on the step's card, or on a new one, that it is not known whether it happened: its first line says why."""
    words = words.partition("\n")[0]
    card = draft.checkpoint.card(proposal.card) or Card(
        key=proposal.card, about="unknown", state="unknown", changed=0, proposal=proposal
    )
    draft = show(draft, replace(card, about="unknown", state="unknown", words=words, at=now))
    return do(draft, Say(words=f"I can't tell whether step {proposal.step} happened. Look, and say so on its card."))
