"""No task yet: it is opened (its parent message is still to be posted) or started under a message that exists."""

from datetime import datetime

from agent_core.checkpoint import CONTEXT_QUOTES, Checkpoint
from agent_core.effects import PostParent, Say
from agent_core.errors import Refused, not_now
from agent_core.inputs import Fork, Input, Open, Start
from agent_core.learning.taught import pin
from agent_core.phases import Opening, Thinking
from agent_core.proposal import canonical
from agent_core.rules.approvals import check_is_in
from agent_core.rules.book import Rules
from agent_core.rules.digests import state_of
from agent_core.rules.draft import cut, do, turn
from agent_core.rules.past import forked, told
from agent_core.rules.thinking import think
from agent_core.transition import Transition
from agent_core.values import replace
from agent_core.words import ThreadId, is_to_be_opened, team_of

LEADS_TO = {
    "open": frozenset({"opening"}),
    "start": frozenset({"thinking"}),
    "fork": frozenset({"opening", "thinking"}),
}
PURPOSE_CHARS = 2000


def absent(thread_id: ThreadId, given: Input, now: datetime, rules: Rules) -> Transition:
    """Begin a task for somebody who may."""
    match given:
        case Open():
            draft = first(thread_id, given, now, rules)
            return do(draft, PostParent())
        case Start():
            return think(first(thread_id, given, now, rules), now)
        case Fork():
            return forked_from(thread_id, given, now, rules)
        case _:
            raise not_now("absent", given.kind)


def forked_from(thread_id: ThreadId, given: Fork, now: datetime, rules: Rules) -> Transition:
    """Begin as another task was: first the message that the new thread hangs under, then the task in it."""
    draft = Transition(checkpoint=forked(thread_id, given, now, rules), begins=True)
    if is_to_be_opened(thread_id):
        return do(turn(draft, draft.checkpoint.then(Opening(asked=1, by=given.by))), PostParent())
    origin = given.seed.origin
    where = f"step {origin.step} of {origin.thread}" if origin else "an earlier step"
    draft = turn(draft, replace(draft.checkpoint, parent_is_ours=True))
    return think(do(draft, Say(words=f"Forked from {where}. {told(given.seed)}")), now)


def first(thread_id: ThreadId, given: Open | Start, now: datetime, rules: Rules) -> Transition:
    """Make version 1 of a task."""
    check_is_in(rules.starters, given.by, "start tasks")
    purpose = given.purpose.strip()
    if not purpose:
        raise Refused("Say what is to be done.", "For example: /agent restart checkout.", field="purpose")
    if len(purpose) > PURPOSE_CHARS:
        raise Refused(f"A task has at most {PURPOSE_CHARS} characters.", "Say it more shortly.", field="purpose")
    pinned = pin(
        rules.lessons,
        team_of(thread_id),
        state_of(team_of(thread_id), "", "{}", canonical({"purpose": purpose})),
        now,
    )
    checkpoint = Checkpoint(
        thread_id=thread_id,
        version=1,
        purpose=purpose,
        requester=given.by.id,
        started_at=now,
        phase=Opening(asked=1, by=given.by) if isinstance(given, Open) else Thinking(asked=1),
        context=tuple(replace(quote, text=cut(quote.text)) for quote in given.context[-CONTEXT_QUOTES:]),
        phi=pinned.phi if pinned else None,
        phi_by=pinned.author if pinned else None,
        parent_is_ours=isinstance(given, Start) and given.parent_is_ours,
    )
    return Transition(checkpoint=checkpoint, begins=True)
