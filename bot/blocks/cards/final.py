"""The last message of a task: how it ended, what was done by whose approval, what was learned. Pure."""

from collections.abc import Iterator

from agent_core.checkpoint import Checkpoint
from agent_core.errors import Broken
from agent_core.phases import Finished
from agent_core.rules.summary import Deed, Summary
from bot.blocks.cards.parts import button, labelled, names, ours, row, said
from bot.blocks.cards.view import CardView, Room
from bot.blocks.kit import Block, bold, bullets, code, header, italic, line, moment, person, preformatted, rich, words
from bot.blocks.shown import cut
from bot.wording import OUTCOMES

NOT_RUN = frozenset({"denied", "rejected", "expired", "withdrawn"})


def first_line(view: CardView) -> str:
    """Write the line with which the last message begins; other software reads it."""
    return f"Finished: {ending(view.checkpoint)}"


def ending(checkpoint: Checkpoint) -> str:
    """Say how a finished task ended, and how far it came."""
    phase = checkpoint.phase
    if not isinstance(phase, Finished):
        raise Broken("only a finished task has a last message", phase=phase.kind)
    return f"{phase.how} · Φ {checkpoint.phi or 0.0:.1f}"


def final_card(view: CardView, room: Room) -> list[Block]:
    """Show how the task ended and what it came to."""
    card, summary = view.card, view.summary
    parts = [labelled("Task", *said(view.checkpoint.purpose, room.prose))]
    if card.words:
        parts.append(labelled("Why it ended", *ours(card.words, room.prose, view.known)))
    if card.at:
        parts.append(labelled("Ended", moment(card.at), words(" · for "), person(view.checkpoint.requester)))
    recent = view.checkpoint.recent
    if recent and recent[-1].excerpt:
        parts.append(labelled("The last step said"))
        parts.append(preformatted(cut(recent[-1].excerpt, room.args, lines=True)[0]))
    if summary:
        parts.extend(figures(summary))
        parts.extend(deeds_of(summary, room))
        parts.extend(lessons_of(summary, room))
    return [header(first_line(view)), rich(*parts), *row(view.value(), [button(view, "teach", view.value())])]


def figures(summary: Summary) -> Iterator[Block]:
    """Give the task's figures."""
    ran = f"{summary.steps} run, {summary.succeeded} succeeded ({summary.success_rate:.0%})"
    yield labelled("Steps", words(ran if summary.steps else "none was run"))
    yield line(
        bold("Cumulative reward: "), words(f"{summary.reward:+.1f}  "),
        bold("Net ΔΦ: "), words(f"{summary.net:+.1f} ({summary.phi_start:.1f} → {summary.phi_end:.1f})"),
    )  # fmt: skip
    if summary.course:
        yield labelled("Course of Φ", code(summary.course))


def deeds_of(summary: Summary, room: Room) -> Iterator[Block]:
    """List what became of the steps: done, by whose approval; or not run, and who was against it."""
    if not summary.deeds:
        return
    yield line(bold("What became of the steps:"))
    most = 2 * room.items
    yield bullets(*(deed_of(deed, room) for deed in summary.deeds[-most:]))
    more = summary.more_deeds + max(0, len(summary.deeds) - most)
    if more:
        yield line(italic(f"… and {more} earlier {'step' if more == 1 else 'steps'}"))


def deed_of(deed: Deed, room: Room) -> Block:
    """Say what became of one step."""
    ended = f" {OUTCOMES.get(deed.outcome, 'ended')}"
    return line(words(f"Step {deed.step}: "), *said(deed.tool, room.prose // 3), words(ended), *whose(deed, room))


def whose(deed: Deed, room: Room) -> list[Block]:
    """Say by whose word a step was run, or was not."""
    if deed.outcome in NOT_RUN:
        against = [words(" by "), *names(deed.against, room)] if deed.against else []
        return [*against, words(", not run")]
    edited = [words(", edited by "), person(deed.edited_by)] if deed.edited_by else []
    if deed.approved_by:
        return [words(", approved by "), *names(deed.approved_by, room), *edited]
    return [words(", allowed by policy"), *edited]


def lessons_of(summary: Summary, room: Room) -> Iterator[Block]:
    """List what was learned."""
    if not summary.learned:
        return
    yield line(bold("What was learned:"))
    yield bullets(*(line(*said(lesson, room.prose // 2)) for lesson in summary.learned[: room.items]))
    more = len(summary.learned) - room.items
    if more > 0:
        yield line(italic(f"… and {more} more"))


def fallback(view: CardView) -> str:
    """Write the message's text: the first line, then the figures in fixed words."""
    summary = view.summary
    if summary is None:
        return first_line(view)
    return (
        f"{first_line(view)}\n{summary.steps} steps run, {summary.succeeded} succeeded, "
        f"reward {summary.reward:+.1f}, net ΔΦ {summary.net:+.1f}."
    )
