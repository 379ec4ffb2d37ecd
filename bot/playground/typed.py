"""What a person types, as Slack passes it on: escaped, with mentions, channels and links marked up.

Typed `<@U0RITA>` and `<#C0OPS>` stand for what the client's own completion inserts; `@rita` and `#ops` are completed.
"""

import html
import re
from collections.abc import Iterator

from bot.playground.words import Json
from bot.playground.workspace import Workspace

TOKEN = re.compile(
    r"<@(?P<user>[UW][A-Z0-9]+)(?:\|[^>]*)?>|<#(?P<channel>[CGD][A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<!subteam\^(?P<group>S[A-Z0-9]+)(?:\|[^>]*)?>"
    r"|(?<![\w@])@(?P<name>[A-Za-z][\w.-]*)|(?<![\w#&])#(?P<room>[a-z][\w-]*)|(?P<link>https?://[^\s<>|]+)"
)


def runs(workspace: Workspace, text: str) -> Iterator[Json]:
    """Cut typed text into the runs of a rich_text_section."""
    position = 0
    for match in TOKEN.finditer(text):
        run = _run(workspace, match)
        if run is None:
            continue
        if match.start() > position:
            yield {"type": "text", "text": text[position : match.start()]}
        yield run
        position = match.end()
    if position < len(text):
        yield {"type": "text", "text": text[position:]}


def _run(workspace: Workspace, match: re.Match[str]) -> Json | None:
    found = match.groupdict()
    if found["link"]:
        return {"type": "link", "url": found["link"]}
    if found["group"]:
        return {"type": "usergroup", "usergroup_id": found["group"]}
    user = found["user"] or _named(workspace, found["name"])
    if user in workspace.people:
        return {"type": "user", "user_id": user}
    room = found["channel"] or next(
        (one.id for one in workspace.channels.values() if found["room"] and one.name == found["room"]), ""
    )
    return {"type": "channel", "channel_id": room} if room in workspace.channels else None


def _named(workspace: Workspace, name: str | None) -> str:
    person = workspace.named(name) if name else None
    return person.id if person else ""


def escaped(workspace: Workspace, text: str, *, named: bool) -> str:
    """Give typed text as messages have it, or with names in the marks as commands have it."""
    return "".join(_written(workspace, run, named=named) for run in runs(workspace, text))


def _written(workspace: Workspace, run: Json, *, named: bool) -> str:
    match run["type"]:
        case "user":
            name = workspace.people[run["user_id"]].name
            return f"<@{run['user_id']}|{name}>" if named else f"<@{run['user_id']}>"
        case "channel":
            return f"<#{run['channel_id']}|{workspace.channels[run['channel_id']].name}>"
        case "usergroup":
            return f"<!subteam^{run['usergroup_id']}>"
        case "link":
            return f"<{html.escape(run['url'], quote=False)}>"
        case _:
            return html.escape(run["text"], quote=False)


def rich(workspace: Workspace, text: str, block_id: str) -> list[Json]:
    """Give typed text as the rich_text block that the client sends."""
    section = {"type": "rich_text_section", "elements": list(runs(workspace, text))}
    return [{"type": "rich_text", "block_id": block_id, "elements": [section]}]
