"""How Slack spells what it names, and the one error for a payload that is not spelled so.

The rule kept here: an identifier that reaches the rest of the bot has matched its pattern, so it can stand in a
Redis key, a thread ID or a log line as it is. A payload that breaks it is ``Malformed``: answered 400, told to nobody,
and nothing of what it said is in the error but where the fault lies.
"""

from typing import Annotated

from pydantic import BeforeValidator, StringConstraints


class Malformed(Exception):
    """Say that a request is not what Slack sends; ``where`` names the place and never quotes it."""

    def __init__(self, where: str) -> None:
        """Keep the place, shortened to what a log line can bear."""
        self.where = ascii(where)[1:-1][:120]
        super().__init__(self.where)


def _blank_is_absent(value: object) -> object:
    """Read a form's empty field as one that was not sent."""
    return None if value == "" else value


def _null_is_blank(value: object) -> object:
    """Read null, which Slack sends for a text that was never set, as the empty text."""
    return "" if value is None else value


# T…, U…, W…, C…, D…, G…, E…, A…, B…: the letter says nothing that Slack promises, so it is not looked at.
Id = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]{1,24}$")]
MaybeId = Annotated[Id | None, BeforeValidator(_blank_is_absent)]

# Six decimals today. Kept as text: as a float it would lose digits.
Ts = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}\.[0-9]{1,6}$")]

# What Slack or we made up: trigger, view, action and block IDs. At most what Block Kit allows, no control characters.
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,255}$")]

# What names one fact, a trigger or an event: it becomes part of a key of the store.
Fact = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]{1,255}$")]

Text = Annotated[str, BeforeValidator(_null_is_blank)]
