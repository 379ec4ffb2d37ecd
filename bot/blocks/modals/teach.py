"""Teach a rule: when, do, where and for how long, with a preview of what it would have changed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.blocks.cards.parts import said
from bot.blocks.kit import Block, bold, bullets, field, line, modal, option, rich, select, text_input
from bot.wording import EXPIRIES, SCOPES

PREVIEW = "preview"
LINE_CHARS = 300
LINES = 12
TRIGGERS = ("on_enter_pressed", "on_character_entered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule as it stands in the form."""

    when: str = ""
    do: str = ""
    scope: str = "channel"
    expires: str = "30d"


NEW = Draft()


def teach_modal(metadata: str, preview: Sequence[str], draft: Draft = NEW) -> Block:
    """Ask for a rule; made again, with the preview renewed, whenever a field changes."""
    scopes = [option(label, name) for name, label in SCOPES.items()]
    expiries = [option(label, name) for name, label in EXPIRIES.items()]
    return modal(
        "teach",
        "Teach a rule",
        metadata,
        [
            live(
                field(
                    "when",
                    "When",
                    text_input(draft.when, placeholder="tool = restart_service, service = cart"),
                    hint="field = value, … (tool, channel or an argument), or words. Empty: always.",
                    optional=True,
                )
            ),
            live(
                field(
                    "do",
                    "Do",
                    text_input(draft.do, placeholder="deny"),
                    hint="deny · set <argument> = <value> · or words, which the agent is told",
                )
            ),
            live(field("scope", "Where", select(scopes, chosen(scopes, draft.scope)))),
            live(field("expires", "Expires", select(expiries, chosen(expiries, draft.expires)))),
            preview_block(preview),
        ],
        submit="Teach",
    )


def chosen(options: Sequence[Block], value: str) -> Block:
    """Find the option of this value; the first where there is none."""
    return next((one for one in options if one["value"] == value), options[0])


def live(block: Block) -> Block:
    """Have an input tell of every change, so that the preview can follow."""
    element = block["element"]
    if isinstance(element, dict) and element["type"] == "plain_text_input":
        element = {**element, "dispatch_action_config": {"trigger_actions_on": list(TRIGGERS)}}
    return {**block, "dispatch_action": True, "element": element}


def preview_block(lines: Sequence[str]) -> Block:
    """Show what the rule would have changed."""
    shown = [line(*said(one, LINE_CHARS)) for one in lines[:LINES]] or [line(*said("Nothing to show yet.", LINE_CHARS))]
    return {**rich(line(bold("What it would have changed:")), bullets(*shown)), "block_id": PREVIEW}
