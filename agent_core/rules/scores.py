"""How Φ comes to stand: the critic's figure, what people taught about exactly this state, or a person's own word. Pure.

Φ is always finite and within 0..10. A lesson never lifts a score over the critic's cap; a person in this task may.
"""

import hashlib
import json
import math
from datetime import datetime

from agent_core.checkpoint import COURSE, Card, CardState, Checkpoint, Message, Tally
from agent_core.effects import Learn
from agent_core.errors import Refused
from agent_core.inputs import OverridePhi, Scored
from agent_core.learning.taught import pin
from agent_core.lesson import Lesson
from agent_core.phases import Acting, AwaitingApproval, OutcomeUnknown, Scoring, Thinking
from agent_core.proposal import Score, canonical
from agent_core.records import Learned, ScoreStands
from agent_core.rules.approvals import check_is_in
from agent_core.rules.book import Rules
from agent_core.rules.brief import brief_args
from agent_core.rules.digests import keyed, state_of
from agent_core.rules.draft import cut, do, hear, show, turn
from agent_core.transition import Transition
from agent_core.values import replace
from agent_core.words import CardKey

TOP = 10.0
FEATURES_CHARS = 10_000


def is_phi(figure: float) -> bool:
    """Tell whether a figure is a number within 0..10."""
    return math.isfinite(figure) and 0.0 <= figure <= TOP


def is_usable(given: Scored) -> bool:
    """Tell whether a critic's answer is one; where it is not, Φ stays as it was."""
    return (
        all(map(is_phi, (given.before, given.after, given.cap)))
        and math.isfinite(given.confidence)
        and is_object(given.features_json)
    )


def is_object(text: str) -> bool:
    """Tell whether a text is a short enough JSON object in its one spelling, by which an exact state is named."""
    try:
        value = json.loads(text)
        return isinstance(value, dict) and canonical(value) == text and len(text) <= FEATURES_CHARS
    except (ValueError, RecursionError):
        return False


def score_of(checkpoint: Checkpoint, phase: Scoring, given: Scored, rules: Rules, now: datetime) -> Score:
    """Put the critic's figures together with what was taught about this very state."""
    raw, cap = round(given.after, 2), round(given.cap, 2)
    before = round(given.before, 2) if checkpoint.phi is None else checkpoint.phi
    tool = phase.run.call.tool if phase.run else ""
    args_json = phase.run.call.args_json if phase.run else "{}"
    state = state_of(checkpoint.team, tool, args_json, given.features_json)
    pinned = pin(rules.lessons, checkpoint.team, state, now)
    after = min(raw, cap)
    because: tuple[str, ...] = ()
    if pinned is not None and pinned.phi is not None:
        after = min(pinned.phi, cap)
        because = (f"<@{pinned.author}> scored exactly this state {pinned.phi:g} ({pinned.id})",)
    digest = phase.run.digest if phase.run else keyed(rules.key, checkpoint.thread_id, checkpoint.version, "done")
    return Score(
        digest=digest,
        step=checkpoint.step,
        before=before,
        after=after,
        raw=raw,
        evidence=cut(given.evidence),
        confidence=min(1.0, max(0.0, given.confidence)),
        state=state,
        tool=tool,
        args_json=brief_args(args_json),
        features_json=given.features_json,
        cap=cap,
        because=because,
    )


def stand(draft: Transition, score: Score) -> Transition:
    """Let a new score stand: in the task, in its tally, in the journal."""
    checkpoint = draft.checkpoint
    tally = checkpoint.tally
    start = score.before if tally.phi_start is None else tally.phi_start
    tally = replace(tally, phi_start=start, reward=round(tally.reward + score.after - score.before, 2))
    tally = with_point(tally, start, score.after)
    checkpoint = replace(checkpoint, phi=score.after, phi_by=None, score=score, tally=tally)
    return turn(draft, checkpoint, ScoreStands(score=score))


def with_point(tally: Tally, start: float, phi: float) -> Tally:
    """Add a point to Φ's course, thinning out the old ones so that their number stays bounded."""
    course = (*(tally.course or (start,)), phi)
    if len(course) > COURSE:
        course = (*course[:-1:2], course[-1])
    return replace(tally, course=course)


def score_card(checkpoint: Checkpoint, score: Score) -> Card:
    """Find the card that shows a score: the step's own, or a new one where policy had let it run without asking."""
    for card in checkpoint.cards:
        if card.about != "question" and score.digest in (
            card.run.digest if card.run else None,
            card.score.digest if card.score else None,
        ):
            return replace(card, score=score)
    run = next((run for run in reversed(checkpoint.recent) if run.digest == score.digest), None)
    key = CardKey(f"score-{checkpoint.version}")
    state: CardState = "done" if run is None or run.ok else "failed"
    return Card(key=key, about="step", state=state, changed=0, run=run, score=score)


def override(draft: Transition, given: OverridePhi, rules: Rules, now: datetime) -> Transition:
    """Put a person's Φ in the place of the newest score, and learn it for exactly this state."""
    checkpoint = draft.checkpoint
    check_is_in(rules.overriders, given.by, "override Φ")
    if not is_phi(given.phi):
        raise Refused("Φ is a number from 0 to 10.", "Type for example 6.5.", field="phi")
    phi = round(given.phi, 2)
    known = names_of_newest(checkpoint)
    if given.digest and given.digest not in known:
        raise Refused("This is not the newest score any more.", "Override Φ on the newest card.")
    was, score = checkpoint.phi or 0.0, checkpoint.score
    tally = overridden(checkpoint.tally, was, phi, is_scored=score is not None)
    checkpoint = replace(checkpoint, phi=phi, phi_by=given.by.id, tally=tally)
    lesson = override_lesson(checkpoint, given, score, now)
    words = f"Φ {phi:g} instead of {was:g}" + (f": {given.why}" if given.why else "")
    draft = turn(draft, checkpoint, Learned(lesson=lesson.id, words=words, by=given.by.id))
    draft = do(draft, Learn(lesson=lesson))
    message = Message(by=given.by.id, text=words, about="override", step=checkpoint.step, at=now)
    draft = hear(draft, message)
    if score is None:
        return draft
    changed = replace(score, after=phi, overridden_by=given.by.id, why=cut(given.why))
    draft = turn(draft, replace(draft.checkpoint, score=changed), ScoreStands(score=changed))
    return show(draft, score_card(draft.checkpoint, changed))


def overridden(tally: Tally, was: float, phi: float, *, is_scored: bool) -> Tally:
    """Count an override: the newest step's Δ is another now, and the reward is the sum of all Δ."""
    reward = round(tally.reward + phi - was, 2) if is_scored else tally.reward
    start = was if tally.phi_start is None else tally.phi_start
    return with_point(replace(tally, overrides=tally.overrides + 1, reward=reward, phi_start=start), was, phi)


def names_of_newest(checkpoint: Checkpoint) -> frozenset[str]:
    """Give the digests by which the newest state may be named: its score's, or that of the proposal that waits."""
    names = {checkpoint.score.digest} if checkpoint.score else set()
    phase = checkpoint.underlying
    if isinstance(phase, AwaitingApproval | Acting | OutcomeUnknown):
        names.add(phase.proposal.digest)
    if isinstance(phase, Thinking) and phase.held is not None:
        names.add(phase.held.digest)
    return frozenset(names)


def start_features(checkpoint: Checkpoint) -> str:
    """Describe the state before the first step."""
    return canonical({"purpose": checkpoint.purpose})


def override_lesson(checkpoint: Checkpoint, given: OverridePhi, score: Score | None, now: datetime) -> Lesson:
    """Write the lesson that an override is."""
    tool, args_json = (score.tool, score.args_json) if score else ("", "{}")
    features_json = score.features_json if score else start_features(checkpoint)
    return Lesson(
        kind="override",
        key=lesson_key(checkpoint),
        at=now,
        author=given.by.id,
        team=checkpoint.team,
        channel=checkpoint.channel,
        thread=checkpoint.thread_id,
        tool=tool,
        state=score.state if score else state_of(checkpoint.team, tool, args_json, features_json),
        args_json=args_json,
        features_json=features_json,
        raw=score.raw if score else None,
        phi=round(given.phi, 2),
        step=checkpoint.step,
        text=cut(given.why),
    )


def lesson_key(checkpoint: Checkpoint) -> str:
    """Name a lesson by the transition that made it: short, and the same for a repeat."""
    text = f"{checkpoint.thread_id}/{checkpoint.version}"
    return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()
