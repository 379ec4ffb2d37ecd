"""A few shapes of Block Kit that the tests of the stand-in are made of."""

from bot.playground.words import Json


def button(action_id: str, value: str = "v", **more: object) -> Json:
    """Give a button."""
    return {"type": "button", "text": plain(action_id), "action_id": action_id, "value": value} | more


def plain(words: str) -> Json:
    """Give a plain_text object."""
    return {"type": "plain_text", "text": words}


def section(words: str) -> Json:
    """Give a section with words."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


def actions(*elements: Json, **more: object) -> Json:
    """Give an actions block."""
    return {"type": "actions", "elements": list(elements)} | more


def typed(block_id: str, **element: object) -> Json:
    """Give an input block with a text field."""
    field = {"type": "plain_text_input", "action_id": "value"} | element
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": field}


def modal(*blocks: Json, **more: object) -> Json:
    """Give a modal."""
    return {
        "type": "modal",
        "callback_id": "ask",
        "title": plain("Ask"),
        "submit": plain("Send"),
        "blocks": list(blocks) or [typed("note")],
    } | more
