import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.guard import Admitted, to_bolt
from bot.payloads import Ignored, Malformed, Payload, parse
from tests.bot.payloads.samples import kind_of, sample
from tests.bot.payloads.test_mutations import MUTATIONS, TEMPLATES, mutated, paths
from tests.bot.payloads.test_samples import PARSED

ANYTHING = re.compile(".*", re.DOTALL)
# Fields that Bolt looks into and no template has.
LURES: dict[str, Any] = {
    "authorizations": [{"team_id": "T1", "enterprise_id": None, "is_enterprise_install": False}],
    "assistant_thread": {"channel_id": "D1", "thread_ts": "1.1"},
    "bot_access_token": "x",
    "function_data": {"execution_id": "Fx1", "inputs": {"a": "b"}},
    "item": {"channel": "C1"},
    "is_enterprise_install": False,
    "previous_message": {"user": "U1"},
    "response_urls": [{"response_url": "x"}],
    "workflow_step": {"a": "b"},
}


async def say_who_we_are() -> AuthorizeResult:
    """Answer without asking Slack."""
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="t", bot_user_id="UB")  # noqa: S106  no token at all


async def acknowledge(ack: Callable[[], Any]) -> None:
    """Take anything."""
    await ack()


async def hear() -> None:
    """Take any event."""


@pytest.fixture(scope="module")
def bolt() -> AsyncApp:
    """Give a Bolt app that listens to everything, set as ours is."""
    app = AsyncApp(
        signing_secret="unused",  # noqa: S106  Bolt wants one; the guard has checked the signature
        authorize=say_who_we_are,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        process_before_response=True,
    )
    for listen in (app.command, app.action, app.view_submission, app.view_closed, app.shortcut, app.options):
        listen(ANYTHING)(acknowledge)
    for name in ("message", "app_mention", "app_home_opened", "tokens_revoked", "app_uninstalled"):
        app.event(name)(hear)
    return app


def admit(name: str, body: dict[str, Any]) -> Admitted | None:
    """Let a body through as the guard does; None where it would not."""
    try:
        payload = parse(kind_of(name), body)
    except Malformed:
        return None
    if isinstance(payload, Ignored):
        return None
    return Admitted(kind=kind_of(name), payload=payload, body=body, signature="")


@pytest.mark.parametrize("name", TEMPLATES)
async def test_g12_bolt_can_take_whatever_the_guard_lets_through(
    name: str, bolt: AsyncApp, caplog: pytest.LogCaptureFixture
) -> None:
    """Bolt reads fields of its own accord and fails on a wrong shape: it must never meet one."""
    body = {**LURES, **sample(name)}
    if isinstance(body.get("event"), dict):
        body["event"] = {**LURES, **body["event"]}
    tried = 0
    with caplog.at_level(logging.ERROR):
        for path in paths(body):
            for mutation in MUTATIONS if path else ():
                if mutation == "\ud800" or (admitted := admit(name, mutated(body, path, mutation))) is None:
                    continue
                answer = await bolt.async_dispatch(to_bolt(admitted))
                assert answer.status < 500, path
                tried += 1
    assert not caplog.records
    assert tried > 100


@pytest.mark.parametrize("name", [name for name in PARSED if not name.startswith(("handshake", "lifecycle/app-rate"))])
async def test_bolt_gets_all_that_was_read_and_finds_a_listener(name: str, bolt: AsyncApp) -> None:
    """What it is handed says the same as what Slack sent, as far as anybody here reads it."""
    admitted = admit(name, sample(name))
    assert admitted is not None
    request = to_bolt(admitted)
    assert parse(kind_of(name), request.body) == admitted.payload
    assert request.context["admitted"] is admitted
    assert isinstance(admitted.payload, Payload)
    assert (await bolt.async_dispatch(request)).status == 200
