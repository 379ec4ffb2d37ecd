import json

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.harness import Message, NotPossible, Person, Setup, Slack, running
from bot.playground.words import Json
from tests.playground.kit import actions, button, modal, plain, section, typed
from tests.playground.listening import Bot, Heard

OPTIONS = [{"text": plain(word), "value": word} for word in ("thread", "channel")]


async def error_of(client: AsyncWebClient, method: str, **args: object) -> SlackApiError:
    """Give what a call is refused with."""
    with pytest.raises(SlackApiError) as refused:
        await client.api_call(method, json=args)
    return refused.value


@pytest.fixture
async def card(slack: Slack, client: AsyncWebClient) -> Message:
    """Give a message with a button."""
    await client.chat_postMessage(channel="C0OPS", text="x", blocks=[actions(button("approve"))])
    return slack.channel("C0OPS")[0]


@pytest.fixture
async def trigger(bot: Bot, card: Message, rita: Person) -> str:
    """Give a trigger of Rita's that nobody has used."""
    await rita.click(card, "approve")
    return str(bot.payloads[-1]["trigger_id"])


async def open_with(client: AsyncWebClient, trigger: str, view: Json) -> Json:
    """Open a modal."""
    answer = await client.views_open(trigger_id=trigger, view=view)
    view_shown: Json = answer["view"]
    return view_shown


async def test_a_modal_has_what_slack_adds(client: AsyncWebClient, trigger: str, rita: Person) -> None:
    """Id, hash, root, team, empty strings and nulls where nothing was said."""
    view = await open_with(client, trigger, modal(private_metadata="m"))
    assert (view["root_view_id"], view["previous_view_id"], view["external_id"]) == (view["id"], None, "")
    assert (view["app_installed_team_id"], view["team_id"], view["bot_id"]) == ("T0COUNTER", "T0COUNTER", "B0BOT")
    assert view["state"] == {"values": {"note": {"value": {"type": "plain_text_input", "value": None}}}}
    assert (view["close"], view["notify_on_close"], rita.views[-1].hash) == (None, False, view["hash"])


async def test_a_trigger_lives_three_seconds(slack: Slack, client: AsyncWebClient, trigger: str) -> None:
    """On the stand-in's clock."""
    slack.clock.advance(3.1)
    assert (await error_of(client, "views.open", trigger_id=trigger, view=modal())).response[
        "error"
    ] == "expired_trigger_id"


async def test_a_trigger_is_good_once_for_open_or_push(client: AsyncWebClient, trigger: str) -> None:
    """Also when the first attempt failed after the exchange."""
    bad = await error_of(client, "views.open", trigger_id=trigger, view=modal(title=plain("x" * 25)))
    assert bad.response["error"] == "invalid_arguments"
    for method in ("views.open", "views.push"):
        spent = await error_of(client, method, trigger_id=trigger, view=modal())
        assert spent.response["error"] == "exchanged_trigger_id"


@pytest.mark.parametrize(("trigger_id", "error"), [("soon", "invalid_arguments"), ("1.2.abc", "invalid_trigger_id")])
async def test_a_trigger_that_was_never_issued_is_refused(client: AsyncWebClient, trigger_id: str, error: str) -> None:
    """By its form, or as unknown."""
    refused = await error_of(client, "views.open", trigger_id=trigger_id, view=modal())
    assert refused.response["error"] == error


async def test_a_stack_has_three_views(bot: Bot, client: AsyncWebClient, trigger: str, rita: Person) -> None:
    """Root and two pushes; the fourth is refused. Each push needs a trigger from within the stack."""
    view = modal(actions(button("deeper")))
    await open_with(client, trigger, view)
    for error in (None, None, "push_limit_reached"):
        await rita.click(rita.views[-1], "deeper")
        fresh = bot.payloads[-1]["trigger_id"]
        if error is None:
            await client.views_push(trigger_id=fresh, view=view)
        else:
            assert (await error_of(client, "views.push", trigger_id=fresh, view=view)).response["error"] == error
    root, middle, top = rita.views
    assert (middle.raw["previous_view_id"], top.raw["root_view_id"]) == (root.id, root.id)


async def test_a_push_without_a_root_is_not_found(client: AsyncWebClient, trigger: str) -> None:
    """The trigger came from a message: there is nothing to push onto."""
    assert (await error_of(client, "views.push", trigger_id=trigger, view=modal())).response["error"] == "not_found"


async def test_an_update_with_an_old_hash_loses(client: AsyncWebClient, trigger: str) -> None:
    """Each accepted change gives a new one."""
    view = await open_with(client, trigger, modal())
    changed = await client.views_update(view_id=view["id"], hash=view["hash"], view=modal(title=plain("Two")))
    assert changed["view"]["hash"] != view["hash"]
    late = await error_of(client, "views.update", view_id=view["id"], hash=view["hash"], view=modal())
    assert late.response["error"] == "hash_conflict"


async def test_an_update_keeps_typed_text_only_where_both_ids_stay(
    client: AsyncWebClient, trigger: str, rita: Person
) -> None:
    """block_id and action_id; a new name is a new, empty field."""
    view = await open_with(client, trigger, modal(typed("one"), typed("two")))
    rita.set_value(view["id"], "one", "kept")
    rita.set_value(view["id"], "two", "lost")
    await client.views_update(view_id=view["id"], view=modal(typed("one"), typed("two", action_id="other")))
    state = rita.views[-1].state
    assert (state["one"]["value"]["value"], state["two"]["other"]["value"]) == ("kept", None)


async def test_a_closed_view_is_not_found(client: AsyncWebClient, trigger: str, rita: Person) -> None:
    """Its id died with the modal."""
    view = await open_with(client, trigger, modal())
    await rita.close_view(view["id"])
    assert (await error_of(client, "views.update", view_id=view["id"], view=modal())).response["error"] == "not_found"


async def test_an_external_id_is_unique_and_finds_its_view(
    bot: Bot, card: Message, client: AsyncWebClient, *, rita: Person, ada: Person
) -> None:
    """A second modal may not have it, an update may be by it."""
    await rita.click(card, "approve")
    await open_with(client, bot.payloads[-1]["trigger_id"], modal(external_id="x1"))
    await client.views_update(external_id="x1", view=modal(external_id="x1", title=plain("Two")))
    assert rita.views[-1].title == "Two"
    await ada.click(card, "approve")
    taken = await error_of(
        client, "views.open", trigger_id=bot.payloads[-1]["trigger_id"], view=modal(external_id="x1")
    )
    assert taken.response["error"] == "duplicate_external_id"


async def test_home_is_published_with_a_hash_and_told_of_when_visited(
    bot: Bot, client: AsyncWebClient, rita: Person
) -> None:
    """The event has the view only once there is one."""
    await rita.open_home()
    assert "view" not in bot.events[-1]
    home: Json = {"type": "home", "blocks": [actions(button("stop"))]}
    first = await client.views_publish(user_id="U0RITA", view=home)
    await client.views_publish(user_id="U0RITA", view=home, hash=first["view"]["hash"])
    late = await error_of(client, "views.publish", user_id="U0RITA", view=home, hash=first["view"]["hash"])
    assert late.response["error"] == "hash_conflict"
    await rita.open_home()
    assert rita.home is not None
    assert bot.events[-1]["view"]["id"] == rita.home.id == first["view"]["id"]
    await rita.click(rita.home, "stop")
    payload = bot.payloads[-1]
    assert payload["container"] == {"type": "view", "view_id": rita.home.id}
    assert not {"channel", "message", "response_url"} & set(payload)


async def test_home_is_refused_when_the_tab_is_off() -> None:
    """The manifest decides."""
    async with running(Setup(home_tab=False)) as slack:
        client = AsyncWebClient(token=slack.secrets.bot_token, base_url=slack.api_url)
        refused = await error_of(client, "views.publish", user_id="U0RITA", view={"type": "home", "blocks": []})
        assert refused.response["error"] == "not_enabled"


async def test_a_submission_carries_state_and_closes_the_view(
    bot: Bot, client: AsyncWebClient, trigger: str, rita: Person
) -> None:
    """Every input is there, an untouched optional one as null."""
    number = typed("phi", type="number_input", is_decimal_allowed=True)
    select = typed("scope", type="static_select", options=OPTIONS, initial_option=OPTIONS[0])
    await open_with(client, trigger, modal(typed("note") | {"optional": True}, number, select, private_metadata="m"))
    delivery = await rita.submit(rita.views[-1], {"phi": 7.5, "scope": "channel"})
    assert (delivery.ok, rita.views) == (True, [])
    payload = bot.payloads[-1]
    values = payload["view"]["state"]["values"]
    assert values["note"]["value"] == {"type": "plain_text_input", "value": None}
    assert values["phi"]["value"] == {"type": "number_input", "value": "7.5"}
    assert values["scope"]["value"]["selected_option"]["value"] == "channel"
    assert (payload["view"]["private_metadata"], payload["response_urls"], payload["type"]) == (
        "m",
        [],
        "view_submission",
    )
    assert not {"channel", "message", "container", "response_url"} & set(payload)


@pytest.mark.parametrize(
    ("element", "said"),
    [
        ({}, ("", "Please complete this required field.")),
        ({"min_length": 3}, ("ab", "Must be at least 3 characters.")),
        ({"max_length": 3}, ("abcd", "Must be at most 3 characters.")),
        ({"type": "number_input", "is_decimal_allowed": False}, ("1.5", "Please enter a number.")),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "10"}, ("11", "Must be at most 10.")),
        ({"type": "number_input", "is_decimal_allowed": True, "min_value": "0"}, ("-1", "Must be at least 0.")),
    ],
)
async def test_what_the_client_itself_refuses_never_reaches_the_bot(
    slack: Slack, client: AsyncWebClient, trigger: str, *, element: Json, said: tuple[str, str]
) -> None:
    """So a test cannot make the bot answer for it."""
    value, words = said
    rita = slack.as_person("U0RITA")
    await open_with(client, trigger, modal(typed("field", **element)))
    before = len(slack.deliveries)
    delivery = await rita.submit(rita.views[-1], {"field": value})
    assert (delivery.ok, delivery.errors, len(slack.deliveries)) == (False, {"field": words}, before)


async def test_a_closed_modal_is_told_of_only_if_asked(
    bot: Bot, client: AsyncWebClient, card: Message, rita: Person
) -> None:
    """The X reports the root, as cleared, without typed values and without a trigger."""
    for notify in (False, True):
        await rita.click(card, "approve")
        await open_with(client, bot.payloads[-1]["trigger_id"], modal(notify_on_close=notify))
        rita.set_value(rita.views[-1], "note", "typed")
        delivery = await rita.close_view(rita.views[-1], everything=True)
        assert (delivery is not None) == notify
    payload = bot.payloads[-1]
    assert (payload["type"], payload["is_cleared"], payload["view"]["state"]) == ("view_closed", True, {"values": {}})
    assert "trigger_id" not in payload


async def test_an_input_that_dispatches_tells_the_bot_as_it_changes(
    bot: Bot, client: AsyncWebClient, trigger: str, rita: Person
) -> None:
    """As block_actions with the value and the view's whole state; others say nothing."""
    await open_with(client, trigger, modal(typed("when") | {"dispatch_action": True}, typed("quiet")))
    rita.set_value(rita.views[-1], "quiet", "typed before")
    await rita.dispatch(rita.views[-1], "when", "service = checkout")
    payload = bot.payloads[-1]
    assert (payload["actions"][0]["value"], payload["actions"][0]["block_id"]) == ("service = checkout", "when")
    assert payload["view"]["state"]["values"]["quiet"]["value"]["value"] == "typed before"
    with pytest.raises(NotPossible):
        await rita.dispatch(rita.views[-1], "quiet", "x")


async def test_an_external_select_asks_the_bot_for_options(
    bot: Bot, client: AsyncWebClient, trigger: str, rita: Person
) -> None:
    """Within the same 3 s."""
    await open_with(client, trigger, modal(typed("who", type="external_select")))
    bot.answers_json({"options": OPTIONS})
    assert await rita.options(rita.views[-1], "value", "th") == OPTIONS
    assert (bot.payloads[-1]["type"], bot.payloads[-1]["value"]) == ("block_suggestion", "th")


def answering(body: str, status: int = 200) -> web.Response:
    """Give an answer to a submission."""
    return web.Response(text=body, status=status)


BAD_ANSWERS = {
    "plain text": "thanks",
    "ok": json.dumps({"ok": True}),
    "a list": "[]",
    "no errors": json.dumps({"response_action": "errors", "errors": {}}),
    "unknown block": json.dumps({"response_action": "errors", "errors": {"nothing": "x"}}),
    "section block": json.dumps({"response_action": "errors", "errors": {"words": "x"}}),
    "wrong view": json.dumps({"response_action": "update", "view": {"type": "modal", "blocks": []}}),
    "unknown action": json.dumps({"response_action": "explode"}),
}


@pytest.mark.parametrize("body", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
async def test_an_answer_slack_does_not_know_leaves_the_modal_open(
    bot: Bot, client: AsyncWebClient, trigger: str, rita: Person, *, body: str
) -> None:
    """What was typed stays; the person reads of a connection problem."""
    await open_with(client, trigger, modal(section("words") | {"block_id": "words"}, typed("note")))
    bot.answer = lambda _: answering(body)
    delivery = await rita.submit(rita.views[-1], {"note": "typed"})
    assert not delivery.ok
    assert rita.views[-1].state["note"]["value"]["value"] == "typed"


@pytest.mark.parametrize("status", [201, 404, 500])
async def test_an_answer_that_is_not_200_leaves_the_modal_open(
    bot: Bot, client: AsyncWebClient, trigger: str, rita: Person, *, status: int
) -> None:
    """For interactions only 200 will do."""
    await open_with(client, trigger, modal())
    bot.answer = lambda _: answering("", status)
    delivery = await rita.submit(rita.views[-1], {"note": "x"})
    assert (delivery.ok, delivery.status, len(rita.views)) == (False, status, 1)


async def test_the_four_answers_to_a_submission_do_what_they_say(
    bot: Bot, client: AsyncWebClient, trigger: str, rita: Person
) -> None:
    """Errors at a field, another view in place, one on top, all away."""
    await open_with(client, trigger, modal())

    def answer(heard: Heard) -> web.Response:
        word = heard.payload["view"]["state"]["values"]["note"]["value"]["value"]
        more = {"view": modal(title=plain(word))} if word in {"update", "push"} else {}
        more |= {"errors": {"note": "No."}} if word == "errors" else {}
        return web.json_response({"response_action": word} | more)

    bot.answer = answer
    assert (await rita.submit(rita.views[-1], {"note": "errors"})).errors == {"note": "No."}
    await rita.submit(rita.views[-1], {"note": "update"})
    await rita.submit(rita.views[-1], {"note": "push"})
    assert [view.title for view in rita.views] == ["update", "push"]
    await rita.submit(rita.views[-1], {"note": "clear"})
    assert rita.views == []


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("views.open", {"trigger_id": "1.2.abc"}),
        ("views.open", {"view": {}}),
        ("views.update", {"view": {}}),
        ("views.publish", {"user_id": "U0GONE", "view": {"type": "home", "blocks": []}}),
        ("views.publish", {"user_id": "U0RITA", "view": modal()}),
    ],
)
async def test_what_a_views_method_needs_is_named(client: AsyncWebClient, method: str, args: Json) -> None:
    """As invalid_arguments with a message."""
    refused = await error_of(client, method, **args)
    assert refused.response["error"] == "invalid_arguments"
    assert refused.response["response_metadata"]["messages"]
