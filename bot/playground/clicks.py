"""What people do in cards, modals and Home: press, choose, type, send, close.

The element must exist where it is pressed; the payload carries what is on that person's screen, which may be older
than what is stored now.
"""

import json
from dataclasses import replace

from bot.playground import payloads
from bot.playground.actions import delivered, handles, interact, toast, trouble
from bot.playground.blocks import elements_of, options_of
from bot.playground.courier import Parcel
from bot.playground.limits import STATEFUL
from bot.playground.payloads import Acted
from bot.playground.people import Channel, Person
from bot.playground.record import Delivery
from bot.playground.standin import Standin
from bot.playground.states import complaint, initial_values, state_of
from bot.playground.tickets import ResponseUrl
from bot.playground.words import Json, NotPossible, Press, Raw, Refusal, copied
from bot.playground.workspace import Change


def open_view(slack: Standin, person: str, view_id: str) -> Json:
    """Give a modal or the Home that this person has in front of them."""
    home = slack.views.home(person)
    for view in [*slack.views.stack(person), *([home] if home else [])]:
        if view["id"] == view_id:
            return view
    raise NotPossible("This view is closed.")


def find_element(blocks: list[Json], press: Press) -> tuple[Json, Json]:
    """Give a block and the element in it that is meant."""
    for block in blocks:
        for element in elements_of(block):
            is_there = press.block_id in {"", block["block_id"]}
            if is_there and element.get("action_id") == press.action_id and _offers(element, press.raw):
                return block, element
    raise NotPossible(f"There is no “{press.action_id}” on this surface.")


def _offers(element: Json, raw: Raw) -> bool:
    """Say whether a menu has this option: two menus may share an action_id."""
    return element["type"] != "overflow" or raw in {one["value"] for one in options_of(element)}


def action_of(slack: Standin, block: Json, element: Json, raw: Raw) -> Json:
    """Give the entry of `actions` for a press or a choice."""
    kind = element["type"]
    action: Json = {"type": kind, "action_id": element["action_id"], "block_id": block["block_id"]}
    action["action_ts"] = slack.clock.stamp()
    if kind == "overflow":
        chosen = next((one for one in options_of(element) if one["value"] == raw), None)
        if chosen is None:
            raise NotPossible(f"“{raw}” is not in this menu.")
        return action | {"selected_option": copied(chosen)}
    if kind == "button":
        names = ("text", "value", "style", "url", "confirm")
        return action | {name: copied(element[name]) for name in names if name in element}
    return action | {name: value for name, value in state_of(element, raw).items() if name != "type"}


async def click_message(slack: Standin, person: Person, channel: Channel, *, message: Json, press: Press) -> Delivery:
    """Press an element of a message (block_id may be empty), ephemeral or not."""
    block, element = find_element(message.get("blocks", []), press)
    state = initial_values(message["blocks"])
    if element["type"] in STATEFUL:
        state[block["block_id"]][element["action_id"]] = state_of(element, press.raw)
    url = ResponseUrl(
        person=person.id,
        channel=channel.id,
        message_ts=message["ts"],
        thread_ts=message.get("thread_ts", ""),
        is_ephemeral=bool(message.get("ephemeral")),
        sent_at=slack.clock.now(),
    )
    payload = payloads.message_actions(
        person,
        channel,
        message,
        acted=Acted(
            action=action_of(slack, block, element, press.raw),
            handles=handles(slack, url, person=person),
            state=state,
        ),
    )
    return await interact(slack, person, "block_actions", payload)


async def click_view(slack: Standin, person: Person, view: Json, press: Press) -> Delivery:
    """Press or choose in a modal or on Home; a choice stays in the view's state."""
    block, element = find_element(view["blocks"], press)
    if element["type"] in STATEFUL:
        state = state_of(element, press.raw)
        slack.views.type_into(person.id, view, (block["block_id"], element["action_id"]), state)
    if block["type"] == "input" and not block.get("dispatch_action"):
        raise NotPossible("This input says nothing to the app until the modal is sent.")
    payload = payloads.view_actions(
        person,
        view,
        action=action_of(slack, block, element, press.raw),
        handles=handles(slack, None, person=person, view_id=view["id"]),
    )
    return await interact(slack, person, "block_actions", payload)


def type_value(slack: Standin, person: Person, view: Json, *, block_id: str, raw: Raw) -> None:
    """Type or choose in an input without sending anything."""
    for block in view["blocks"]:
        if block["block_id"] == block_id and block["type"] == "input":
            element = block["element"]
            state = state_of(element, raw)
            slack.views.type_into(person.id, view, (block_id, element["action_id"]), state)
            return
    raise NotPossible(f"There is no input “{block_id}” in this view.")


def complaints(view: Json) -> dict[str, str]:
    """Say what the client itself refuses to send, by block_id."""
    found = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            state = view["state"]["values"][block["block_id"]][block["element"]["action_id"]]
            words = complaint(block, state)
            if words:
                found[block["block_id"]] = words
    return found


def _show_errors(slack: Standin, person: Person, view: Json, errors: dict[str, str]) -> None:
    facts = {"view_id": view["id"], "errors": errors}
    slack.workspace.announce(Change(kind="view_errors", viewer=person.id, facts=facts))


async def submit(slack: Standin, person: Person, view: Json) -> Delivery:
    """Send a modal, and do with it what the bot answers."""
    errors = complaints(view)
    if errors:
        _show_errors(slack, person, view, errors)
        return Delivery(kind="view_submission", payload={}, error="incomplete", errors=errors)
    payload = payloads.view_submission(
        person,
        view,
        handles(slack, None, person=person, view_id=view["id"]),
        _response_urls(slack, person, view),
    )
    parcel = Parcel(family="interaction", kind="view_submission", payload=payload)
    delivery = await slack.courier.deliver(parcel)
    if delivery.ok:
        try:
            delivery = _obey(slack, person, view, delivery)
        except Refusal as refusal:
            delivery = replace(delivery, ok=False, error=f"bad_answer: {refusal.error} {refusal.more}")
    if not delivery.ok and not delivery.errors:
        toast(slack, person, trouble(delivery))
    return delivered(slack, person, delivery)


def _response_urls(slack: Standin, person: Person, view: Json) -> list[Json]:
    found = []
    for block in view["blocks"]:
        element = block.get("element", {})
        if element.get("response_url_enabled"):
            state = view["state"]["values"][block["block_id"]][element["action_id"]]
            channel = state.get("selected_conversation") or state.get("selected_channel")
            if channel:
                url = ResponseUrl(person=person.id, channel=channel, sent_at=slack.clock.now())
                found.append(
                    {
                        "response_url": f"{slack.url}response/{slack.tickets.response(url)}",
                        "channel_id": channel,
                        "block_id": block["block_id"],
                        "action_id": element["action_id"],
                    }
                )
    return found


def _obey(slack: Standin, person: Person, view: Json, delivery: Delivery) -> Delivery:
    """Do what the answer to a submission says, or refuse an answer Slack does not know."""
    if not delivery.body.strip():
        slack.views.close(person.id, view["id"])
        return delivery
    try:
        answer = json.loads(delivery.body)
    except ValueError:
        answer = None
    action = answer.get("response_action") if isinstance(answer, dict) else None
    match action:
        case "clear":
            slack.views.clear(person.id)
        case "errors":
            errors = _checked_errors(view, answer.get("errors"))
            _show_errors(slack, person, view, errors)
            return replace(delivery, error="errors", errors=errors)
        case "update":
            shape = slack.views.check_shape(answer.get("view"), "modal")
            owner, current = slack.views.find(view["id"])
            slack.views.update(current, owner, shape)
        case "push":
            slack.views.push(person.id, slack.views.check_shape(answer.get("view"), "modal"), view["id"])
        case _:
            raise Refusal("unknown_answer", body=delivery.body[:200])
    return delivery


def _checked_errors(view: Json, errors: object) -> dict[str, str]:
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise Refusal("empty_errors")
    if not set(errors) <= inputs or not all(isinstance(words, str) and words for words in errors.values()):
        raise Refusal("errors_not_at_inputs", blocks=sorted(set(errors) - inputs))
    return dict(errors)


async def close(slack: Standin, person: Person, view: Json, *, everything: bool = False) -> Delivery | None:
    """Close the top modal, or with the X all of them; the bot hears of it only if it asked to."""
    stack = slack.views.stack(person.id)
    closed = stack[0] if everything and stack else view
    shown = copied(closed)
    if everything or view.get("clear_on_close"):
        slack.views.clear(person.id)
    else:
        slack.views.close(person.id, view["id"])
    if not shown.get("notify_on_close"):
        return None
    payload = payloads.view_closed(person, shown, is_cleared=everything)
    return await interact(slack, person, "view_closed", payload)


async def options(slack: Standin, person: Person, view: Json, press: Press) -> list[Json]:
    """Ask the bot for the options of an external select."""
    block, element = find_element(view["blocks"], press)
    where = {"container": {"type": "view", "view_id": view["id"]}, "view": copied(view)}
    payload = payloads.options_request(
        person, where, element=element, block_id=block["block_id"], typed=str(press.raw or "")
    )
    parcel = Parcel(family="interaction", kind="block_suggestion", payload=payload)
    delivery = await slack.courier.deliver(parcel)
    try:
        answer = json.loads(delivery.body) if delivery.ok else {}
    except ValueError:
        answer = {}
    return list(answer.get("options", ())) if isinstance(answer, dict) else []
