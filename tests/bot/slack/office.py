"""The bot's side of the Web API at the strict stand-in, with a clock that tests move."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from agent_core.fakes.clock import FakeClock
from agent_core.words import TeamId
from bot.playground.harness import Setup, Slack as Standin, running
from bot.playground.words import TEAM_ID
from bot.slack.client import Slack, session, web_client
from bot.slack.directory import SlackDirectory
from tests.examples import NOON

TEAM = TeamId(TEAM_ID)


@dataclass(frozen=True, slots=True)
class Office:
    """Slack, and what of ours talks to it."""

    standin: Standin
    clock: FakeClock
    client: AsyncWebClient
    slack: Slack
    directory: SlackDirectory


@asynccontextmanager
async def opened(setup: Setup | None = None) -> AsyncIterator[Office]:
    """Connect to a stand-in of one's own."""
    async with running(setup) as standin, session() as http:
        clock = FakeClock(NOON)
        client = web_client(standin.secrets.bot_token, standin.api_url, http, direct=True)
        slack = Slack(client, clock)
        directory = SlackDirectory(slack, clock, team=TEAM, usergroups=frozenset({"S0ONCALL"}))
        yield Office(standin, clock, client, slack, directory)
