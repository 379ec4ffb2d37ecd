"""What people change in a runbook under way: a correction in words, an edit of arguments. Pure.

A change of an argument that is exactly ``{slot}`` changes the slot, and so the later steps that use it; any other holds
for this step alone. Every value passes the tool's schema first; what does not is refused, and nothing is changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent_core.adapters.models.corrections import Assign, Change, folded, parsed, swapped
from agent_core.adapters.models.runbook_args import fill, fitted, templates
from agent_core.adapters.models.runbook_memory import Memory
from agent_core.adapters.models.runbook_values import Runbook, Step, as_text, exact, placeholders, shown
from agent_core.errors import Refused
from agent_core.proposal import canonical
from agent_core.rules.book import ToolSpec
from agent_core.rules.schema import with_defaults
from agent_core.values import replace
from agent_core.words import Args, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The step that words are about, with its tool; ``held`` are the arguments of its pending card."""

    runbook: Runbook
    step_id: str
    step: Step
    spec: ToolSpec
    tools: Mapping[str, ToolSpec]
    held: Args | None = None

    def now(self, memory: Memory) -> Args:
        """Give the arguments as people see them: those of the pending card, else as far as they are known."""
        return self.held if self.held is not None else self.known(memory)

    def known(self, memory: Memory) -> Args:
        """Give the arguments as far as the runbook knows them, with the schema's defaults."""
        return with_defaults(self.spec, fill(self.step, self.spec, memory, self.step_id).args)


def changed(place: Place, memory: Memory, text: str) -> Memory:
    """Apply a person's words, or raise Refused with what of them does not fit."""
    args = templates(place.step, place.spec)
    changes = parsed(text, (*args, *_slots(place)))
    if not changes:
        raise Refused(f"I did not understand “{shown(text)}”.")
    after = memory
    for change in changes:
        for name, value in _assignments(place, memory, change):
            after = _assign(place, after, name, value)
    if (after.slots, after.own) == (memory.slots, memory.own):
        raise Refused(f"“{shown(text)}” changes nothing in this step.")
    return after


def adopted(place: Place, memory: Memory, args: Args) -> Memory:
    """Take over the arguments that a person edited, for this step and for the slots that they came from."""
    before = place.known(memory)
    known = templates(place.step, place.spec)
    for arg, value in args.items():
        if arg not in before or before[arg] != value:
            memory = _put(place, memory, (arg, value), exact(known.get(arg)))
    return memory


def forms(place: Place, memory: Memory) -> str:
    """Say which words change this step, with its arguments as they are now; secret values are not repeated."""
    listed = assignable(place, memory)
    if not listed:
        return f"{place.spec.name} takes no arguments, so there is nothing to change in this step."
    args = place.now(memory)
    names = tuple(templates(place.step, place.spec))
    open_values = [as_text(args[arg]) for arg in names if arg in args and arg not in place.spec.secret_args]
    swap = f" Or say “use … instead of {shown(open_values[0])}”." if open_values else ""
    return f"To change this step, reply {listed}.{swap}"


def assignable(place: Place, memory: Memory) -> str:
    """Give the words that assign each argument, with its value now; nothing where there are no arguments."""
    args = place.now(memory)
    return " or ".join(f"“{arg}: …” ({_now(place.spec, arg, args)})" for arg in templates(place.step, place.spec))


def _now(spec: ToolSpec, arg: str, args: Args) -> str:
    if arg not in args:
        return "not set"
    return "hidden" if arg in spec.secret_args else f"now {shown(as_text(args[arg]))}"


def _slots(place: Place) -> dict[str, tuple[ToolSpec, str]]:
    """Give every slot of the runbook with its tool, and the argument that takes it as it is, if any does."""
    found: dict[str, tuple[ToolSpec, str]] = {}
    for step in place.runbook.steps:
        spec = place.tools.get(step.tool)
        for arg, template in (templates(step, spec) if spec else {}).items():
            for slot in placeholders(template):
                whole = arg if exact(template) else ""
                if spec and not found.get(slot, (spec, ""))[1]:
                    found[slot] = (spec, whole)
    return found


def _assignments(place: Place, memory: Memory, change: Change) -> Iterator[tuple[str, str]]:
    """Turn a change into names and their new values, as they stand before any of it."""
    args = place.now(memory)
    present = {**memory.slots, **{arg: as_text(value) for arg, value in args.items()}}
    if isinstance(change, Assign):
        swap = swapped(change.value)
        now = next((text for name, text in present.items() if folded(name) == folded(change.name)), None)
        # “service: cart instead of checkout” says both, but a message may hold such words too.
        yield (
            change.name,
            swap.new if swap and now is not None and swap.old.casefold() == now.casefold() else change.value,
        )
        return
    places = [arg for arg in args if present[arg].casefold() == change.old.casefold()] or [
        slot for slot in _slots(place) if memory.slots.get(slot, "").casefold() == change.old.casefold()
    ]
    if not places:
        raise Refused(f"Nothing here is “{shown(change.old)}”.")
    yield from ((name, change.new) for name in places)


def _assign(place: Place, memory: Memory, name: str, text: str) -> Memory:
    """Give one argument of this step, or one slot of a later step, a new value."""
    for arg, template in templates(place.step, place.spec).items():
        if folded(arg) == folded(name):
            return _put(place, memory, (arg, fitted(place.spec, arg, text)), exact(template))
    slots = _slots(place)
    slot = next(slot for slot in slots if folded(slot) == folded(name))  # parsed() gives known names only
    spec, arg = slots[slot]
    value = fitted(spec, arg, text) if arg else text
    return replace(memory, slots={**memory.slots, slot: as_text(value)})


def _put(place: Place, memory: Memory, given: tuple[str, Json], slot: str | None) -> Memory:
    """Keep a value in its slot, or for this step alone where no slot is the whole of the argument."""
    arg, value = given
    own = dict(memory.own.get(place.step_id, {}))
    own.pop(arg, None)
    if slot is None:
        own[arg] = canonical(value)
    else:
        memory = replace(memory, slots={**memory.slots, slot: as_text(value)})
    others = {step_id: kept for step_id, kept in memory.own.items() if step_id != place.step_id}
    return replace(memory, own={**others, place.step_id: own} if own else others)
