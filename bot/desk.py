"""What every listener works with: the runtime, who somebody is, and how one person is answered.

Who acts is looked up within what is left of Slack's three seconds; who can't be looked up in time is unknown, and the
core refuses the unknown. Nothing is decided here.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from agent_core.checkpoint import Checkpoint, Quote
from agent_core.errors import Refused
from agent_core.inputs import Input, Open, Start
from agent_core.lesson import Lesson
from agent_core.people import Person
from agent_core.ports import Clock, Index, Lessons, Model, Quarantined, StoreDown, Switch, TaskLine
from agent_core.records import Note
from agent_core.runtime import Given, Runtime
from agent_core.words import ChannelId, PersonId, TeamId, ThreadId, channel_of, thread_id_of, ts_of
from agent_core.worker import line_of, opened_as
from bot.blocks.kit import Block, Rendered
from bot.payloads import Payload
from bot.slack.client import FAILURES, Slack, SlackRefused
from bot.slack.directory import SlackDirectory
from bot.slack.ephemerals import Address, Ephemerals
from bot.slack.surface import SlackSurface

log = structlog.get_logger(__name__)

LOOK_UP_S = 1.5
OPEN_VIEW_S = 2.0
LISTED = 1_000  # tasks of a team that lists, counts and the Home tab are made of
SPENT_TRIGGERS = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_expired"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The parts that listeners use, put together once in ``bot.app``."""

    runtime: Runtime
    model: Model
    index: Index
    lessons: Lessons
    switch: Switch
    slack: Slack
    directory: SlackDirectory
    surface: SlackSurface
    ephemerals: Ephemerals
    clock: Clock
    team: TeamId
    bot_user: PersonId
    waiting_per_requester: int = 200
    _noting: set[asyncio.Task[None]] = field(default_factory=set, init=False, repr=False)

    def who(self, payload: Payload) -> PersonId:
        """Name who acts."""
        return PersonId(payload.actor or "")

    async def person(self, payload: Payload, channel: ChannelId) -> Person:
        """Look up who acts, as a member of the channel it is about."""
        who = self.who(payload)
        team = TeamId(payload.actor_team or self.team)
        known = self.directory.known(team, channel, who)
        if known is not None:
            return known
        try:
            async with asyncio.timeout(LOOK_UP_S):
                return await self.directory.look_up(team, channel, who)
        except TimeoutError:
            return Person(id=who, team=team, kind="unknown", looked_up_at=self.clock.now())

    async def give(self, payload: Payload, thread_id: ThreadId, make: Callable[[Person], Input]) -> Given:
        """Give a person's input to a task; it is committed when this returns."""
        by = await self.person(payload, channel_of(thread_id))
        return await self.runtime.give(thread_id, make(by), dedupe=payload.dedupe_id)

    async def task(self, thread_id: ThreadId) -> Checkpoint:
        """Give the task of a thread, or raise Refused if there is none."""
        checkpoint = (await self.runtime.store.load(thread_id)).checkpoint
        if checkpoint is None:
            raise Refused("There is no task in this thread.", "Start one with /agent and what you want done.")
        return checkpoint

    async def check_can_start(self, who: PersonId, channel: ChannelId, purpose: str) -> None:
        """Raise Refused where a task could not go on: no such runbook, no bot in the channel, too many tasks."""
        if not await self.directory.is_in(channel, self.bot_user):
            instead = "Invite me with /invite and try again."
            raise Refused("I am not in this channel, so nothing was started.", instead, field="channel")
        self.model.accepts(purpose)
        mine = {await self.gone_on(line) for line in await self.unfinished() if line.requester == who}
        if len(mine) >= self.waiting_per_requester:
            raise Refused(
                f"You have {len(mine)} open tasks already.", "Finish or abort some: /agent status lists them."
            )

    async def unfinished(self) -> list[TaskLine]:
        """Give the team's tasks that are listed and have not ended, newest first; some have no thread yet."""
        return [line for line in await self.index.tasks(self.team, limit=LISTED) if line.phase != "finished"]

    async def gone_on(self, line: TaskLine) -> ThreadId:
        """Name the thread in which a listed task goes on; for an opening, the one it led to."""
        task = (await self.runtime.store.load(line.thread_id)).checkpoint if line.phase == "opening" else None
        return (opened_as(task.phase) if task else None) or line.thread_id

    async def as_they_stand(self, lines: Iterable[TaskLine]) -> list[TaskLine]:
        """Say of listed tasks how each stands now, in the thread in which it goes on; the list may be a moment late."""
        found = await asyncio.gather(*(self._as_it_stands(line) for line in lines))
        return list({line.thread_id: line for line in found if line is not None}.values())

    async def _as_it_stands(self, line: TaskLine) -> TaskLine | None:
        try:
            loaded = await self.runtime.store.load(await self.gone_on(line))
        except Quarantined:  # the thread itself says what is wrong with it
            return line
        return None if loaded.checkpoint is None else line_of(loaded.checkpoint, loaded)

    async def open(self, payload: Payload, channel: ChannelId, purpose: str, trigger: str) -> ThreadId:
        """Begin a task that has no message yet; the bot posts one."""
        await self.check_can_start(self.who(payload), channel, purpose)
        digest = hashlib.blake2b(trigger.encode(), digest_size=10).hexdigest()
        thread_id = thread_id_of(self.team, channel, f"new-{digest}")
        await self.listed(await self.give(payload, thread_id, lambda by: Open(by=by, purpose=purpose)))
        return thread_id

    async def start(self, payload: Payload, thread_id: ThreadId, purpose: str, context: tuple[Quote, ...] = ()) -> None:
        """Begin a task under a message that exists."""
        await self.check_can_start(self.who(payload), channel_of(thread_id), purpose)
        await self.listed(
            await self.give(payload, thread_id, lambda by: Start(by=by, purpose=purpose, context=context))
        )

    async def listed(self, begun: Given) -> None:
        """Let a task count from its beginning: whoever starts the next at once has this one already."""
        if begun.loaded.checkpoint is not None:
            with suppress(StoreDown):  # it has begun all the same; the worker lists it
                await self.index.put(line_of(begun.loaded.checkpoint, begun.loaded))

    async def may_see(self, payload: Payload, channel: ChannelId) -> bool:
        """Tell whether who asks may hear of a channel: who is in it, and of a public one every member."""
        person = await self.person(payload, channel)
        return person.in_channel or (person.kind == "member" and await self.directory.is_public(channel))

    async def check_may_see(self, payload: Payload, thread_id: ThreadId) -> None:
        """Raise Refused unless who asks may hear of a task."""
        if not await self.may_see(payload, channel_of(thread_id)):
            raise Refused("You are not in that task's channel.", "Ask somebody who is.")

    async def visible(self, lessons: Iterable[Lesson], may_see: Callable[[ChannelId], Awaitable[bool]]) -> list[Lesson]:
        """Give the lessons that somebody may read: rules for the whole workspace, and those of channels they see."""
        taught = tuple(lessons)
        channels = {lesson.channel for lesson in taught if not is_everybodys(lesson)}
        seen = {channel for channel in channels if await may_see(channel)}
        return [lesson for lesson in taught if is_everybodys(lesson) or lesson.channel in seen]

    async def links(self, lines: Iterable[TaskLine]) -> dict[ThreadId, str]:
        """Give the address of each task's newest card, or of its thread, as far as Slack knows it."""
        wanted = {line.thread_id: line.card_ts or ts_of(line.thread_id) for line in lines}
        urls = await asyncio.gather(*(self.link(channel_of(thread_id), ts) for thread_id, ts in wanted.items()))
        return {thread_id: url for thread_id, url in zip(wanted, urls, strict=True) if url is not None}

    async def link(self, channel: ChannelId, ts: str) -> str | None:
        """Give a message's address, or None where Slack does not."""
        try:
            return await self.surface.link(channel, ts)
        except FAILURES:
            return None

    def saw(self, payload: Payload, thread_id: ThreadId, what: str) -> None:
        """Have the journal note that this person looked at something; nobody waits for it."""
        noting = asyncio.create_task(self._note(thread_id, self.who(payload), what))
        self._noting.add(noting)
        noting.add_done_callback(self._noting.discard)

    async def _note(self, thread_id: ThreadId, by: PersonId, what: str) -> None:
        store = self.runtime.store
        try:
            loaded = await store.load(thread_id)
            version = loaded.checkpoint.version if loaded.checkpoint else 0
            await store.note(thread_id, Note(version=version, at=loaded.now, by=by, what="viewed", words=what))
        except (StoreDown, Refused) as lost:
            log.warning("view not noted", thread_id=thread_id, person=by, what=what, why=str(lost))

    async def settled(self) -> None:
        """Wait until all that was to be said or noted is."""
        await self.ephemerals.settled()
        await asyncio.gather(*self._noting)

    def tell(self, to: Address, words: str | Rendered, *, about: str | None = None) -> None:
        """Say something to one person only, soon; about one fact (its dedupe ID) only once."""
        self.ephemerals.later(to, words, about=about)

    async def show_view(self, trigger_id: str, view: Block, *, push: bool = False) -> None:
        """Open a modal while its trigger lives."""
        try:
            async with asyncio.timeout(OPEN_VIEW_S):
                await self.slack.call("views.push" if push else "views.open", trigger_id=trigger_id, view=view)
        except TimeoutError:
            raise not_opened() from None
        except SlackRefused as no:
            if no.error in SPENT_TRIGGERS:
                raise not_opened() from no
            raise


def is_everybodys(lesson: Lesson) -> bool:
    """Tell whether its author meant a lesson for the whole workspace; a Φ and its why were said in one channel."""
    return lesson.kind == "heuristic" and lesson.scope == "team"


def is_open(line: TaskLine) -> bool:
    """Tell whether a listed task has a thread and goes on."""
    return line.phase not in ("opening", "finished")


def not_opened() -> Refused:
    """Refuse a press whose form Slack did not open in time."""
    return Refused("Slack did not open the form in time; nothing was changed.", "Press again.")
