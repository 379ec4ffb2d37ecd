"""views.*: open and push spend a trigger, update and publish may pass a hash."""

from bot.playground.api.method import TIER_4, Method
from bot.playground.standin import Standin
from bot.playground.words import Json, Refusal, copied


def _needs(args: Json, *names: str) -> None:
    for name in names:
        if not args.get(name):
            words = f"[ERROR] missing required field: {name}"
            raise Refusal("invalid_arguments", response_metadata={"messages": [words]})


def open_view(slack: Standin, args: Json) -> Json:
    """Open a modal for the person whose trigger it is."""
    _needs(args, "trigger_id", "view")
    trigger = slack.tickets.exchange(args["trigger_id"])  # spent even if the view is refused below
    shape = slack.views.check_shape(args["view"], "modal")
    view = slack.views.open(trigger.person, shape)
    return {"view": copied(view)}


def push(slack: Standin, args: Json) -> Json:
    """Put a modal on top of the one the trigger came from."""
    _needs(args, "trigger_id", "view")
    trigger = slack.tickets.exchange(args["trigger_id"])
    shape = slack.views.check_shape(args["view"], "modal")
    view = slack.views.push(trigger.person, shape, trigger.view_id)
    return {"view": copied(view)}


def update(slack: Standin, args: Json) -> Json:
    """Replace an open view."""
    _needs(args, "view")
    if not args.get("view_id") and not args.get("external_id"):
        _needs(args, "view_id")
    person, view = slack.views.find(args.get("view_id") or "", args.get("external_id") or "")
    shape = slack.views.check_shape(args["view"], view["type"])
    _check_hash(args, view)
    return {"view": copied(slack.views.update(view, person, shape))}


def publish(slack: Standin, args: Json) -> Json:
    """Show a Home view to one person."""
    _needs(args, "user_id", "view")
    if not slack.setup.home_tab:
        raise Refusal("not_enabled")
    person = slack.workspace.person(args["user_id"])
    if person is None or person.kind in {"bot", "deactivated"}:
        messages = ["[ERROR] invalid `user_id` [json-pointer:/user_id]"]
        raise Refusal("invalid_arguments", response_metadata={"messages": messages})
    shape = slack.views.check_shape(args["view"], "home")
    before = slack.views.home(person.id)
    if before is not None:
        _check_hash(args, before)
    return {"view": copied(slack.views.publish(person.id, shape))}


def _check_hash(args: Json, view: Json) -> None:
    if args.get("hash") and args["hash"] != view["hash"]:
        raise Refusal("hash_conflict")


METHODS = {
    "views.open": Method(open_view, TIER_4),
    "views.push": Method(push, TIER_4),
    "views.update": Method(update, TIER_4),
    "views.publish": Method(publish, TIER_4),
}
