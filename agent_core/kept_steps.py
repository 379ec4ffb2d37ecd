"""One step as the journal has it: in full for whoever opens it, and the face of a card that its task has forgotten.

The checkpoint forgets a step a few steps later and keeps only the beginning and the end of what it printed; the journal
keeps it all, and reading it costs nobody but the reader.
"""

from dataclasses import dataclass, replace

from agent_core.checkpoint import Card, CardState
from agent_core.inputs import CardPosted
from agent_core.ports import Output, Store
from agent_core.proposal import Proposal
from agent_core.records import Decided, Entry, Late, Proposed, Record, ScoreStands, StepEnded
from agent_core.results import entries, output_of
from agent_core.words import CardKey, Digest, ThreadId

OVER = "This is over; the newest messages of the thread say how."


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStep:
    """A step that was proposed; ``output`` is None until its call has ended."""

    proposal: Proposal
    output: Output | None = None


async def kept_step(store: Store, thread_id: ThreadId, digest: Digest, version: int) -> KeptStep | None:
    """Read the step of this digest and version; where none has that version, the newest of this digest.

    The same call may be proposed more than once, each time under a version of its own.
    """
    found: KeptStep | None = None
    async for entry in entries(store, thread_id):
        found = read_on(found, entry, digest)
        if found is not None and found.proposal.version == version and found.output is not None:
            break
    return found


def read_on(found: KeptStep | None, entry: Entry, digest: Digest) -> KeptStep | None:
    """Take from one entry what it says of the step."""
    for record in entry.records:
        if isinstance(record, Proposed) and record.proposal.digest == digest:
            found = KeptStep(proposal=record.proposal)
        elif isinstance(record, StepEnded) and record.run.digest == digest and found is not None:
            found = KeptStep(proposal=found.proposal, output=output_of(entry.input))
    return found


async def kept_card(store: Store, thread_id: ThreadId, key: CardKey) -> Card | None:
    """Rebuild a card that its task has forgotten, as far as the journal tells of it; None if it was never posted.

    Its last change may not have been shown when it was forgotten, and a message that seems to wait for ever is a lie.
    """
    card = Card(
        key=key, about="paused" if key.startswith("paused:") else "question", state="closed", changed=0, words=OVER
    )
    async for entry in entries(store, thread_id):
        posted, is_late = entry.input, any(isinstance(record, Late) for record in entry.records)
        if isinstance(posted, CardPosted) and posted.card == key and not is_late:
            card = replace(card, ts=posted.ts)
        for record in entry.records:
            card = faced(card, record, entry)
    return card if card.ts is not None else None


def faced(card: Card, record: Record, entry: Entry) -> Card:
    """Take from one record what it says of a card."""
    about = card.proposal.digest if card.proposal and card.run is None else None
    match record:
        case Proposed(proposal=proposal) if proposal.card == card.key:
            return replace(card, about="proposal", proposal=proposal)
        case Decided(digest=digest, how=how) if digest == about and how != "approved":
            return replace(card, state=how, by=record.by, words=record.words, at=entry.at)
        case StepEnded(run=run) if run.digest == about:
            state: CardState = "done" if run.outcome == "ok" else "failed"
            return replace(card, about="step", state=state, run=run, words="", at=entry.at)
        case ScoreStands(score=score) if card.run and score.digest == card.run.digest:
            return replace(card, score=score)
        case ScoreStands(score=score) if card.key == f"score-{entry.version}":
            return replace(card, about="step", state="done", score=score, words="")
        case _:
            return card
