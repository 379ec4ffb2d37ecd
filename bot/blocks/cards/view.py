"""What a card is made from, and how much room its words have. Pure."""

import re
from dataclasses import dataclass

from agent_core.checkpoint import Card, Checkpoint
from agent_core.phases import AwaitingApproval, Paused, Phase
from agent_core.proposal import Call, Proposal
from agent_core.rules.book import Limits, ToolSpec
from agent_core.rules.summary import Summary
from agent_core.words import PersonId
from bot.blocks.args import Mark, Veil

TOOL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """A card and all that its face depends on. ``mark`` tells one masked secret from another (keyed digest)."""

    checkpoint: Checkpoint
    card: Card
    limits: Limits
    mark: Mark
    spec: ToolSpec | None = None
    summary: Summary | None = None

    @property
    def veil(self) -> Veil:
        """What of the tool's arguments must not be shown."""
        return Veil.of(self.spec, self.mark)

    @property
    def phase(self) -> Phase:
        """The task's phase, or the one that a pause interrupted."""
        phase = self.checkpoint.phase
        return phase.was if isinstance(phase, Paused) else phase

    @property
    def proposal(self) -> Proposal | None:
        """The card's proposal, with the approvals that it has by now."""
        return self._waiting_in(self.phase) or self.card.proposal

    @property
    def awaited(self) -> Proposal | None:
        """The card's proposal if people may decide on it now."""
        return self._waiting_in(self.checkpoint.phase)

    def _waiting_in(self, phase: Phase) -> Proposal | None:
        kept = self.card.proposal
        if kept is not None and isinstance(phase, AwaitingApproval) and phase.proposal.card == kept.card:
            return phase.proposal
        return None

    @property
    def call(self) -> Call | None:
        """The call that the card is about."""
        if self.card.run is not None:
            return self.card.run.call
        return self.card.proposal.call if self.card.proposal else None

    @property
    def tool(self) -> str:
        """The tool's name as it may stand in fallback texts, where markup would be obeyed."""
        score = self.card.score
        name = self.call.tool if self.call else score.tool if score else ""
        return name if TOOL_NAME.fullmatch(name) else "a tool" if name else "no tool"

    @property
    def step(self) -> int:
        """The number of the step that the card is about."""
        about = self.card.proposal or self.card.run or self.card.score
        return about.step if about else self.checkpoint.step

    def value(self, digest: str = "", version: int | None = None) -> str:
        """Write what a button of this card carries."""
        kept = self.card.proposal
        named = version if version is not None else kept.version if kept else self.card.changed
        return f"{self.checkpoint.thread_id}|{named}|{digest}"

    def veiled(self, text: str) -> str:
        """Mask the call's secrets where other words repeat them."""
        call, veil = self.call, self.veil
        return veil.over(text, call.args) if call and veil.names else text

    @property
    def known(self) -> frozenset[PersonId]:
        """The people of this task: whose names our own words may have in them."""
        named = frozenset[PersonId]().union(*(people.users for people in self.checkpoint.approvers))
        return named | {self.checkpoint.requester, *self.card.by}


@dataclass(frozen=True, slots=True)
class Room:
    """How many characters prose and arguments may take, and how many names and items are listed."""

    prose: int
    args: int
    names: int
    items: int


ROOMS = (Room(280, 600, 8, 6), Room(120, 300, 4, 3), Room(60, 120, 2, 1))
