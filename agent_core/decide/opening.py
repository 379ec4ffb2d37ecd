"""A task whose parent message is being posted: only its own result moves it."""

from datetime import datetime

from agent_core.checkpoint import Checkpoint
from agent_core.errors import not_now
from agent_core.inputs import Input, Opened
from agent_core.phases import Opening
from agent_core.rules.book import Rules
from agent_core.rules.draft import begin, enter, settle
from agent_core.rules.endings import pending_work
from agent_core.transition import Transition
from agent_core.values import replace

LEADS_TO = {"opened": frozenset({"opening"})}


def opening(checkpoint: Checkpoint, phase: Opening, given: Input, now: datetime, rules: Rules) -> Transition:
    """Close the opening once its task began under the real ID."""
    match given:
        case Opened() if given.effect_id in pending_work(checkpoint):
            draft = settle(begin(checkpoint, now), given.effect_id)
            return enter(draft, replace(phase, opened_as=given.thread_id), now)
        case _:
            raise not_now(phase.kind, given.kind)
