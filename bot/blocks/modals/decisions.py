"""The small modals of a decision: reject with a reason, approve with a note, and answer. Pure."""

from collections.abc import Sequence

from bot.blocks.cards.parts import said
from bot.blocks.kit import Block, field, line, modal, option, quote, rich, select, text_input, words
from bot.wording import REASONS

QUESTION_CHARS = 2_000


def reject_modal(metadata: str) -> Block:
    """Ask for the reason of a no."""
    reasons = [option(label, name) for name, label in REASONS.items()]
    return modal(
        "reject",
        "Reject this step",
        metadata,
        [
            field("reason", "Reason", select(reasons)),  # nothing chosen beforehand: a hurried no is to be true
            field(
                "note",
                "Note",
                text_input(multiline=True),
                hint="The agent gets it as a constraint; it stays on the card.",
                optional=True,
            ),
        ],
        submit="Reject",
    )


def approve_modal(metadata: str, *, note_needed: bool = False, confirm: str = "") -> Block:
    """Ask for a yes's note and, where policy wants it, for the target's name (``confirm``) to be typed."""
    blocks = [field("note", "Note", text_input(multiline=True), optional=not note_needed)]
    if confirm:
        blocks.insert(0, rich(line(words("Type this to confirm: "), *said(confirm, QUESTION_CHARS))))
        blocks.append(field("confirm", "Confirm", text_input()))
    return modal("approve", "Approve this step", metadata, blocks, submit="Approve")


def answer_modal(metadata: str, question: str, options: Sequence[str] = ()) -> Block:
    """Ask for the answer to a question, which is repeated here."""
    hint = "For example: " + ", ".join(options) if options else ""
    return modal(
        "answer",
        "Answer",
        metadata,
        [
            rich(quote(*said(question, QUESTION_CHARS, lines=True))),
            field("answer", "Your answer", text_input(multiline=True), hint=hint),
        ],
        submit="Answer",
    )
