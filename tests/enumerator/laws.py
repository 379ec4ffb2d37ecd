"""What must hold, at every step and at every end. The laws read the store and the far side, never a process.

They judge by the truth of the far side: what started, what had an effect, who is still there, what time it is.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from agent_core.checkpoint import Checkpoint
from agent_core.codec import HEAD_CHARS
from agent_core.decide import decide
from agent_core.errors import Broken, Refused
from agent_core.inputs import (
    Approve,
    Correct,
    Edit,
    Input,
    Inquire,
    OutcomeUnknown,
    ReadBack,
    Reject,
    Reply,
    Teach,
    ToolFinished,
    Withdraw,
)
from agent_core.people import Person
from agent_core.phases import Acting, Opening, OutcomeUnknown as OutcomeUnknownPhase, Paused, Phase
from agent_core.proposal import Call, Proposal, Requirement
from agent_core.records import Decided, Ended, Entry, Learned, Line, Proposed, StepEnded, Struck
from agent_core.rules.draft import OPEN_STATES
from agent_core.transition import Transition
from agent_core.words import PersonId, ThreadId, team_of
from tests.enumerator.far import Message, Start
from tests.enumerator.office import ALLOWED, LOCKED, ONCE
from tests.enumerator.world import Watch, World

ASKING = frozenset(
    {"awaiting_approval", "awaiting_answer", "awaiting_score_review", "outcome_unknown", "paused", "finished"}
)
LIVE = frozenset({"waiting", "asked", "review", "unknown", "paused"})
BY_THE_STORE = timedelta(minutes=10)


class Laws(Watch):
    """Holds a world to the laws; what is broken is collected, since a process may swallow what is raised."""

    def __init__(self) -> None:
        self.world: World
        self.broken: list[str] = []
        self.faulted = False
        self._seen: dict[ThreadId, tuple[int, Checkpoint | None]] = {}
        self._replayed: dict[tuple[object, ...], tuple[Checkpoint | None, Transition | None, str]] = {}

    def begin(self) -> None:
        """Take the world as it is for the beginning of a run."""
        self.broken, self.faulted = [], False
        self._seen = {
            name: (len(self.world.store.kept[name].journal), task) for name, task in self.world.tasks().items()
        }

    def hold(self, holds: object, law: str) -> None:
        """Note a law that is broken."""
        if not holds and law not in self.broken:
            self.broken.append(law)

    # --- at every commit ------------------------------------------------------

    def look(self) -> None:
        """Judge what was written since the last look."""
        for name, kept in self.world.store.kept.items():
            seen, before = self._seen.get(name, (0, None))
            if len(kept.journal) == seen:
                continue
            after = self.world.codec.decode(kept.checkpoint, name)
            for raw in kept.journal[seen:]:
                line = self.world.codec.decode_line(raw[HEAD_CHARS:])
                if isinstance(line, Entry):
                    self._committed(name, before, line)
                    task = self._replay(name, before, line, raw[HEAD_CHARS:])
                    self._claimed(before, task)
                    before = task
            self.hold(before == after, "the journal replays to the state")
            self._seen[name] = (len(kept.journal), after)

    def _replay(self, name: ThreadId, before: Checkpoint | None, line: Entry, token: bytes) -> Checkpoint | None:
        """Decide an entry anew; once, where it is given by its token to the very same value."""
        log = tuple(self.world.lessons.kept.get(team_of(name), {}).values())
        key = (name, id(before), token, log, self.world.far.book)
        if key not in self._replayed:
            self._replayed[key] = (before, *self._decided(name, before, line, log))
        _, transition, why = self._replayed[key]
        if transition is None:
            self.hold(False, f"what is in the journal can be decided again: {why}")  # noqa: FBT003 - it does not hold
            return before
        self.hold(transition.records == line.records, "the journal has the records that were decided")
        return transition.checkpoint

    def _decided(
        self, name: ThreadId, before: Checkpoint | None, line: Entry, log: tuple[bytes, ...]
    ) -> tuple[Transition | None, str]:
        lessons = tuple(self.world.codec.decode_lesson(raw, team_of(name)) for raw in log)
        rules = replace(self.world.rules(), lessons=lessons)
        try:
            return decide(before, line.input, line.at, rules, thread_id=name), ""
        except (Refused, Broken) as no:
            return None, f"{line.input.kind}: {no}"

    def _committed(self, name: ThreadId, before: Checkpoint | None, line: Entry) -> None:
        now, given = self.world.time.now(), line.input
        version = before.version if before else 0
        self.hold(line.version == version + 1, "every entry counts one version")
        self.hold(abs(now - line.at) < BY_THE_STORE, "the time is the store's")
        if isinstance(given, Approve | Reject | Edit) and before is not None:
            proposal = proposal_of(before.phase)
            self.hold(proposal is None or now < proposal.expires_at, "nothing is decided after it expired")
        if isinstance(given, ToolFinished) and given.ok and "late" not in {record.kind for record in line.records}:
            self._finished(name, given, before)
        if isinstance(given, OutcomeUnknown):
            self._unknown(before, given)
        if isinstance(given, ReadBack):
            self._read_back(before, given)
        if isinstance(given, Teach | Reply | Correct | Inquire):
            said = [one for one in self.world.lines(name) if isinstance(one, Entry) and one.input == given]
            self.hold(len(said) == 1, "what somebody said once counts once")

    def _claimed(self, before: Checkpoint | None, after: Checkpoint | None) -> None:
        was, now = (acting_of(task.phase) if task else None for task in (before, after))
        if now is None or now.claim is None or (was is not None and was.claim == now.claim):
            return
        self.hold(not self.world.is_stopped(), "nothing begins while everything is stopped")
        in_time = self.world.time.now() <= now.proposal.expires_at
        self.hold(now.proposal.allowed or in_time or (was and was.claim), "nothing is claimed after it expired")

    def _finished(self, name: ThreadId, given: ToolFinished, before: Checkpoint | None) -> None:
        acting = acting_of(before.phase) if before else None
        if acting is None or acting.claim is None:
            self.hold(False, "a result belongs to a claim")  # noqa: FBT003 - it does not hold
            return
        keys = {one.key for one in self.world.far.starts if is_of(one, name, acting.proposal)}
        self.hold(keys & set(self.world.far.effects), "nothing is done that the far side did not do")
        self.hold(acting.claim.fence == given.fence, "a result counts under the fence of its claim")

    def _read_back(self, before: Checkpoint | None, given: ReadBack) -> None:
        acting = acting_of(before.phase) if before else None
        if acting is None or acting.claim is None or acting.claim.fence != given.fence:
            return  # it came too late, and changed nothing
        call, starts = acting.proposal.call, self.world.far.starts
        keys = {one.key for one in starts if (one.tool, one.args_json) == (call.tool, call.args_json)}
        happened = bool(keys & set(self.world.far.effects))  # a reading asks for the thing, not for who did it
        self.hold(given.verdict != "happened" or happened, "nothing is done that the far side did not do")
        self.hold(given.verdict != "not_happened" or not happened, "nothing did not happen that did")

    def _unknown(self, before: Checkpoint | None, given: OutcomeUnknown) -> None:
        acting = acting_of(before.phase) if before else None
        if acting is None or acting.claim is None or acting.claim.fence != given.fence:
            return  # it came too late, and changed nothing
        self.hold(
            acting.claim.worker != self.world.me or self.faulted,
            "it is unknown only where a start may have happened and nobody can tell",
        )

    # --- at every start -------------------------------------------------------

    def start(self, call: Call, key: str) -> Start:
        """Judge a start, and name the proposal that it is of."""
        for name, task in self.world.tasks().items():
            acting = acting_of(task.phase)
            if acting is not None and acting.proposal.call == call and acting.claim is not None:
                made = Start(name, acting.proposal.version, acting.proposal.digest, key, call.tool, call.args_json)
                self._started(made, task, acting)
                return made
        self.hold(
            any(one.key == key for one in self.world.far.starts) or self.faulted, "nothing starts without a claim"
        )
        self.hold(self.faulted, "nothing starts that is no longer wanted")
        return Start("", 0, "", key, call.tool, call.args_json)

    def _started(self, made: Start, task: Checkpoint, acting: Acting) -> None:
        proposal = acting.proposal
        before = [one for one in self.world.far.starts if is_of(one, ThreadId(made.thread_id), proposal)]
        if proposal.call.effect != "idempotent" or made.tool in ONCE:
            self.hold(not before, "one approval starts an action at most once")
        self.hold(all(one.key == made.key for one in before), "a repeat has the same key")
        others = [one for one in self.world.far.starts if one not in before]
        self.hold(all(one.key != made.key for one in others), "another proposal has another key")
        if made.tool == LOCKED:
            self.hold(not self._others(task, proposal), "one task at a time holds a lock")
        if proposal.allowed:
            self.hold(made.tool in ALLOWED, "what is not allowed is asked about")
            return
        yes = approvers(self.world.lines(task.thread_id), proposal)
        for need in proposal.requirements:
            self.hold(len(self._count(yes, need, task)) >= need.quorum, "nothing starts without its approvers")

    def _others(self, task: Checkpoint, proposal: Proposal) -> list[Checkpoint]:
        """Give other tasks that may be at work under the same lock."""
        return [
            other
            for name, other in self.world.tasks().items()
            if name != task.thread_id
            and (found := underway(other.phase)) is not None
            and (found.call.tool, found.call.args_json) == (proposal.call.tool, proposal.call.args_json)
        ]

    def _count(self, yes: set[PersonId], need: Requirement, task: Checkpoint) -> list[Person]:
        people = [self.world.directory.find(person) for person in yes]
        return [person for person in people if person in need.approvers and person.id != task.requester]

    # --- at every message -----------------------------------------------------

    def message(self, checkpoint: Checkpoint | None, message: Message) -> None:
        """Judge a message that was posted or changed."""
        if self.world.far.froze:
            return
        there = self.world.far.messages.values()
        marks = Counter(one.effect_id for one in there)
        self.hold(marks[message.effect_id] <= 1, "an effect posts one message")
        if message.what != "card":
            return
        live = [one for one in there if one.card == message.card and one.what == "card" and one.state in LIVE]
        self.hold(len(live) <= 1, "a proposal has one live card")
        stored = self.world.tasks().get(ThreadId(message.thread_id))
        drawn = checkpoint.version if checkpoint else 0
        self.hold(
            stored is not None and drawn <= stored.version, "a card is drawn after the commit, from what is stored"
        )

    def acknowledged(self, thread_id: ThreadId, given: Input) -> None:
        """Judge that what a person was told is done is in the journal."""
        self.hold(self.is_recorded(thread_id, given), "what was acknowledged is in the journal")

    def is_recorded(self, thread_id: ThreadId, given: Input) -> bool:
        """Tell whether an input is in the journal."""
        return any(isinstance(line, Entry) and line.input == given for line in self.world.lines(thread_id))

    # --- at every rest, and at the end ----------------------------------------

    def rest(self) -> None:
        """Judge a world in which nothing is to be done until somebody does something."""
        for name, task in self.world.tasks().items():
            phase = task.phase
            if isinstance(phase, Opening):
                self.hold(phase.opened_as in self.world.store.kept, "an opening leads to its task")
                continue
            self.hold(phase.kind in ASKING or self.world.is_held(name), "a task ends or asks somebody")
            entries = [line for line in self.world.lines(name) if isinstance(line, Entry)]
            is_lost = self.world.far.archived or any(line.input.kind == "surface_lost" for line in entries)
            if not self.world.far.froze and not is_lost:  # what the surface refuses, it may refuse for good
                self._cards(task)
            self._copies()
            versions = [line.version for line in entries]
            self.hold(versions == list(range(1, task.version + 1)), "each step forward is in the journal once")

    def _copies(self) -> None:
        """Judge that of each card one message at most seems to be open, whoever posted it and when."""
        there = [one for one in self.world.far.messages.values() if one.what == "card" and one.state in OPEN_STATES]
        live = Counter(one.card for one in there)
        self.hold(all(times == 1 for times in live.values()), "at rest, a proposal has one live card")

    def _cards(self, task: Checkpoint) -> None:
        messages = self.world.far.messages
        for card in task.cards:
            there = messages.get(card.ts or "")
            if card.ts in self.world.far.deleted or (card.ts is None and card.state not in OPEN_STATES):
                continue  # it was deleted, or was over before it could be posted
            self.hold(there is not None, "every card stands in the thread")
            if there is not None:
                self.hold(there.state == card.state, "a card shows what holds")
        live = {one.card for one in messages.values() if one.thread_id == task.thread_id and one.state in OPEN_STATES}
        self.hold(live <= {card.key for card in task.cards}, "no card seems to wait that is forgotten")

    def end(self) -> None:
        """Judge a scenario that is over."""
        for name, task in self.world.tasks().items():
            if isinstance(task.phase, Opening):
                continue
            records = [record for line in self.world.lines(name) if isinstance(line, Entry) for record in line.records]
            self.hold(task.is_finished, "every task comes to an end")
            begun = 1 + sum(isinstance(line, Entry) and line.input.kind == "rewind" for line in self.world.lines(name))
            ends = sum(isinstance(record, Ended) for record in records)
            self.hold(begun - 1 <= ends <= begun and ends, "a task ends once")
            made = Counter(record.proposal.digest for record in records if isinstance(record, Proposed))
            over = [record for record in records if isinstance(record, Decided) and record.how != "approved"]
            spent = Counter(record.digest for record in over)
            self.hold(all(times <= made[digest] for digest, times in spent.items()), "a proposal is spent once")
            learned = {record.lesson for record in records if isinstance(record, Learned)}
            self.hold(learned <= set(self.world.lessons.kept.get(team_of(name), {})), "what was taught is kept")
            results = Counter(record.run.output_at for record in records if isinstance(record, StepEnded))
            self.hold(all(times == 1 for at, times in results.items() if at), "a result counts once")


def acting_of(phase: Phase) -> Acting | None:
    """Give the step that runs or is about to, in a pause as well."""
    was = phase.was if isinstance(phase, Paused) else phase
    return was if isinstance(was, Acting) else None


def underway(phase: Phase) -> Proposal | None:
    """Give the proposal whose call may be under way."""
    was = phase.was if isinstance(phase, Paused) else phase
    is_claimed = isinstance(was, OutcomeUnknownPhase) or (isinstance(was, Acting) and was.claim is not None)
    return proposal_of(was) if is_claimed else None


def proposal_of(phase: Phase) -> Proposal | None:
    """Give the proposal that a phase holds."""
    return getattr(phase, "proposal", None)


def is_of(start: Start, thread_id: ThreadId, proposal: Proposal) -> bool:
    """Tell whether a start was of this proposal."""
    return (start.thread_id, start.version, start.digest) == (thread_id, proposal.version, proposal.digest)


def approvers(lines: list[Line], proposal: Proposal) -> set[PersonId]:
    """Count by the journal alone who says yes to exactly this proposal."""
    yes: set[PersonId] = set()
    for line in lines:
        if not isinstance(line, Entry):
            continue
        match line.input:
            case Approve(by=by) as given if (given.digest, given.version) == (proposal.digest, proposal.version):
                yes.add(by.id)
            case Withdraw(by=by) as given if (given.digest, given.version) == (proposal.digest, proposal.version):
                yes.discard(by.id)
        for record in line.records:
            if isinstance(record, Struck) and record.digest == proposal.digest:
                yes -= set(record.people)
    return yes
