"""Everything that can happen to a task: what people do, and what the world answers. Pure.

People's inputs are verbs and carry who did it, looked up before; the world's are done-things and carry the ID of the
effect that they answer. ``Reply`` is a thread message whose meaning the task's phase decides.
"""

from typing import TypeAlias

from agent_core.inputs.people import (
    Abort,
    AcceptScore,
    Answer,
    Approve,
    ConfirmRule,
    Correct,
    Edit,
    ExtendBudget,
    Forget,
    Fork,
    Inquire,
    Open,
    OverridePhi,
    Pause,
    PersonInput,
    Reject,
    Reply,
    ResolveUnknown,
    Resume,
    Rewind,
    Start,
    Stop,
    Teach,
    Withdraw,
)
from agent_core.inputs.world import (
    Ask,
    CardLost,
    CardPosted,
    Done,
    GiveUp,
    ModelFailed,
    ModelReplied,
    ModelReply,
    NoApprover,
    Opened,
    OutcomeUnknown,
    Propose,
    ReadBack,
    Restored,
    Scored,
    SurfaceLost,
    Tell,
    TimerFired,
    ToolFailed,
    ToolFinished,
    ToolHeld,
    ToolStarted,
    Unclear,
    WorldInput,
)
from agent_core.people import Person
from agent_core.words import PersonId

__all__ = [
    "Abort",
    "AcceptScore",
    "Answer",
    "Approve",
    "Ask",
    "CardLost",
    "CardPosted",
    "ConfirmRule",
    "Correct",
    "Done",
    "Edit",
    "ExtendBudget",
    "Forget",
    "Fork",
    "GiveUp",
    "Input",
    "Inquire",
    "ModelFailed",
    "ModelReplied",
    "ModelReply",
    "NoApprover",
    "Open",
    "Opened",
    "OutcomeUnknown",
    "OverridePhi",
    "Pause",
    "PersonInput",
    "Propose",
    "ReadBack",
    "Reject",
    "Reply",
    "ResolveUnknown",
    "Restored",
    "Resume",
    "Rewind",
    "Scored",
    "Start",
    "Stop",
    "SurfaceLost",
    "Teach",
    "Tell",
    "TimerFired",
    "ToolFailed",
    "ToolFinished",
    "ToolHeld",
    "ToolStarted",
    "Unclear",
    "Withdraw",
    "WorldInput",
    "actor_of",
]

Input: TypeAlias = PersonInput | WorldInput


def actor_of(given: Input) -> PersonId | None:
    """Name the person behind an input; None for the world."""
    by = getattr(given, "by", None)
    return by.id if isinstance(by, Person) else None
