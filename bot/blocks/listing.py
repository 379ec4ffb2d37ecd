"""A list of tasks for one person: what each is about, how it stands, its ID and its link. Pure.

The fallback text has IDs and links only, because people's words would be read as markup there.
"""

from collections.abc import Mapping, Sequence

from agent_core.ports import TaskLine
from agent_core.words import ThreadId
from bot.blocks.cards.parts import said
from bot.blocks.kit import Block, Rendered, bullets, code, line, link, rich, words

PURPOSE_CHARS = 150


def listing(lines: Sequence[TaskLine], links: Mapping[ThreadId, str]) -> Rendered:
    """List tasks; ``links`` gives the address of each, where it is known."""
    text = "\n".join(f"{one.thread_id} {links.get(one.thread_id, '')}".strip() for one in lines)
    return Rendered(text=text, blocks=(rich(bullets(*(item(one, links.get(one.thread_id)) for one in lines))),))


def item(one: TaskLine, url: str | None) -> Block:
    """Say one task in a line."""
    where = [words(" · "), link(url, "Open")] if url else []
    phi = "not scored yet" if one.phi is None else f"Φ {one.phi:.1f}"
    state = f" · {one.phase.replace('_', ' ')} · {phi} · "
    return line(*said(one.purpose, PURPOSE_CHARS), words(state), code(one.thread_id), *where)
