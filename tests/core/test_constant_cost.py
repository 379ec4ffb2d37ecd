"""What one step writes: checkpoints, journal lines and effects, as the store would hold them."""

from dataclasses import replace

import pytest

from agent_core import inputs
from agent_core.codec import Codec
from agent_core.effects import PostCard
from agent_core.inputs import Input
from agent_core.people import Person
from agent_core.proposal import canonical
from agent_core.records import Entry
from agent_core.rules.book import Limits
from tests.core.decide.desk import Desk
from tests.core.decide.office import RULES
from tests.examples import APPROVER, KEY

STEPS = 200
CODEC = Codec(KEY)


class Scale:
    """Weighs what each step of a task writes."""

    def __init__(self) -> None:
        limits = Limits(max_steps=1000, wall_s=1e9, cost_usd=1e9, tokens=10**9)
        self.desk = Desk(rules=replace(RULES, limits=limits)).start()
        self.head = ""
        self.lines = len(self.desk.log)

    def give(self, given: Input) -> int:
        """Give an input, and say how many bytes its commit writes."""
        transition = self.desk.give(given)
        self.desk.later(1.5)
        after = transition.checkpoint
        entry = Entry(
            version=after.version, at=self.desk.now, policy_version="p1", input=given, records=transition.records
        )
        link = CODEC.link(after.thread_id, self.head, self.lines, entry)
        self.head, self.lines = link.head, self.lines + 1
        effects = transition.outbox()
        written = len(CODEC.encode(after)) + len(link.to_bytes())
        written += sum(len(name) + len(CODEC.encode_effect(name, effect)) for name, effect in effects.items())
        for name, effect in effects.items():
            if isinstance(effect, PostCard):
                ts = f"1772452900.{after.version:06d}"
                written += self.give(inputs.CardPosted(effect_id=name, card=effect.card, ts=ts, shown=after.version))
        return written

    def step(self, tool: str, nth: int, *approvers: Person) -> int:
        """Go through one step, from the actor's reply to the score."""
        desk = self.desk
        wanted = inputs.Propose(
            tool=tool, args_json=canonical({"service": f"service-{nth:03d}"}), thought="It is next.", expect="is active"
        )
        memory = f"Looked at {nth:03d}."
        written = self.give(
            inputs.ModelReplied(effect_id=desk.work, reply=wanted, memory=memory, cost_usd=0.001, tokens=120)
        )
        written += sum(self.give(desk.approval(person)) for person in approvers)
        written += self.give(desk.starting())
        output = f"service-{nth:03d} is active (running)\n" * 20
        written += self.give(
            inputs.ToolFinished(effect_id=desk.work, fence=desk.fence, ok=True, exit_code=0, stdout=output)
        )
        phi = 3.0 + (nth % 5) / 10
        scored = inputs.Scored(
            effect_id=desk.work, before=0.0, after=phi, evidence="As expected.", confidence=1.0, critic="c"
        )
        return written + self.give(scored)


@pytest.mark.parametrize(("tool", "approvers"), [("read_status", ()), ("restart_service", (APPROVER,))])
def test_step_200_writes_no_more_than_step_2(tool: str, approvers: tuple[Person, ...]) -> None:
    """A long task costs no more for each step than a short one, with people asked or without."""
    scale = Scale()
    bytes_of = [scale.step(tool, nth, *approvers) for nth in range(1, STEPS + 1)]
    assert bytes_of[-1] <= 1.1 * bytes_of[1]
    assert max(bytes_of) <= 1.15 * bytes_of[1]
