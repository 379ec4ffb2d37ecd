"""One good value of each kind, for tests to start from with ``dataclasses.replace``; nothing here is odd or extreme.

All of it happens in one thread around NOON, to one call. The tuples at the end hold one value of every class of a
union, by kind; a test checks that none is left out.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent_core import effects, inputs, phases, proposal, records, words
from agent_core.checkpoint import Card, Checkpoint, Happened, Message, Origin, Quote, RejectedCall, Spent, Tally
from agent_core.effects import Effect
from agent_core.inputs import Input, ModelReply
from agent_core.lesson import Condition, Lesson
from agent_core.people import EVERYBODY_HERE, People, Person
from agent_core.phases import Phase
from agent_core.ports import TaskLine
from agent_core.proposal import Approval, Call, Claim, Escalation, Proposal, Question, Requirement, StepRun, canonical
from agent_core.records import Entry, Note, Record

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = bytes(range(32))

TEAM = words.TeamId("T0TEAM")
CHANNEL = words.ChannelId("C0STAGING")
THREAD = words.thread_id_of(TEAM, CHANNEL, "1772452800.000100")
OPENING_THREAD = words.thread_id_of(TEAM, CHANNEL, "new-0123456789abcdef")
DIGEST = words.Digest("d1" * 16)
CARD_TS = "1772452801.000200"
POLICY_VERSION = "p1"
VERSION = 3


def person(name: str, **facts: object) -> Person:
    """Make a member of the team who is in the channel, but for the facts given."""
    usual = {"team": TEAM, "kind": "member", "in_channel": True, "looked_up_at": NOON}
    return Person(id=words.PersonId(name), **{**usual, **facts})  # type: ignore[arg-type]  # facts are Person's own fields


REQUESTER = person("U0REQUESTER")
APPROVER = person("U0APPROVER", groups=frozenset({"S0ONCALL"}))
LEAD = person("U0LEAD")
GUEST = person("U0GUEST", kind="guest")
EXTERNAL = person("U0EXTERNAL", kind="external")
BOT = person("U0BOT", kind="bot")
GONE = person("U0GONE", kind="deactivated", in_channel=False)
NOBODY_KNOWN = person("U0NOBODY", kind="unknown", in_channel=False)
STRANGER = person("U0STRANGER", in_channel=False)
PERSONS = (REQUESTER, APPROVER, LEAD, GUEST, EXTERNAL, BOT, GONE, NOBODY_KNOWN, STRANGER)

APPROVERS = People(users=frozenset({APPROVER.id}), usergroups=frozenset({"S0ONCALL"}))
REQUIREMENT = Requirement(rule="restarts are asked for", approvers=APPROVERS)
ESCALATION = Escalation(after_s=900.0, to=People(users=frozenset({LEAD.id})))

CALL = Call(tool="restart_service", args_json=canonical({"service": "cart"}), fingerprint="f1" * 8)
OTHER_CALL = Call(tool="restart_service", args_json=canonical({"service": "checkout"}), fingerprint="f1" * 8)
APPROVAL = Approval(by=APPROVER, at=NOON, counts_for=(0,), note="Go ahead.")
PROPOSAL = Proposal(
    call=CALL,
    digest=DIGEST,
    version=VERSION,
    step=1,
    thought="It does not answer.",
    expect="is active again",
    phi=2.5,
    made_at=NOON,
    expires_at=NOON + timedelta(minutes=30),
    policy_version=POLICY_VERSION,
    requirements=(REQUIREMENT,),
    remind_at=NOON + timedelta(minutes=10),
    remind_s=600.0,
    escalate=ESCALATION,
    because=("restarts are asked for",),
    advice=("Look at the queue first.",),
)
APPROVED = replace(PROPOSAL, approvals=(APPROVAL,))
CLAIM = Claim(fence=VERSION + 1, started_at=NOON, worker="worker-1")
RUN = StepRun(
    step=1,
    digest=DIGEST,
    call=CALL,
    outcome="ok",
    exit_code=0,
    excerpt="active (running)",
    output_at=4,
    ended_at=NOON,
    approved_by=(APPROVER.id,),
)
SCORE = proposal.Score(
    digest=words.Digest("5c" * 16),
    step=1,
    before=2.5,
    after=7.5,
    raw=7.0,
    evidence="The service answers again.",
    confidence=0.5,
    state="57" * 16,
    tool=CALL.tool,
    args_json=CALL.args_json,
    features_json=canonical({"exit_code": 0}),
    cap=8.9,
    because=("override:1",),
)
QUESTION = Question(
    digest=words.Digest("9e" * 16), version=VERSION, text="Which service?", options=("cart", "checkout"),
    asked_at=NOON, expires_at=NOON + timedelta(minutes=30),
)  # fmt: skip

OPENING = phases.Opening(asked=VERSION, by=REQUESTER)
THINKING = phases.Thinking(asked=VERSION)
AWAITING_APPROVAL = phases.AwaitingApproval(proposal=PROPOSAL)
ACTING = phases.Acting(proposal=APPROVED, asked=VERSION, claim=CLAIM)
SCORING = phases.Scoring(asked=VERSION, run=RUN)
AWAITING_SCORE_REVIEW = phases.AwaitingScoreReview(score=SCORE, asked_version=VERSION)
AWAITING_ANSWER = phases.AwaitingAnswer(question=QUESTION)
OUTCOME_UNKNOWN = phases.OutcomeUnknown(proposal=APPROVED, claim=CLAIM, excerpt="Stopping cart…")
PAUSED = phases.Paused(was=AWAITING_APPROVAL, by=REQUESTER.id, at=NOON)
FINISHED = phases.Finished(how="succeeded", why="Φ reached 9.", at=NOON)
PHASES: tuple[Phase, ...] = (
    OPENING, THINKING, AWAITING_APPROVAL, ACTING, SCORING, AWAITING_SCORE_REVIEW, AWAITING_ANSWER, OUTCOME_UNKNOWN,
    PAUSED, FINISHED,
)  # fmt: skip

QUOTE = Quote(author="U0LEAD", text="The cart is down again.")
MESSAGE = Message(by=REQUESTER.id, text="Use cart instead.", about="correction", step=1, at=NOON)
REJECTED = RejectedCall(
    call_key=OTHER_CALL.key,
    tool=OTHER_CALL.tool,
    args_json=OTHER_CALL.args_json,
    reason="wrong_target",
    note="Not that one.",
    by=APPROVER.id,
)
CARD = Card(
    key=words.CardKey(f"{VERSION}-{DIGEST}"),
    about="proposal",
    state="waiting",
    changed=VERSION,
    ts=CARD_TS,
    proposal=PROPOSAL,
)


def task(phase: Phase, thread_id: words.ThreadId = THREAD, version: int = VERSION) -> Checkpoint:
    """Make a task on its way that is in this phase."""
    return Checkpoint(
        thread_id=thread_id,
        version=version,
        purpose="Restart the checkout cache in staging.",
        requester=REQUESTER.id,
        started_at=NOON,
        phase=phase,
        context=(QUOTE,),
        step=1,
        phi=2.5,
        score=SCORE,
        cards=(CARD,),
        recent=(RUN,),
        messages=(MESSAGE,),
        rejected=(REJECTED,),
        memory="Looked at the status.",
        tally=Tally(steps=1, succeeded=1, reward=5.0, phi_start=0.0, course=(0.0, 2.5)),
        spent=Spent(wall_s=1.5, cost_usd=0.01, tokens=120),
        active_since=NOON,
        approvers=(APPROVERS,),
    )


def new_task(thread_id: words.ThreadId = THREAD) -> Checkpoint:
    """Make a task as it is just after its start: version 1, thinking, nothing done."""
    return Checkpoint(
        thread_id=thread_id,
        version=1,
        purpose="Restart the checkout cache in staging.",
        requester=REQUESTER.id,
        started_at=NOON,
        phase=phases.Thinking(asked=1),
    )


CHECKPOINTS: tuple[Checkpoint, ...] = tuple(
    task(phase, OPENING_THREAD if phase is OPENING else THREAD) for phase in PHASES
)
WAITING = task(AWAITING_APPROVAL)

LESSON = Lesson(
    kind="heuristic",
    key="1f2e3d",
    at=NOON,
    author=LEAD.id,
    team=TEAM,
    channel=CHANNEL,
    thread=THREAD,
    text="Never restart payments.",
    scope="team",
    when=(Condition(field="tool", value="restart_service"), Condition(field="service", value="payments")),
    when_words="tool = restart_service, service = payments",
    deny=True,
    expires_at=NOON + timedelta(days=30),
)
OVERRIDE = replace(
    LESSON, kind="override", key="5c5c5c", tool=CALL.tool, state=SCORE.state, args_json=CALL.args_json, raw=7.0,
    phi=4.0, critic="postconditions", step=1, text="The queue is still full.", when=(), when_words="", deny=False,
    expires_at=None,
)  # fmt: skip

WORK_ID = words.effect_id_of(THREAD, VERSION, 99)
PROPOSE = inputs.Propose(tool=CALL.tool, args_json=CALL.args_json, thought="It does not answer.", expect="is active")
MODEL_REPLIES: tuple[ModelReply, ...] = (
    PROPOSE,
    inputs.Ask(text="Which service?", options=("cart", "checkout")),
    inputs.Done(words="The service answers."),
    inputs.GiveUp(words="There is nothing that I could do."),
    inputs.Unclear(words="I understand “service: cart”."),
    inputs.Tell(words="It is the cart."),
)

OPEN = inputs.Open(by=REQUESTER, purpose="Restart the checkout cache.", context=(QUOTE,))
START = inputs.Start(by=REQUESTER, purpose="Restart the checkout cache.", context=(QUOTE,))
SEED = replace(
    task(phases.Thinking(asked=VERSION)),
    happened=(Happened(call_key=CALL.key, tool=CALL.tool, step=1, outcome="ok", at=NOON, thread=THREAD),),
    origin=Origin(thread=THREAD, step=1),
    cards=(),
)
FORK = inputs.Fork(by=REQUESTER, seed=SEED)
REWIND = inputs.Rewind(by=REQUESTER, seed=SEED, known=VERSION)
APPROVE = inputs.Approve(by=APPROVER, digest=DIGEST, version=VERSION, card=CARD_TS, note="Go ahead.")
REJECT = inputs.Reject(by=APPROVER, digest=DIGEST, version=VERSION, card=CARD_TS, reason="wrong_target", note="No.")
EDIT = inputs.Edit(by=APPROVER, digest=DIGEST, version=VERSION, card=CARD_TS, args_json=OTHER_CALL.args_json)
WITHDRAW = inputs.Withdraw(by=APPROVER, digest=DIGEST, version=VERSION)
OVERRIDE_PHI = inputs.OverridePhi(by=LEAD, digest=SCORE.digest, phi=4.0, why="The queue is still full.")
ACCEPT_SCORE = inputs.AcceptScore(by=LEAD, digest=SCORE.digest)
TEACH = inputs.Teach(by=LEAD, when="tool = restart_service", do="deny")
RESOLVE_UNKNOWN = inputs.ResolveUnknown(by=APPROVER, digest=DIGEST, version=VERSION, verdict="happened")
TOOL_STARTED = inputs.ToolStarted(effect_id=WORK_ID, digest=DIGEST, worker="worker-1", approvers=(APPROVER,))
TOOL_FINISHED = inputs.ToolFinished(effect_id=WORK_ID, fence=VERSION + 1, ok=True, exit_code=0, stdout="active")
SCORED = inputs.Scored(
    effect_id=WORK_ID, before=2.5, after=7.0, evidence="It answers.", confidence=0.5, critic="postconditions"
)
CARD_POSTED = inputs.CardPosted(
    effect_id=words.effect_id_of(THREAD, VERSION, 0), card=CARD.key, ts=CARD_TS, shown=VERSION
)
INPUTS: tuple[Input, ...] = (
    OPEN, START, FORK, REWIND, APPROVE, REJECT, EDIT, WITHDRAW, OVERRIDE_PHI, ACCEPT_SCORE, TEACH, RESOLVE_UNKNOWN,
    TOOL_STARTED, TOOL_FINISHED, SCORED, CARD_POSTED,
    inputs.Forget(by=LEAD, lesson=LESSON.id),
    inputs.ConfirmRule(by=LEAD, rule="allow_rule:1"),
    inputs.Reply(by=REQUESTER, text="Use cart instead."),
    inputs.Correct(by=REQUESTER, text="Use cart instead."),
    inputs.Answer(by=REQUESTER, text="cart", digest=QUESTION.digest),
    inputs.Inquire(by=REQUESTER, text="Why this one?"),
    inputs.Pause(by=REQUESTER), inputs.Resume(by=REQUESTER), inputs.Abort(by=REQUESTER), inputs.Stop(by=REQUESTER),
    inputs.ExtendBudget(by=APPROVER),
    inputs.Opened(effect_id=words.effect_id_of(OPENING_THREAD, VERSION, 99), thread_id=THREAD),
    inputs.ModelReplied(effect_id=WORK_ID, reply=PROPOSE, memory="Looked.", cost_usd=0.01, tokens=120),
    inputs.ModelFailed(effect_id=WORK_ID, words="The model did not answer."),
    inputs.NoApprover(effect_id=words.effect_id_of(THREAD, VERSION, 0), card=CARD.key, whom="S0ONCALL"),
    inputs.ToolFailed(effect_id=WORK_ID, fence=VERSION + 1, how="timed_out", words="It took over 60 s."),
    inputs.OutcomeUnknown(effect_id=WORK_ID, fence=VERSION + 1, words="The worker was lost."),
    inputs.ToolHeld(effect_id=WORK_ID, lock="service:cart", link="https://example.slack.com/archives/C0X/p1"),
    inputs.ReadBack(effect_id=WORK_ID, fence=VERSION + 1, verdict="happened", words="read_status says so."),
    inputs.CardLost(card=CARD.key, ts=CARD_TS),
    inputs.SurfaceLost(words="The channel is archived."),
    inputs.Restored(head="4e" * 32),
    inputs.TimerFired(),
)  # fmt: skip

EFFECTS: tuple[Effect, ...] = (
    effects.PostParent(),
    effects.AskModel(inquiry="Why this one?", asked_by=REQUESTER.id),
    effects.RunTool(digest=DIGEST),
    effects.Score(),
    effects.PostCard(card=CARD.key),
    effects.UpdateCard(card=CARD.key),
    effects.Say(words="I use cart instead."),
    effects.Learn(lesson=LESSON),
    effects.Notify(card=CARD.key, why="asked"),
    effects.TellRequester(words="The channel is archived."),
)

RECORDS: tuple[Record, ...] = (
    records.Proposed(proposal=PROPOSAL),
    records.Denied(tool=CALL.tool, args_json=CALL.args_json, because=("never payments",)),
    records.Decided(digest=DIGEST, how="approved", by=(APPROVER.id,), words="Go ahead."),
    records.Struck(digest=DIGEST, people=(APPROVER.id,), still_needed=(REQUIREMENT,)),
    records.StepEnded(run=RUN),
    records.ScoreStands(score=SCORE),
    records.Learned(lesson=words.LessonId("heuristic:1f2e3d"), words="Never restart payments.", by=LEAD.id),
    records.Escalated(digest=DIGEST, to=ESCALATION.to),
    records.Late(what="tool_finished"),
    records.Ended(how="succeeded", phi=9.5, why="Φ reached 9."),
)
NOTE = Note(version=VERSION, at=NOON, by=GUEST.id, what="refused", words="You are not an approver of this step.")
TASK_LINE = TaskLine(
    thread_id=THREAD,
    version=VERSION,
    requester=REQUESTER.id,
    purpose="Restart the checkout cache in staging.",
    phase="awaiting_approval",
    phi=2.5,
    card_ts=CARD_TS,
    may_decide=(APPROVERS, EVERYBODY_HERE),
    updated_at=NOON,
)


def entry(version: int, given: Input = START, *kept: Record) -> Entry:
    """Make the journal's entry for one accepted input."""
    return Entry(version=version, at=NOON, policy_version=POLICY_VERSION, input=given, records=kept)
