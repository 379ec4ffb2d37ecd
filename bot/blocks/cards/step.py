"""A step that ended: what came of it, and its score as it stands. Pure.

The score names Φ before and after, the difference, the evidence and how sure the critic was; a person's Φ stands with
the person's name. Override is offered on the newest score only, where it does something.
"""

import re
from collections.abc import Iterator

from agent_core.proposal import Score, StepRun
from agent_core.words import PersonId
from bot.blocks.cards.parts import (
    args_box,
    button,
    credited,
    head,
    labelled,
    names,
    ours,
    row,
    said,
)
from bot.blocks.cards.spent import approvals
from bot.blocks.cards.view import CardView, Room
from bot.blocks.kit import Block, Button, bold, italic, line, moment, person, preformatted, rich, words
from bot.blocks.shown import cut
from bot.wording import LABELS, OUTCOMES

VERDICT = re.compile(
    r"(?:(?:Accepted|Overridden|Stopped) by|(?:It happened|It did not happen), says) <@([UW][A-Z0-9]{1,30})>\."
)


def step_card(view: CardView, room: Room) -> list[Block]:
    """Show a step that ended, with its score once there is one."""
    card = view.card
    parts = list(outcome_of(view, card.run, room)) if card.run else []
    if card.score:
        parts.extend(score_of(view, card.score, room))
    elif not view.checkpoint.is_finished:
        parts.append(line(italic("Its score follows.")))
    if is_verdict(view):
        parts.append(line(*ours(card.words, room.prose, frozenset(card.by))))
    about = card.score or card.run or card.proposal
    value = view.value(about.digest if about else "")
    return [head(view), rich(*parts), *row(value, buttons(view, value), menu(view))]


def outcome_of(view: CardView, run: StepRun, room: Room) -> Iterator[Block]:
    """Say what was run, by whose approval, and what came of it."""
    yield from args_box(view, run.call.args, room, whole=False)
    if view.card.proposal:
        yield from approvals(view, view.card.proposal, room)
    elif run.approved_by:
        yield labelled("Approved by", *names(run.approved_by, room))
    else:
        yield line(bold("Allowed by policy"))
    if run.edited_by:
        yield labelled("Edited by", person(run.edited_by))
    exit_code = "" if run.exit_code is None else f" · exit code {run.exit_code}"
    yield line(bold("Outcome: "), words(f"{OUTCOMES[run.outcome]}{exit_code} · "), moment(run.ended_at))
    if run.excerpt:
        part, left = cut(view.veiled(run.excerpt), room.prose, lines=True)
        yield preformatted(part or "(nothing to be shown here)")
        if left:
            yield line(italic(f"… cut here; {LABELS['view_full']} has all of it"))


def score_of(view: CardView, score: Score, room: Room) -> Iterator[Block]:
    """Say how far the step brought the task, on what evidence."""
    delta = score.after - score.before
    yield line(bold("Φ: "), words(f"{score.before:.1f} → {score.after:.1f} (Δ {delta:+.1f})"))
    if score.overridden_by:
        why = [words(": "), *said(view.veiled(score.why), room.prose // 2)] if score.why else []
        yield labelled("Φ set by", person(score.overridden_by), words(f" (critic {score.raw:.1f})"), *why)
    for because in score.because[: room.items]:
        yield labelled("Because", *credited(view.veiled(because), room.prose // 2))
    if score.evidence:
        yield labelled("Evidence", *said(view.veiled(score.evidence), room.prose))
    yield labelled("Confidence", words(f"{score.confidence:.0%}"))


def is_verdict(view: CardView) -> bool:
    """Tell whether the card's words are ours, on who looked at the score or said what happened."""
    found = VERDICT.fullmatch(view.card.words)
    return found is not None and PersonId(found[1]) in view.card.by


def is_newest(view: CardView) -> bool:
    """Tell whether the card shows the score that an override would replace."""
    shown, newest = view.card.score, view.checkpoint.score
    return shown is not None and newest is not None and shown.digest == newest.digest


def buttons(view: CardView, value: str) -> list[Button]:
    """Give the buttons that do something now."""
    found = [button(view, "teach", value)]
    if is_newest(view) and not view.checkpoint.is_finished:
        found.insert(0, button(view, "override_phi", value))
    return found


def menu(view: CardView) -> list[str]:
    """Give the less used actions."""
    found = ["view_full", "why_asked"] if view.call else ["why_asked"]
    return found if view.checkpoint.is_finished else [*found, "pause", "abort"]
