"""The actor that needs no model: it follows a named procedure, step by step, and asks people for what it lacks.

It keeps nothing between two askings. What it knows stands in the checkpoint's memory, so that any process can go on
after any other, and the same situation always gets the same reply. Which runbook is followed is decided once, from the
task's words; where several fit, a person chooses.
"""

from collections.abc import Mapping

from agent_core.adapters.models.runbook_course import Course
from agent_core.adapters.models.runbook_hearing import moved_on
from agent_core.adapters.models.runbook_match import fitting, matched, no_runbook
from agent_core.adapters.models.runbook_memory import Asked, Memory, message_key, read, written
from agent_core.adapters.models.runbook_values import Runbook, shown
from agent_core.adapters.models.runbook_words import answer
from agent_core.checkpoint import Checkpoint
from agent_core.inputs import Ask, GiveUp, ModelReply, Tell
from agent_core.ports import Replied, Situation
from agent_core.rules.book import ToolSpec
from agent_core.values import replace

EDGES = " .!`“”\"'"


class RunbookModel:
    """Follows the runbooks it was given, with the tools that their steps name."""

    immediate = True

    def __init__(self, runbooks: tuple[Runbook, ...], tools: Mapping[str, ToolSpec]) -> None:
        self._runbooks = runbooks
        self._tools = tools

    def accepts(self, purpose: str) -> None:
        """Raise Refused, listing the runbooks, if none fits these words."""
        if not fitting(self._runbooks, purpose):
            raise no_runbook(self._runbooks)

    async def next(self, situation: Situation) -> Replied:
        """Propose the next step, ask for what it lacks, or answer the inquiry."""
        checkpoint = situation.checkpoint
        memory = read(checkpoint.memory)
        if situation.inquiry is not None:
            known = memory or Memory()
            words = answer(self._runbook(known.runbook), known, checkpoint, situation.inquiry)
            return Replied(reply=Tell(words=words))
        if memory is None:
            return Replied(
                reply=GiveUp(words="Another model began this task, and a runbook can't go on with it. Start it again.")
            )
        memory, reply = self._replied(checkpoint, memory)
        return Replied(reply=reply, memory=written(memory))

    def _replied(self, checkpoint: Checkpoint, memory: Memory) -> tuple[Memory, ModelReply]:
        if not memory.runbook:
            memory, reply = self._chosen(checkpoint, memory)
            if reply:
                return memory, reply
        runbook = self._runbook(memory.runbook)
        if runbook is None:
            return memory, GiveUp(words=f"The runbook “{memory.runbook}” is not configured any more.")
        return moved_on(Course(runbook=runbook, tools=self._tools, checkpoint=checkpoint), memory)

    def _runbook(self, name: str) -> Runbook | None:
        return next((runbook for runbook in self._runbooks if runbook.name == name), None)

    def _chosen(self, checkpoint: Checkpoint, memory: Memory) -> tuple[Memory, ModelReply | None]:
        """Begin the one runbook that fits, or have a person choose among several."""
        fit = fitting(self._runbooks, checkpoint.purpose)
        if not fit:
            return memory, GiveUp(words=no_runbook(self._runbooks).sentence)
        if len(fit) == 1:
            return begun(fit[0], checkpoint, memory), None
        names = tuple(runbook.name for runbook in fit)
        for message in checkpoint.messages:
            choice = chosen(names, message.text)
            if memory.asked is not None and choice is not None and message_key(message) not in memory.heard:
                heard = (*memory.heard, message_key(message))
                return begun(fit[names.index(choice)], checkpoint, replace(memory, heard=heard)), None
        listed = ", ".join(f"{number}. {name}" for number, name in enumerate(names, 1))
        said = [message.text for message in checkpoint.messages if message_key(message) not in memory.heard]
        unclear = f"“{shown(said[-1])}” is none of them. " if memory.asked and said else ""
        text = f"{unclear}Several runbooks fit these words: {listed}. Which one? Answer with its name or number."
        heard = tuple(map(message_key, checkpoint.messages))
        return replace(memory, asked=Asked(about="which"), heard=heard), Ask(text=text, options=names)


def begun(runbook: Runbook, checkpoint: Checkpoint, memory: Memory) -> Memory:
    """Note the beginning of a runbook, with the values that the task's words hold."""
    slots = matched(runbook, checkpoint.purpose) or {}
    return replace(memory, runbook=runbook.name, at=runbook.ids[0], slots=slots, asked=None)


def chosen(names: tuple[str, ...], text: str) -> str | None:
    """Understand which of the names is meant: by the name itself, its number, or a part that only one has."""
    words = text.strip(EDGES).casefold()
    if words.isascii() and words.isdigit() and 0 < int(words[:3]) <= len(names):
        return names[int(words[:3]) - 1]
    same = [name for name in names if name.casefold() == words]
    alike = [name for name in names if words and words in name.casefold()]
    return next((found[0] for found in (same, alike) if len(found) == 1), None)
