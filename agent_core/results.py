"""What the world gave back, as the inputs that a task understands, and what the journal kept of it. Decides nothing."""

import math
from collections.abc import AsyncIterator

from agent_core import effects, inputs
from agent_core.checkpoint import Checkpoint
from agent_core.ports import Figures, Output, Ran, Store
from agent_core.records import Entry
from agent_core.rules.summary import Deeds, Summary
from agent_core.words import EffectId, ThreadId

PAGE = 50


async def printed(store: Store, thread_id: ThreadId, version: int) -> Output | None:
    """Read all that a call printed from the journal entry of a version."""
    earliest = max(0, version - 1)  # notes only add lines
    async for entry in entries(store, thread_id, earliest):
        if entry.version == version:
            return output_of(entry.input)
    return None


async def entries(store: Store, thread_id: ThreadId, start: int = 0) -> AsyncIterator[Entry]:
    """Read a journal page by page, oldest first, without its notes."""
    while True:
        lines = await store.journal(thread_id, start, PAGE)
        for line in lines:
            if isinstance(line, Entry):
                yield line
        if len(lines) < PAGE:
            return
        start += len(lines)


def output_of(given: inputs.Input) -> Output | None:
    """Give all that a call printed from the input that says how it ended; None for any other input."""
    if not isinstance(given, inputs.ToolFinished | inputs.ToolFailed):
        return None
    code = given.exit_code if isinstance(given, inputs.ToolFinished) else None
    return Output(exit_code=code, stdout=given.stdout, stderr=given.stderr, cut_bytes=given.cut_bytes)


async def summed_up(store: Store, checkpoint: Checkpoint) -> Summary:
    """Read what a task came to from its journal."""
    deeds = Deeds()
    async for entry in entries(store, checkpoint.thread_id):
        deeds.add([entry])
    return deeds.summary(checkpoint)


def unanswered(effect: effects.AskModel, effect_id: EffectId, words: str) -> inputs.ModelReplied | inputs.ModelFailed:
    """Say that the actor could not answer: to whoever asked it something, or to the task that waits for a step."""
    if effect.inquiry is None:
        return inputs.ModelFailed(effect_id=effect_id, words=words)
    return inputs.ModelReplied(effect_id=effect_id, reply=inputs.Tell(words=f"I can't answer that now: {words}"))


def scored_of(figures: Figures, effect_id: EffectId, critic: str) -> inputs.Scored | inputs.ModelFailed:
    """Give a critic's figures; figures that are no numbers can't even be kept, and count as no answer."""
    numbers = (figures.before, figures.after, figures.confidence, figures.cap, figures.cost_usd)
    if not all(map(math.isfinite, numbers)):
        return inputs.ModelFailed(effect_id=effect_id, words=f"{critic} gave figures that are no numbers.")
    return inputs.Scored(
        effect_id=effect_id,
        before=figures.before,
        after=figures.after,
        evidence=figures.evidence,
        confidence=figures.confidence,
        critic=critic,
        cap=figures.cap,
        features_json=figures.features_json,
        memory=figures.memory,
        cost_usd=figures.cost_usd,
        tokens=figures.tokens,
    )


def result_of(ran: Ran, effect_id: EffectId, fence: int) -> inputs.ToolFinished | inputs.ToolFailed:
    """Say how a call ended, as the input that a task understands."""
    output = ran.output
    if ran.how == "finished":
        return inputs.ToolFinished(
            effect_id=effect_id,
            fence=fence,
            ok=ran.ok,
            exit_code=output.exit_code,
            stdout=output.stdout,
            stderr=output.stderr,
            cut_bytes=output.cut_bytes,
        )
    return inputs.ToolFailed(
        effect_id=effect_id,
        fence=fence,
        how=ran.how,
        words=ran.words,
        stdout=output.stdout,
        stderr=output.stderr,
        cut_bytes=output.cut_bytes,
    )
