"""Turn what Slack sends into values: ``parse`` gives a payload, says that it is on purpose no input, or refuses it.

Three outcomes and no fourth. A payload of a kind that we accept, with every field that we read in the shape that
Slack documents, is given back frozen. What is well formed and yet no input (bots, edits, deletions, joins, kinds that
we never asked for) is ``Ignored`` with its reason: such a request is answered 200 and does nothing. Everything else
is ``Malformed``. Subtypes are let in by a list, so one that Slack invents tomorrow is ignored and not obeyed. The one
deletion that matters is of a bot's own message, because it may have been a card.

Pure: no I/O, no clock. What a payload means for a task is for the listeners to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import ValidationError

from bot.payloads.events import (
    AppHomeOpened,
    AppMention,
    AppRateLimited,
    AppUninstalled,
    BotMessageDeleted,
    Envelope,
    MessageEvent,
    Spoken,
    TokensRevoked,
    UrlVerification,
)
from bot.payloads.ids import Malformed
from bot.payloads.interactions import (
    Action,
    BlockActions,
    BlockSuggestion,
    GlobalShortcut,
    Interaction,
    MessageShortcut,
    OfView,
    SlashCommand,
    ViewClosed,
    ViewSubmission,
)
from bot.payloads.keys import ButtonValue, ViewKey
from bot.payloads.parts import Choice, Element, Message, Payload, View

__all__ = [
    "Action",
    "AppHomeOpened",
    "AppMention",
    "AppRateLimited",
    "AppUninstalled",
    "BlockActions",
    "BlockSuggestion",
    "BotMessageDeleted",
    "ButtonValue",
    "Choice",
    "Element",
    "Envelope",
    "GlobalShortcut",
    "Ignored",
    "Interaction",
    "Kind",
    "Malformed",
    "Message",
    "MessageEvent",
    "MessageShortcut",
    "OfView",
    "Payload",
    "SlashCommand",
    "Spoken",
    "TokensRevoked",
    "UrlVerification",
    "View",
    "ViewClosed",
    "ViewKey",
    "ViewSubmission",
    "parse",
]

Kind: TypeAlias = Literal["command", "interaction", "event"]

INTERACTIONS: Mapping[str, type[Payload]] = {
    "block_actions": BlockActions,
    "view_submission": ViewSubmission,
    "view_closed": ViewClosed,
    "message_action": MessageShortcut,
    "shortcut": GlobalShortcut,
    "block_suggestion": BlockSuggestion,
}
BARE: Mapping[str, type[Payload]] = {
    "url_verification": UrlVerification,
    "app_rate_limited": AppRateLimited,
}
EVENTS: Mapping[str, type[Payload]] = {
    "message": MessageEvent,
    "app_mention": AppMention,
    "app_home_opened": AppHomeOpened,
    "tokens_revoked": TokensRevoked,
    "app_uninstalled": AppUninstalled,
}
SUBTYPES = frozenset({"thread_broadcast", "file_share"})
SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Say that a request is well formed and on purpose no input; ``reason`` is one of a few fixed words."""

    reason: str


def parse(kind: Kind, body: Mapping[str, object], *, bot_user_id: str | None = None) -> Payload | Ignored:
    """Read one payload that came the way ``kind`` says, or raise Malformed."""
    if kind == "command":
        return _read(SlashCommand, body)
    named = _type_of(body, "type")
    if kind == "interaction":
        model = INTERACTIONS.get(named)
        return _read(model, body) if model else Ignored(reason="unknown_interaction")
    if named in INTERACTIONS:
        raise Malformed("type: an interaction that did not come in a form")
    if named != "event_callback":
        bare = BARE.get(named)
        return _read(bare, body) if bare else Ignored(reason="unknown_type")
    return _event(body, bot_user_id)


def _event(body: Mapping[str, object], bot_user_id: str | None) -> Payload | Ignored:
    """Read what is inside an event's wrapper."""
    event = body.get("event")
    if not isinstance(event, dict):
        raise Malformed("event")
    named = _type_of(event, "event.type")
    model = EVENTS.get(named)
    if model is None:
        return Ignored(reason="unknown_event")
    if issubclass(model, Spoken) and (reason := _not_a_persons_words(event, bot_user_id)):
        ours = reason == "deleted" and _was_a_bots(event.get("previous_message"), bot_user_id)
        return _read(BotMessageDeleted, body) if ours else Ignored(reason=reason)
    return _read(model, body)


def _was_a_bots(message: object, bot_user_id: str | None) -> bool:
    """Tell whether a deleted message was a bot's; only those can have been a card."""
    if not isinstance(message, dict):
        raise Malformed("event.previous_message")
    return bool(message.get("bot_id") or (bot_user_id and message.get("user") == bot_user_id))


def _not_a_persons_words(event: Mapping[str, object], bot_user_id: str | None) -> str | None:
    """Say why a message is no input: a bot's, an edit, a deletion, a notice; or None if a person said it now."""
    subtype = event.get("subtype")
    if subtype is not None and not isinstance(subtype, str):
        raise Malformed("event.subtype")
    if event.get("bot_id") or subtype == "bot_message":
        return "bot"
    user = event.get("user")
    if user == SLACKBOT or (bot_user_id and user == bot_user_id):
        return "bot"
    if subtype is not None and subtype not in SUBTYPES:
        return "deleted" if subtype == "message_deleted" else "subtype"
    # An edit that adds a mention comes as a fresh app_mention, told apart only by this field.
    return "edited" if event.get("edited") or event.get("hidden") else None


def _type_of(body: Mapping[str, object], where: str) -> str:
    """Give the word by which a payload says what it is."""
    named = body.get("type")
    if not isinstance(named, str):
        raise Malformed(where)
    return named


def _read(model: type[Payload], body: Mapping[str, object]) -> Payload:
    """Check the shape of one payload, naming the place of the first fault and not its content."""
    try:
        return model.model_validate(body)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Malformed(".".join(str(step) for step in first["loc"])) from wrong
