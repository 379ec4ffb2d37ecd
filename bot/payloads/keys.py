"""What we hang on our own buttons and modals, and get back with the click: which thread, which version, which digest.

A button's value is ``<thread id>|<version>|<digest>``; a modal carries the same and where it was opened from, as JSON
in its ``private_metadata``. Both come back inside a signed request, so they are ours; a text that does not read is
``Malformed`` and never a guess. That the digest is the right one is for the core to say.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints, ValidationError

from bot.payloads.ids import Malformed, Ts
from bot.payloads.parts import Part

# team:channel:ts, or new-<hash> while the thread is being opened; a sub-agent's ID goes on with /<agent>.
THREAD_ID = (
    r"[A-Z0-9_]{1,24}:[A-Z0-9_]{1,24}:(?:[0-9]{1,12}\.[0-9]{1,6}|new-[0-9a-z]{1,64})(?:/[A-Za-z0-9_-]{1,64}){0,8}"
)
DIGEST = r"[A-Za-z0-9_-]{0,64}"
_VALUE = re.compile(rf"({THREAD_ID})\|(0|[1-9][0-9]{{0,11}})\|({DIGEST})", re.ASCII)

MOST_CHARACTERS = 3000  # what Slack takes as private_metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonValue:
    """Which thread, version and digest a button was drawn for; the digest is empty where none is needed."""

    thread_id: str
    version: int
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a button's value, or raise Malformed."""
        found = _VALUE.fullmatch(text)
        if found is None:
            raise Malformed("button value")
        return cls(thread_id=found[1], version=int(found[2]), digest=found[3])

    @property
    def text(self) -> str:
        """Write it as a button carries it."""
        return f"{self.thread_id}|{self.version}|{self.digest}"


class ViewKey(Part):
    """Which thread, version, digest, card and page a modal was opened for."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, populate_by_name=True)

    thread_id: Annotated[str, StringConstraints(pattern=rf"^{THREAD_ID}$")] = Field(alias="thread")
    version: Annotated[int, Field(strict=True, ge=0)]
    digest: Annotated[str, StringConstraints(pattern=rf"^{DIGEST}$")] = ""
    card: Ts | None = None
    page: Annotated[int, Field(strict=True, ge=0)] = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a modal's private_metadata, or raise Malformed."""
        if len(text) > MOST_CHARACTERS:
            raise Malformed("private_metadata is too long")
        try:
            return cls.model_validate_json(text)
        except ValidationError as wrong:
            raise Malformed("private_metadata") from wrong

    @property
    def text(self) -> str:
        """Write it as a modal carries it."""
        return self.model_dump_json(by_alias=True)

    @property
    def value(self) -> ButtonValue:
        """Give the part that a button carries as well."""
        return ButtonValue(thread_id=self.thread_id, version=self.version, digest=self.digest)
