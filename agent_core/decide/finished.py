"""The end: nothing runs any more. What people say about it is still learned."""

from datetime import datetime

from agent_core.checkpoint import Checkpoint
from agent_core.errors import not_now
from agent_core.inputs import Input, OverridePhi
from agent_core.phases import Finished
from agent_core.rules.book import Rules
from agent_core.rules.draft import begin, show
from agent_core.rules.endings import FINAL
from agent_core.rules.scores import override
from agent_core.transition import Transition

LEADS_TO = {"override_phi": frozenset({"finished"})}


def finished(checkpoint: Checkpoint, phase: Finished, given: Input, now: datetime, rules: Rules) -> Transition:
    """Take a late word on the score; refuse everything else."""
    match given:
        case OverridePhi():
            draft = override(begin(checkpoint, now), given, rules, now)
            last = draft.checkpoint.card(FINAL)
            return draft if last is None else show(draft, last)
        case _:
            raise not_now(phase.kind, given.kind)
