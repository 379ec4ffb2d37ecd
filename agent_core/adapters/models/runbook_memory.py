"""The notes of a runbook between two askings: all that actor and critic need after a restart, as bounded JSON.

The model writes where it stands and what it was told; the critic writes what holds. Both give the whole of it back, so
neither forgets the other's. It is kept in ``checkpoint.memory``; the rule here is its size.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from agent_core.checkpoint import Checkpoint, Message
from agent_core.ports import ModelDown
from agent_core.proposal import StepRun

MEMORY_BYTES = 16_384

StepOutcome = Literal["ok", "failed", "skipped", "passed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person was asked: which runbook, a slot's value (for ``arg``), or what to do about a step.

    That step was rejected by a person or refused by the core; ``words`` say why.
    """

    about: Literal["which", "slot", "rejected", "refused"]
    arg: str = ""
    slot: str = ""
    words: str = ""


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Where a runbook stands.

    ``at`` is the step that is next or pending (empty: past the last); ``pending`` the step that was proposed after the
    run named by ``mark``. ``own`` holds arguments that were changed for one step only, as JSON text. An outcome is
    ``skipped`` by a person or ``passed`` over by its ``when``. ``unasked`` steps ran without people.
    """

    runbook: str = ""
    at: str = ""
    pending: str = ""
    mark: str = ""
    slots: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    outcomes: Mapping[str, StepOutcome] = field(default_factory=dict)
    checks: Mapping[str, bool] = field(default_factory=dict)
    whens: Mapping[str, bool] = field(default_factory=dict)
    asked: Asked | None = None
    heard: tuple[str, ...] = ()
    jumps: int = 0
    unasked: tuple[str, ...] = ()


_NOTES = TypeAdapter(Memory)


def read(text: str) -> Memory | None:
    """Read the notes; empty ones are a beginning, and None are somebody else's."""
    if not text:
        return Memory()
    try:
        return _NOTES.validate_json(text)
    except ValidationError:
        return None


def written(memory: Memory) -> str:
    """Write the notes, or raise ModelDown where they grew over their bound."""
    text = _NOTES.dump_json(memory, exclude_defaults=True).decode()
    if len(text.encode()) > MEMORY_BYTES:
        raise ModelDown(f"This runbook's values take more than {MEMORY_BYTES // 1024} KB; give shorter ones.")
    return text


def mark_of(run: StepRun) -> str:
    """Name one run, also among several of the same call."""
    return f"{run.digest}@{run.ended_at.isoformat()}"


def newest_mark(checkpoint: Checkpoint) -> str:
    """Name the newest run of a task; empty before the first."""
    return mark_of(checkpoint.recent[-1]) if checkpoint.recent else ""


def message_key(message: Message) -> str:
    """Name one message, so that it is heard once."""
    words = f"{message.at.isoformat()}\n{message.about}\n{message.by}\n{message.text}"
    return blake2b(words.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
