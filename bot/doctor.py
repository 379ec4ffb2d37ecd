"""``doctor``: everything that can be checked before somebody relies on it, each with what to do. Changes nothing."""

import re
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

from slack_sdk.web.async_client import AsyncWebClient

from agent_core.adapters.redis_settings import check_settings
from agent_core.adapters.system_clock import SystemClock
from agent_core.people import People
from agent_core.ports import StoreDown, SurfaceBusy, SurfaceGone
from agent_core.words import ChannelId, TeamId, channel_of
from bot.app import slack_client, usergroups_of
from bot.assembly import assemble
from bot.config import Config, ConfigError, Settings, load
from bot.reach import NotStarted, key_of, redis_of, socket_url
from bot.slack.client import Slack, SlackRefused
from bot.slack.directory import SlackDirectory
from bot.slack.scopes import NEEDED
from bot.threads.opened import opened

CLOCK_S = 60.0
TASKS = 1000
GLOB = re.compile(r"[*?\[]")
Level = Literal["ok", "warn", "bad"]
MARKS = {"ok": "ok  ", "warn": "WARN", "bad": "BAD "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that was looked at: how it is, and if it is not well, what to do."""

    level: Level
    what: str
    words: str


async def examine(settings: Settings, say: Callable[[str], None]) -> int:
    """Look at everything, say each finding on a line, and give 0 if nothing is bad, else 1."""
    bad = False
    async with AsyncExitStack() as closing:
        async for found in findings(settings, closing):
            bad = bad or found.level == "bad"
            say(f"{MARKS[found.level]} {found.what}: {found.words}")
    say("Something must be mended before the bot can be relied on." if bad else "The bot can start.")
    return 1 if bad else 0


async def findings(settings: Settings, closing: AsyncExitStack) -> AsyncGenerator[Found]:
    """Look at the configuration, the key, Slack, the people that are named, and the store."""
    config: Config | None = None
    try:
        settings.check_slack()
        config = load(settings.countersign_config)
        parts = assemble(config, key_of(settings))
        yield Found(level="ok", what="configuration", words=f"{config.path}, {len(parts.rules.tools)} tools")
        for found in unmet(config):
            yield found
    except ConfigError as wrong:
        yield Found(level="bad", what="configuration", words=wrong.sentence)
    if settings.slack_bot_token is not None:
        async for found in slack_findings(settings, config, closing):
            yield found
    async for found in store_findings(settings, closing):
        yield found


def unmet(config: Config) -> Iterator[Found]:
    """Find rules that name a tool which there is not: a misspelt one protects nothing."""
    there = {tool.name for tool in config.document.tools}
    for nth, rule in enumerate(config.document.policy.rules, 1):
        gone = [name for name in rule.tools if not GLOB.search(name) and name not in there]
        if gone:
            words = f"there is no tool {' or '.join(gone)}, so for that it means nothing"
            yield Found(level="warn", what=rule.name or f"rule {nth}", words=words)


async def slack_findings(settings: Settings, config: Config | None, closing: AsyncExitStack) -> AsyncGenerator[Found]:
    """Look at the token, its scopes, the clock, and who the policy names."""
    clock = SystemClock()
    client = await slack_client(settings, closing)
    slack = Slack(client, clock)
    try:
        await slack.call("auth.test")
        answer = await client.auth_test()
    except (SlackRefused, SurfaceBusy, SurfaceGone) as no:
        refused = slack.revoked or (no.error if isinstance(no, SlackRefused) else "")
        words = (
            f"Slack refuses it ({refused}). Take it from the app's page “OAuth & Permissions”."
            if refused
            else f"Slack does not answer at {settings.slack_api_url}. Is SLACK_API_URL right, and the network up?"
        )
        yield Found(level="bad", what="token", words=words)
        return
    yield Found(level="ok", what="token", words=f"bot {answer['user_id']} of team {answer['team_id']}")
    if settings.slack_app_token is not None:
        yield await socket_finding(client, settings.slack_app_token.get_secret_value())
    yield scopes_finding({name.lower(): str(value) for name, value in answer.headers.items()})
    yield clock_finding({name.lower(): str(value) for name, value in answer.headers.items()}, clock)
    if config is not None:
        team = TeamId(str(answer["team_id"]))
        directory = SlackDirectory(slack, clock, team=team, usergroups=usergroups_of(config))
        for found in await people_findings(config, directory, team):
            yield found
        yield await channels_finding(settings, slack, team)


async def socket_finding(client: AsyncWebClient, app_token: str) -> Found:
    """See that Slack gives a WebSocket for the app token."""
    try:
        await socket_url(client, app_token)
    except ConfigError as wrong:
        return Found(level="bad", what="app token", words=wrong.sentence)
    except NotStarted as no:
        return Found(level="bad", what="app token", words=str(no))
    return Found(level="ok", what="app token", words="Slack gives a WebSocket for it")


def scopes_finding(headers: dict[str, str]) -> Found:
    """Hold the token's scopes against those that the manifest asks for."""
    given = frozenset(scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")) - {""}
    missing = sorted(NEEDED - given)
    if missing:
        words = f"missing {', '.join(missing)}. Install the app anew from manifest.yml."
        return Found(level="bad", what="scopes", words=words)
    extra = sorted(given - NEEDED)
    if extra:
        return Found(level="warn", what="scopes", words=f"more than are needed: {', '.join(extra)}")
    return Found(level="ok", what="scopes", words=f"the {len(NEEDED)} that are needed")


def clock_finding(headers: dict[str, str], clock: SystemClock) -> Found:
    """Hold this machine's clock against Slack's; requests more than five minutes off are refused."""
    date = headers.get("date")
    if date is None:
        return Found(level="warn", what="clock", words="Slack's answer has no date to compare with.")
    off_s = abs((clock.now() - parsedate_to_datetime(date)).total_seconds())
    if off_s > CLOCK_S:
        words = f"{off_s:.0f} s off Slack's. Set it; requests five minutes off are refused."
        return Found(level="bad", what="clock", words=words)
    return Found(level="ok", what="clock", words=f"within {off_s:.0f} s of Slack's")


async def people_findings(config: Config, directory: SlackDirectory, team: TeamId) -> list[Found]:
    """Look up everybody whom the policy names, and see that no set of approvers is empty."""
    found: list[Found] = []
    for nth, rule in enumerate(config.document.policy.rules, 1):
        if rule.decision != "ask":
            continue
        sets = [stage.approvers for stage in rule.stages] if rule.stages else [rule.approvers]
        what = f"approvers of {rule.name or f'rule {nth}'}"
        found.extend([await set_finding(what, spec.people(), directory, team) for spec in sets])
    return found


async def set_finding(what: str, people: People, directory: SlackDirectory, team: TeamId) -> Found:
    """Say whether anybody of a set can approve."""
    if people.channel_members:
        return Found(level="ok", what=what, words="members of the task's channel")
    nowhere = ChannelId("")
    named = People(users=people.users, usergroups=people.usergroups)
    try:
        members = await directory.members(team, nowhere, named)
    except (SlackRefused, SurfaceBusy, SurfaceGone) as no:
        return Found(level="bad", what=what, words=f"Slack can't say who they are ({no})")
    gone = sorted(people.users - members)
    if not members:
        who = f" (named, but do not count: {', '.join(gone)})" if gone else ""
        return Found(level="bad", what=what, words=f"nobody can approve; such steps will not be run{who}")
    if gone:
        return Found(level="warn", what=what, words=f"do not count: {', '.join(gone)}")
    return Found(level="ok", what=what, words=f"{len(members)} people")


async def channels_finding(settings: Settings, slack: Slack, team: TeamId) -> Found:
    """See that the bot can still speak in every channel in which a task is open."""
    try:
        async with opened(settings) as store:
            lines = await store.index.tasks(team, limit=TASKS)
    except (ConfigError, NotStarted, StoreDown):
        lines = []  # there is no store yet, or its own finding says what is wrong with it
    channels = sorted({channel_of(line.thread_id) for line in lines if line.phase != "finished"})
    try:
        shut = [channel for channel in channels if not await can_speak(slack, channel)]
    except SurfaceBusy:
        return Found(level="warn", what="channels", words="Slack did not say of all in time. Run doctor again.")
    if shut:
        words = f"archived, or the bot is not in them: {', '.join(shut)}. Tasks are open there; invite the bot."
        return Found(level="bad", what="channels", words=words)
    words = f"{len(channels)} with open tasks, and the bot is in them" if channels else "no task is open in any"
    return Found(level="ok", what="channels", words=words)


async def can_speak(slack: Slack, channel: ChannelId) -> bool:
    """Ask Slack whether the bot is in a channel that lives; SurfaceBusy: it can't say now."""
    try:
        answer = await slack.call("conversations.info", form=True, channel=channel)
    except (SlackRefused, SurfaceGone):
        return False
    found = answer.get("channel")
    facts = found if isinstance(found, dict) else {}
    return not facts.get("is_archived") and bool(facts.get("is_member") or facts.get("is_im"))


async def store_findings(settings: Settings, closing: AsyncExitStack) -> AsyncGenerator[Found]:
    """Look at the store's settings."""
    if settings.redis_url is None:
        yield Found(level="ok", what="store", words="the embedded server, with settings of our own")
        return
    redis, _ = await redis_of(settings, closing)
    try:
        found = await check_settings(redis)
    except StoreDown as down:
        yield Found(level="bad", what="store", words=f"{down} Is REDIS_URL right, and Redis running?")
        return
    for finding in found:
        level: Level = {"refuse": "bad", "warn": "warn", "note": "ok"}[finding.level]  # type: ignore[assignment]  # the mapping's values are levels
        yield Found(level=level, what=f"redis {finding.setting}", words=finding.words)
    yield Found(level="ok", what="store", words="REDIS_URL answers")
