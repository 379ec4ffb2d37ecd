"""Taking a task up again at an earlier step, from the command line: for a person, looked up at Slack like any other.

Whoever sits at the terminal says for whom it is done; that person must be one who may, and the journal names them and
says that it came from the command line. Workers find what is to be done in the due index.
"""

import hashlib
from contextlib import AsyncExitStack

from agent_core.adapters.system_clock import SystemClock
from agent_core.forks import seed_of
from agent_core.inputs import Fork, Rewind
from agent_core.people import Person
from agent_core.ports import Lease, Taking
from agent_core.records import Note
from agent_core.rules.book import Rules
from agent_core.runtime import Runtime
from agent_core.words import PersonId, ThreadId, channel_of, team_of, thread_id_of
from bot.app import slack_client, usergroups_of
from bot.config import Config, Settings
from bot.slack.client import Slack
from bot.slack.directory import SlackDirectory
from bot.threads.opened import Opened


class Nobody:
    """Wakes nobody: the bot is another process, or is not running, and looks into the due index by itself."""

    def takes(self, thread_id: ThreadId) -> Taking | None:
        """Take no lease."""
        del thread_id
        return None

    async def wake(self, thread_id: ThreadId, lease: Lease | None = None) -> None:
        """Leave it to the due index."""


async def person_of(settings: Settings, config: Config, thread_id: ThreadId, by: str) -> Person:
    """Look a person up, as a member of the thread's channel."""
    settings.check_slack()
    clock = SystemClock()
    async with AsyncExitStack() as closing:
        slack = Slack(await slack_client(settings, closing), clock)
        team = team_of(thread_id)
        directory = SlackDirectory(slack, clock, team=team, usergroups=usergroups_of(config))
        return await directory.look_up(team, channel_of(thread_id), PersonId(by))


async def fork(opened: Opened, thread_id: ThreadId, step: int, *, by: Person, rules: Rules) -> ThreadId:
    """Open a task that begins as another was after a step, or raise Refused; give the opening's ID."""
    lessons = await opened.lessons.of(team_of(thread_id))
    seed, known = await seed_of(opened.store, thread_id, step, rules=rules, lessons=lessons)
    text = f"{thread_id} {step} {known} {by.id} {by.looked_up_at.isoformat()}"
    digest = hashlib.blake2b(text.encode(), digest_size=10).hexdigest()
    opening = thread_id_of(team_of(thread_id), channel_of(thread_id), f"new-{digest}")
    await runtime_on(opened, rules).give(opening, Fork(by=by, seed=seed))
    await note(opened, opening, by, f"forked from step {step} of {thread_id} from the command line")
    return opening


async def rewind(opened: Opened, thread_id: ThreadId, step: int, *, by: Person, rules: Rules) -> None:
    """Take a task up again as it was after a step, in place, or raise Refused."""
    lessons = await opened.lessons.of(team_of(thread_id))
    seed, known = await seed_of(opened.store, thread_id, step, rules=rules, lessons=lessons)
    await runtime_on(opened, rules).give(thread_id, Rewind(by=by, seed=seed, known=known))
    await note(opened, thread_id, by, f"rewound to step {step} from the command line")


def runtime_on(opened: Opened, rules: Rules) -> Runtime:
    """Give the one way in."""
    return Runtime(opened.store, opened.lessons, Nobody(), lambda: rules)


async def note(opened: Opened, thread_id: ThreadId, by: Person, words: str) -> None:
    """Leave in the journal where it came from."""
    loaded = await opened.store.load(thread_id)
    version = loaded.checkpoint.version if loaded.checkpoint else 0
    await opened.store.note(
        thread_id, Note(version=version, at=loaded.now, by=by.id, what="from the command line", words=words)
    )
