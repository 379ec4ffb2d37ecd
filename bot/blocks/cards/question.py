"""A question to people: the agent's own, what to do after a rejection, or whether to extend the budget. Pure."""

from collections.abc import Iterator

from agent_core.phases import AwaitingAnswer
from agent_core.proposal import Question
from bot.blocks.cards.parts import button, decided_by, labelled, ours, row, said
from bot.blocks.cards.view import CardView, Room
from bot.blocks.kit import Block, Button, Sure, bold, bullets, header, italic, line, moment, quote, rich

HEADINGS = {
    "input": "Answer: the agent asks",
    "rejected": "What now? A step was rejected",
    "budget": "Decide: the budget is used up",
    "model": "Decide: the agent could not go on",
}
ABORT = Sure(title="End the task?", text="Nothing more is run. The task ends as aborted.", confirm="End the task")


def question_card(view: CardView, room: Room) -> list[Block]:
    """Show a question with the ways to answer it, or the answer that it got; of a forgotten one, that it is closed."""
    question = view.card.question
    if question is None:
        return [header("A question is closed"), rich(line(*ours(view.card.words, room.prose, None)))]
    parts = [quote(*said(question.text, 2 * room.prose, lines=True))]
    if question.options:
        parts.append(bullets(*options_of(question, room)))
    blocks: list[Block] = []
    if isinstance(view.checkpoint.phase, AwaitingAnswer) and view.card.state == "asked":
        if question.expires_at:
            parts.append(labelled("Until", moment(question.expires_at)))
        blocks = row(view.value(question.digest, question.version), ways(view, question), menu_of(question))
    else:
        parts.extend(answer_of(view, room))
    return [header(HEADINGS[question.about]), rich(*parts), *blocks]


def options_of(question: Question, room: Room) -> Iterator[Block]:
    """Give what may be answered."""
    for option in question.options[: 2 * room.items]:
        yield line(*said(option, room.prose // 2))
    more = len(question.options) - 2 * room.items
    if more > 0:
        yield line(italic(f"… {more} more"))


def answer_of(view: CardView, room: Room) -> Iterator[Block]:
    """Say what came of the question."""
    card = view.card
    if card.state == "answered":
        yield line(bold("Answered"), *decided_by(card.by, card.at, room))
        if card.words:
            yield quote(*said(card.words, room.prose, lines=True))
    elif card.words:
        yield line(*ours(card.words, room.prose, view.known))
    else:
        yield line(italic("It waits no longer."))


def menu_of(question: Question) -> tuple[str, ...]:
    """Give the less used actions; where one is a button already, not again."""
    return ("pause",) if question.about == "budget" else ("pause", "abort")


def ways(view: CardView, question: Question) -> list[Button]:
    """Give the buttons that fit what the question is about."""
    digest = view.value(question.digest, question.version)
    bare = view.value("", question.version)
    if question.about == "budget":
        return [
            button(view, "extend_budget", bare, style="primary"),
            button(view, "abort", bare, style="danger", sure=ABORT),
        ]
    answers = button(view, "answer", digest, style="primary")
    if question.about == "rejected":
        return [answers, button(view, "skip_step", digest), button(view, "stop", bare, style="danger")]
    return [answers]
