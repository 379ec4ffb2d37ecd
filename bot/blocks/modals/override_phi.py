"""Override Φ: a number from 0 to 10 with at most two decimals, and why. Pure.

The number is read by one exact grammar, never rounded and never guessed: what Slack's own input lets through counts for
nothing, since a payload is only text.
"""

import re

from agent_core.errors import Refused
from agent_core.words import Json
from bot.blocks.kit import Block, field, modal, section, text_input

PHI = re.compile(r"10(?:[.,]0{1,2})?|[0-9](?:[.,][0-9]{1,2})?")


def override_phi_modal(metadata: str, phi: float | None) -> Block:
    """Ask for a person's Φ and the reason."""
    now = "It has no score yet." if phi is None else f"It stands at Φ {phi:.2f}."
    number: dict[str, Json] = {
        "type": "number_input",
        "is_decimal_allowed": True,
        "min_value": "0",
        "max_value": "10",
    }
    return modal(
        "override_phi",
        "Override Φ",
        metadata,
        [
            section(f"How far is the task? {now} Your number becomes the score and is learned; it approves nothing."),
            field("phi", "Φ from 0 to 10", number, hint="At most two decimals, such as 6.5."),
            field("why", "Why", text_input(multiline=True)),
        ],
        submit="Override",
    )


def read_phi(given: Json) -> float:
    """Read Φ as a person typed it, or raise Refused at its field."""
    text = given.strip(" \t") if isinstance(given, str) else ""
    if not PHI.fullmatch(text):
        raise Refused("Φ is a number from 0 to 10 with at most two decimals.", "Type for example 6.5.", field="phi")
    return float(text.replace(",", "."))
