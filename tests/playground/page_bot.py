"""A small Slack app for the page's tests: one card, one modal, one Home. It knows Slack, and nothing of Countersign.

It answers each delivery at once and then works through the Web API, as Slack wants it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

from aiohttp import ClientSession, web

Json = dict[str, Any]

NASTY = "<script>window.hacked = 1</script>"


def plain(text: str) -> Json:
    """Give a plain text object."""
    return {"type": "plain_text", "text": text}


def words(text: str) -> Json:
    """Give a mrkdwn text object."""
    return {"type": "mrkdwn", "text": text}


def button(text: str, action_id: str, **more: object) -> Json:
    """Give a button."""
    return {"type": "button", "text": plain(text), "action_id": action_id, "value": "v", **more}


def option(text: str, value: str) -> Json:
    """Give an option of a select or a menu."""
    return {"text": plain(text), "value": value}


def field(block_id: str, label: str, element: Json, **more: object) -> Json:
    """Give an input block."""
    element = element | {"action_id": "value"}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element, **more}


SCOPES = [option("This thread", "thread"), option("Channel", "channel")]
FACTS = (
    "*Tool*\n`restart_service`",
    "*Target*\nstaging / checkout-cache",
    "*Risk*\n⚠ medium: a minute without cache",
    "*Φ*\n4.0 of 10, expected 8.0",
    "*May decide*\n<@U0APPROVER>, <@U0LEAD>",
    "*Until*\n<!date^1800000000^{date_short_pretty} at {time}|2027>",
)
WHY = [{"type": "text", "text": "Why: ", "style": {"bold": True}}, {"type": "text", "text": f"stale prices; {NASTY}"}]
ARGUMENTS = [{"type": "text", "text": '{\n  "service": "checkout-cache",\n  "env": "staging"\n}'}]
CONFIRM = {"title": plain("Teach?"), "text": plain("It holds for all."), "confirm": plain("Yes"), "deny": plain("No")}
CARD: list[Json] = [
    {"type": "header", "text": plain("Approve: restart_service?")},
    {"type": "section", "fields": [words(fact) for fact in FACTS]},
    {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": WHY},
            {"type": "rich_text_preformatted", "elements": ARGUMENTS},
        ],
    },
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            button("Approve", "approve", style="primary"),
            button("Reject", "reject", style="danger"),
            button("Edit", "edit"),
            button("Override Φ", "override_phi"),
            button("Teach", "teach", confirm=CONFIRM),
            {
                "type": "overflow",
                "action_id": "more",
                "options": [option("Pause", "pause"), option("Why asked", "why")],
            },
        ],
    },
    {"type": "context", "elements": [words("step 2 · *rule* `restart-needs-ask`")]},
]
MODAL: Json = {
    "type": "modal",
    "callback_id": "reject",
    "title": plain("Reject the step"),
    "submit": plain("Reject"),
    "close": plain("Cancel"),
    "blocks": [
        {"type": "section", "block_id": "preview", "text": plain("Nothing typed yet.")},
        field("reason", "Reason", {"type": "static_select", "options": [option("Too risky", "too_risky")]}),
        field(
            "note",
            "Note",
            {
                "type": "plain_text_input",
                "multiline": True,
                "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]},
            },
            optional=True,
            dispatch_action=True,
            hint=plain("Only the actor reads it."),
        ),
        field("phi", "Φ", {"type": "number_input", "is_decimal_allowed": True, "max_value": "10"}, optional=True),
        field("scope", "Scope", {"type": "radio_buttons", "options": SCOPES}, optional=True),
        field("also", "Also", {"type": "checkboxes", "options": SCOPES}, optional=True),
        field("until", "Until", {"type": "datepicker"}, optional=True),
        field(
            "channel",
            "Channel",
            {"type": "conversations_select", "default_to_current_conversation": True},
            optional=True,
        ),
        field("person", "Person", {"type": "users_select"}, optional=True),
        {"type": "actions", "block_id": "deeper", "elements": [button("More about it", "push")]},
    ],
}
DEEPER: Json = {"type": "modal", "callback_id": "deeper", "title": plain("More"), "blocks": CARD[1:3]}
HOME: Json = {"type": "home", "blocks": [CARD[0], {"type": "divider"}, CARD[4]]}


class PageBot:
    """Answers what people do on the page."""

    def __init__(self, session: ClientSession) -> None:
        self.events_url = ""
        self.api_url = ""
        self.token = ""
        self.submitted: list[Json] = []
        self._session = session
        self._tasks: set[asyncio.Task[Json]] = set()

    async def call(self, method: str, **arguments: object) -> Json:
        """Use the Web API, and insist that it works."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self._session.post(f"{self.api_url}{method}", json=arguments, headers=headers) as response:
            answer: Json = await response.json()
        assert answer["ok"], (method, answer)
        return answer

    def later(self, work: Coroutine[Any, Any, Json]) -> None:
        """Do this once the delivery is answered."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def rest(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._tasks)

    async def take(self, request: web.Request) -> web.Response:
        """Answer one delivery."""
        if request.content_type == "application/json":
            event = (await request.json())["event"]
            if event["type"] == "app_home_opened":
                self.later(self.call("views.publish", user_id=event["user"], view=HOME))
            return web.Response()
        form = {name: values[0] for name, values in parse_qs(await request.text()).items()}
        if "command" in form:
            self.later(self.start(form))
            return web.Response()
        return self.interact(json.loads(form["payload"]))

    async def start(self, form: Json) -> Json:
        """Open a thread with a card in it."""
        text = f"Task: {form['text']} for <@{form['user_id']}>"
        root = await self.call("chat.postMessage", channel=form["channel_id"], text=text)
        card = {"channel": form["channel_id"], "thread_ts": root["ts"], "text": "Approve?", "blocks": CARD}
        return await self.call("chat.postMessage", **card)

    def interact(self, payload: Json) -> web.Response:
        """Answer a press or a modal."""
        if payload["type"] == "view_submission":
            values = payload["view"]["state"]["values"]
            self.submitted.append(values)
            if values["note"]["value"]["value"] == "again":
                errors = {"note": "Say more than “again”."}
                return web.json_response({"response_action": "errors", "errors": errors})
        elif payload["type"] == "block_actions":
            self.later(self.press(payload, payload["actions"][0]))
        return web.Response()

    async def press(self, payload: Json, action: Json) -> Json:
        """Do what a button asks for."""
        user, trigger = payload["user"]["id"], payload["trigger_id"]
        where = {"channel": payload.get("channel", {}).get("id"), "text": "Guests may not decide."}
        match action["action_id"]:
            case "reject":
                return await self.call("views.open", trigger_id=trigger, view=MODAL)
            case "push":
                return await self.call("views.push", trigger_id=trigger, view=DEEPER)
            case "value":
                preview = {"type": "section", "block_id": "preview", "text": plain(f"Typed: {action['value']}")}
                view = MODAL | {"blocks": [preview, *MODAL["blocks"][1:]]}
                return await self.call("views.update", view_id=payload["view"]["id"], view=view)
            case "approve" if user == "U0GUEST":
                thread = payload["message"]["thread_ts"]
                return await self.call("chat.postEphemeral", **where, user=user, thread_ts=thread)
        done = {"type": "section", "text": words(f"{action['action_id']} by <@{user}>")}
        where |= {"text": "Decided.", "ts": payload["message"]["ts"]}
        return await self.call("chat.update", **where, blocks=[CARD[0], done])


@asynccontextmanager
async def botting() -> AsyncIterator[PageBot]:
    """Run the app on a free port; who starts it tells it where Slack is."""
    async with ClientSession() as session:
        bot = PageBot(session)
        app = web.Application()
        app.router.add_post("/slack/events", bot.take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        bot.events_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        try:
            yield bot
            await bot.rest()
        finally:
            await runner.cleanup()
