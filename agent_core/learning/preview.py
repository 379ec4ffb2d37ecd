"""What a rule would have changed, tried on calls that were proposed before. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_core.learning.taught import Place, taught
from agent_core.learning.teaching import Reading
from agent_core.lesson import Lesson
from agent_core.proposal import Call
from agent_core.words import PersonId

EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How many of the calls a rule would have changed, and some of them as ``tool arguments: what``."""

    changed: int
    of: int
    examples: tuple[str, ...]


def preview(reading: Reading, calls: Sequence[Call], place: Place, now: datetime) -> Preview:
    """Try a rule on calls of one place, as if it had been in force."""
    rule = Lesson(
        kind="heuristic",
        key="preview",
        at=now,
        author=PersonId(""),
        team=place.team,
        channel=place.channel,
        thread=place.thread,
        when=reading.when,
        when_words=reading.when_words,
        deny=reading.deny,
        set_json=reading.set_json,
        text=reading.words,
    )
    found: list[str] = []
    for call in calls:
        result = taught((rule,), place, now, tool=call.tool, args_json=call.args_json)
        if result.denied:
            found.append(f"{call.tool} {call.args_json}: not run")
        elif result.args_json != call.args_json:
            found.append(f"{call.tool} {call.args_json}: {result.args_json}")
    return Preview(changed=len(found), of=len(calls), examples=tuple(found[-EXAMPLES:]))
