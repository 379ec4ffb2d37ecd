import asyncio

import pytest
from aiohttp import web
from prometheus_client import generate_latest
from slack_bolt.response import BoltResponse
from structlog.testing import capture_logs

from agent_core.errors import Broken
from agent_core.ports import StoreDown, SurfaceBusy
from bot.guard import Admitted
from bot.health import Metrics
from bot.ingress import Opening, answer_of, failed


async def answered(_: Admitted) -> web.Response:
    """Answer a request."""
    return web.Response()


async def test_a_defect_is_500_with_a_reference_and_no_detail() -> None:
    """Whoever reports it names the reference; the log has the rest."""
    with capture_logs() as said:
        response = await failed(Broken("every way is in LEADS_TO", here="thinking"))
    assert response.status == 500
    assert "LEADS_TO" not in response.body
    reference = response.body.partition("reference ")[2].rstrip(").")
    assert [one["reference"] for one in said] == [reference]


async def test_what_can_not_be_taken_now_is_503_so_that_it_comes_again() -> None:
    """Slack sends an event again for three times; a person presses again."""
    for trouble in (StoreDown("gone", sent=False), StoreDown("silent", sent=True), SurfaceBusy(1.0), TimeoutError()):
        assert (await failed(trouble)).status == 503


async def test_a_request_that_comes_while_the_bot_starts_is_held_and_not_lost() -> None:
    """A click during a restart gets its answer as soon as there is one."""
    opening = Opening()
    held = asyncio.create_task(opening.dispatch())
    opening.open(answered)
    assert await held is answered


async def test_once_the_bot_stops_nothing_new_is_let_in() -> None:
    """It is said at once, so that Slack tries the next process."""
    opening = Opening()
    opening.open(answered)
    opening.close()
    assert await opening.dispatch() is None


def test_an_answer_is_counted_by_its_kind_and_status_and_by_nobody_s_name() -> None:
    """Labels come from fixed sets."""
    metrics = Metrics()
    metrics.answered("event", 503, 0.2)
    page = generate_latest(metrics.registry).decode()
    assert 'countersign_answers_total{status="503"} 1.0' in page
    assert 'countersign_ack_seconds_count{kind="event"} 1.0' in page


@pytest.mark.parametrize(
    ("said", "body", "kind"),
    [
        (BoltResponse(status=200), b"", "text/plain"),
        (BoltResponse(status=503), b"", "text/plain"),
        (BoltResponse(status=500, body="Something is broken."), b"Something is broken.", "text/plain"),
        (
            BoltResponse(status=200, body={"response_action": "errors", "errors": {"phi": "No."}}),
            b'{"response_action": "errors", "errors": {"phi": "No."}}',
            "application/json",
        ),
    ],
)
def test_slack_is_answered_in_bytes_that_can_be_given_again(said: BoltResponse, body: bytes, kind: str) -> None:
    """The guard keeps an answer for whoever sends the same request again: a form gets its errors twice."""
    answer = answer_of(said)
    assert (answer.status, answer.body, answer.content_type) == (said.status, body, kind)
