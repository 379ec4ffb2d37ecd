"""What people and the surface may do to a task in whatever phase it goes on: ask, pause, abort, lose the channel. Pure.

``UNDER_WAY`` says where that leads from each phase, as the phases' own maps do. A pause has an abort of its own, since
a call may still be running inside it.
"""

from collections.abc import Mapping
from datetime import datetime

from agent_core.checkpoint import Checkpoint
from agent_core.effects import AskModel, PostCard, Say, TellRequester, UpdateCard
from agent_core.errors import not_now
from agent_core.inputs import Abort, Input, Inquire, Pause, SurfaceLost
from agent_core.phases import Finished, Opening, Paused
from agent_core.rules.approvals import check_may_steer
from agent_core.rules.book import Rules
from agent_core.rules.draft import begin, do, turn
from agent_core.rules.endings import FINAL, finish
from agent_core.rules.steering import abort, pause
from agent_core.transition import Transition
from agent_core.values import replace

ENDS = frozenset({"finished"})
PAUSABLE = (
    "thinking", "awaiting_approval", "acting", "scoring", "awaiting_score_review", "awaiting_answer", "outcome_unknown",
)  # fmt: skip
UNDER_WAY: Mapping[str, Mapping[str, frozenset[str]]] = {
    "opening": {"surface_lost": ENDS},
    "finished": {"surface_lost": ENDS},
    "paused": {"inquire": frozenset({"paused"}), "surface_lost": ENDS},
    **{
        phase: {
            "inquire": frozenset({phase}),
            "pause": frozenset({"paused"}),
            "abort": ENDS | ({phase} if phase == "acting" else frozenset()),  # a call that runs is stopped first
            "surface_lost": ENDS,
        }
        for phase in PAUSABLE
    },
}


def under_way(checkpoint: Checkpoint, given: Input, now: datetime, rules: Rules) -> Transition | None:
    """Answer what does not depend on the phase while a task goes on, or give None."""
    phase = checkpoint.phase
    match given:
        case SurfaceLost() if isinstance(phase, Finished):
            return unheard(begin(checkpoint, now), phase, given)
        case SurfaceLost():
            return surface_lost(begin(checkpoint, now), given, now)
        case Inquire() if not isinstance(phase, Opening | Finished):
            return do(begin(checkpoint, now), AskModel(inquiry=given.text, asked_by=given.by.id))
        case Pause() if not isinstance(phase, Opening | Paused | Finished):
            check_may_steer(checkpoint, given.by, rules)
            return pause(begin(checkpoint, now), phase, given.by.id, now)
        case Abort() if not isinstance(phase, Opening | Paused | Finished):
            check_may_steer(checkpoint, given.by, rules)
            return abort(begin(checkpoint, now), phase, given.by.id, now)
        case _:
            return None


def surface_lost(draft: Transition, given: SurfaceLost, now: datetime) -> Transition:
    """End a task whose channel can't be written to, and tell its requester directly."""
    draft = finish(draft, "aborted", given.words, now)
    purpose = draft.checkpoint.purpose[:200]
    kept = tuple(effect for effect in draft.effects if not isinstance(effect, (PostCard, UpdateCard, Say)))
    words = f"Your task “{purpose}” was aborted: {given.words} Nothing more of it runs."
    return without_last_word(replace(draft, effects=(*kept, TellRequester(words=words))))


def unheard(draft: Transition, phase: Finished, given: SurfaceLost) -> Transition:
    """Tell the requester directly how a task ended whose last message can't be posted; once."""
    last = draft.checkpoint.card(FINAL)
    if last is None or last.ts is not None:
        raise not_now(phase.kind, given.kind)
    purpose = draft.checkpoint.purpose[:200]
    words = f"Your task “{purpose}” ended: {phase.how.replace('_', ' ')}. Its thread can't say so: {given.words}"
    return without_last_word(do(draft, TellRequester(words=words)))


def without_last_word(draft: Transition) -> Transition:
    """Keep no last message in mind that was told directly instead."""
    cards = tuple(card for card in draft.checkpoint.cards if card.key != FINAL)
    return turn(draft, replace(draft.checkpoint, cards=cards))
