"""How a call becomes a proposal: checked against its schema, changed by what people taught, judged by policy. Pure.

Three ways out: allowed (it runs), asked (it waits on a card) or denied (it does not run, and the thread says so). The
same way is taken by the actor's steps, by edits, by a second try and by a policy that became stricter.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent_core.checkpoint import RECENT, Card, Checkpoint
from agent_core.effects import Notify, RunTool, Say
from agent_core.errors import Refused
from agent_core.learning.taught import Place, Taught, spelled, taught
from agent_core.people import EVERYBODY_HERE
from agent_core.phases import Acting, AwaitingApproval
from agent_core.policy import Verdict, evaluate
from agent_core.proposal import Call, Proposal, Requirement, StepRun, canonical
from agent_core.records import Denied, Proposed
from agent_core.rules.book import Rules, ToolSpec
from agent_core.rules.brief import brief_args, brief_run
from agent_core.rules.digests import digest_of
from agent_core.rules.draft import cut, do, enter, excerpt, keep, show, turn
from agent_core.rules.schema import coerce, problems, with_defaults
from agent_core.transition import Transition
from agent_core.values import replace
from agent_core.words import Args, Json, PersonId

APPROVER_SETS = 16
TAUGHT_BY = re.compile(r"taught by <@([UW][A-Z0-9]{1,30})>")
ADVICE = 8  # of the newest words that apply; a card has no room for more


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is to be proposed, and where it comes from; ``number`` is the step's."""

    tool: str
    args_json: str
    number: int
    thought: str = ""
    expect: str = ""
    editor: PersonId | None = None
    edit_note: str = ""
    original_json: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A call with what policy and taught rules say of it."""

    call: Call
    verdict: Verdict
    lessons: Taught


def place_of(checkpoint: Checkpoint) -> Place:
    """Say where a task stands, for the scopes of lessons."""
    return Place(team=checkpoint.team, channel=checkpoint.channel, thread=checkpoint.thread_id)


def checked_args(rules: Rules, tool: str, args_json: str) -> tuple[ToolSpec, str]:
    """Give the tool and its arguments with defaults as canonical JSON, or raise Refused at the argument."""
    spec = rules.tools.get(tool)
    if spec is None:
        raise Refused(f"There is no tool “{tool}”.", f"There are: {', '.join(sorted(rules.tools))}.")
    try:
        args = json.loads(args_json)
    except (ValueError, RecursionError):
        raise Refused("The arguments are not JSON.", "Give a JSON object.") from None
    if not isinstance(args, dict):
        raise Refused("The arguments are not a JSON object.", "Give one value for each argument.")
    full: Args = with_defaults(spec, args)
    found = problems(spec, full)
    if found:
        raise Refused(f"{found[0].field}: {found[0].words}", "Nothing was changed.", field=found[0].field)
    text = canonical(full)
    # As it is stored, quotes escaped: the checkpoint holds it several times and has a cap of its own.
    if len(json.dumps(text, ensure_ascii=False).encode()) > rules.limits.args_bytes:
        raise Refused(f"The arguments are over {rules.limits.args_bytes // 1000} KB.", "Make them smaller.")
    return spec, text


def fitted(rules: Rules, tool: str, asked_json: str, lessons: Taught) -> tuple[ToolSpec, str, tuple[str, ...]]:
    """Give the arguments as people's rules set them, read as the schema wants; a rule that does not fit forbids.

    What was asked for has been checked already.
    """
    spec = rules.tools[tool]
    if lessons.args_json == asked_json:
        return spec, asked_json, ()
    final: dict[str, Json] = json.loads(lessons.args_json)
    try:
        misfits = {problem.field for problem in problems(spec, final)}
        for name in misfits & final.keys():
            final[name] = coerce(spec, name, spelled(final[name]))
        return *checked_args(rules, tool, canonical(final)), ()
    except Refused as no:
        names = " and ".join(lessons.used)
        return spec, asked_json, (f"{names} sets what the tool does not take ({no.words})",)


def judge(checkpoint: Checkpoint, tool: str, args_json: str, rules: Rules, now: datetime) -> Judged:
    """Say what would become of a call, or raise Refused if it is no call at all."""
    _, text = checked_args(rules, tool, args_json)
    lessons = taught(rules.lessons, place_of(checkpoint), now, tool=tool, args_json=text)
    spec, final, unfit = fitted(rules, tool, text, lessons)
    call = Call(
        tool=tool,
        args_json=final,
        fingerprint=spec.fingerprint,
        risk=spec.risk,
        effect=spec.effect,
        timeout_s=spec.timeout_s,
    )
    verdict = evaluate(rules.policy, tool=tool, risk=spec.risk, args=call.args)
    if verdict.decision == "deny":
        verdict = replace(verdict, because=(f"policy forbids it ({', '.join(verdict.because)})",))
    if lessons.denied or unfit:
        verdict = replace(verdict, decision="deny", because=(*lessons.denied, *unfit))
    if checkpoint.happening(call) is not None:
        verdict = asked_again(verdict, call)
    return Judged(call=call, verdict=verdict, lessons=lessons)


def asked_again(verdict: Verdict, call: Call) -> Verdict:
    """Have people asked about a call that was made after the step where the task was taken up again.

    What policy allows at low risk (a look) may be done again unasked; everything else waits, whatever policy says.
    """
    if verdict.decision != "allow" or call.risk == "low":
        return verdict
    need = Requirement(rule="this call already happened", approvers=EVERYBODY_HERE)
    return replace(verdict, decision="ask", requirements=(need,), not_requester=False)


def said_of(checkpoint: Checkpoint, call: Call, thought: str) -> str:
    """Say before the actor's own words that a call already happened."""
    done = checkpoint.happening(call)
    if done is None:
        return thought
    ended = {"ok": "it succeeded", "unknown": "it is not known how it ended"}
    how = ended.get(done.outcome, f"it ended as: {done.outcome.replace('_', ' ')}")
    where = "" if done.thread == checkpoint.thread_id else f" of {done.thread}"
    words = f"This very call was already made as step {done.step}{where} at {done.at:%Y-%m-%d %H:%M} UTC; {how}."
    return thought if thought.startswith(words) else f"{words} {thought}".strip()


def proposal_of(checkpoint: Checkpoint, step: Step, judged: Judged, rules: Rules, now: datetime) -> Proposal:
    """Freeze a judged call as the proposal of the checkpoint's version."""
    verdict, call = judged.verdict, judged.call
    changed = step.original_json
    if changed is None and call.args_json != step.args_json and judged.lessons.used:
        changed = brief_args(step.args_json)
    return Proposal(
        call=call,
        digest=digest_of(
            rules.key,
            thread_id=checkpoint.thread_id,
            requester=checkpoint.requester,
            step=step.number,
            call=call,
            policy_version=rules.policy.version,
        ),
        version=checkpoint.version,
        step=step.number,
        thought=cut(said_of(checkpoint, call, step.thought)),
        expect=cut(step.expect),
        phi=checkpoint.phi,
        made_at=now,
        expires_at=now + timedelta(seconds=verdict.timeout_s),
        policy_version=rules.policy.version,
        allowed=verdict.decision == "allow",
        requirements=verdict.requirements,
        not_requester=verdict.not_requester,
        not_editor=verdict.not_editor,
        remind_s=verdict.remind_s,
        remind_at=now + timedelta(seconds=verdict.remind_s) if verdict.remind_s else None,
        escalate=verdict.escalate,
        because=verdict.because,
        taught=judged.lessons.used,
        advice=judged.lessons.advice[-ADVICE:],
        editor=step.editor,
        edit_note=step.edit_note,
        original_json=changed,
    )


def propose(draft: Transition, step: Step, judged: Judged, rules: Rules, now: datetime) -> Transition:
    """Run what is allowed, ask about what is to be asked; a denied call is the caller's to tell."""
    checkpoint = replace(draft.checkpoint, step=step.number)
    proposal = proposal_of(checkpoint, step, judged, rules, now)
    draft = turn(draft, checkpoint, Proposed(proposal=proposal))
    if proposal.allowed:
        return release(draft, proposal, now)
    sets = dict.fromkeys((*checkpoint.approvers, *(need.approvers for need in proposal.requirements)))
    draft = turn(draft, replace(checkpoint, approvers=tuple(sets)[-APPROVER_SETS:]))
    draft = enter(draft, AwaitingApproval(proposal=proposal), now)
    card = Card(key=proposal.card, about="proposal", state="waiting", changed=0, proposal=proposal, at=now)
    return do(show(draft, card), Notify(card=card.key, why="asked"))


def release(draft: Transition, proposal: Proposal, now: datetime) -> Transition:
    """Have an allowed or approved step run."""
    phase = Acting(proposal=proposal, asked=draft.checkpoint.version)
    return enter(draft, phase, now, RunTool(digest=proposal.digest))


def deny(draft: Transition, step: Step, call: Call, because: tuple[str, ...], now: datetime) -> Transition:
    """Tell the thread and the actor why a step is not run; what happens next is the caller's."""
    run = StepRun(
        step=step.number,
        digest=digest_of(
            b"denied",
            thread_id=draft.checkpoint.thread_id,
            requester=draft.checkpoint.requester,
            step=step.number,
            call=call,
            policy_version="",
        ),
        call=call,
        outcome="denied",
        excerpt=excerpt("", "", "; ".join(because)),
        ended_at=now,
    )
    recent = (*map(brief_run, draft.checkpoint.recent), run)[-RECENT:]
    draft = turn(draft, replace(draft.checkpoint, step=step.number, recent=recent))
    draft = keep(draft, Denied(tool=call.tool, args_json=call.args_json, because=because))
    words = f"Step {step.number} ({call.tool}) was not run: {cut(why_not(because))}."
    return do(draft, Say(words=words, named=authors_of(because)))


def why_not(because: tuple[str, ...]) -> str:
    """Say in clauses what keeps a step from being run."""
    return "; ".join(f"forbidden, as {why}" if TAUGHT_BY.match(why) else why for why in because)


def authors_of(because: tuple[str, ...]) -> tuple[PersonId, ...] | None:
    """Name who taught what forbids a step; None where nothing taught does, and the words are ours alone."""
    if not any("heuristic:" in why for why in because):
        return None
    return tuple(PersonId(found[1]) for found in map(TAUGHT_BY.match, because) if found)
