"""What several cards share: people's words, names, arguments, who decided, and the rows of buttons. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from agent_core.people import People
from agent_core.words import Args, PersonId
from bot.blocks.args import args_remarks, args_text, packed
from bot.blocks.cards.view import CardView, Room
from bot.blocks.kit import (
    Block,
    Button,
    Style,
    Sure,
    actions,
    bold,
    clip,
    group,
    header,
    italic,
    line,
    link,
    moment,
    overflow,
    person,
    preformatted,
    quote,
    words,
)
from bot.blocks.shown import cut, shown
from bot.wording import HEADINGS, LABELS

PERSON = r"<@([UW][A-Z0-9]{1,30})>"
MENTION = re.compile(
    rf"{PERSON}|<!subteam\^(S[A-Z0-9]{{1,30}})>|(https?://[^\s<>|]+/archives/[A-Z0-9]+/p[0-9]+[^\s<>|]*)"
)
OUR_SENTENCE = re.compile(r"(?:Aborted|Resumed|Paused|Being stopped) by <@[UW][A-Z0-9]{1,30}>\.")
# Where our own sentences name who taught something: at their beginning, or in brackets at their end.
AUTHOR = re.compile(r"\A(?:taught by )?<@([UW][A-Z0-9]{1,30})>|\(<@([UW][A-Z0-9]{1,30})>\)\Z")
TOOL_CHARS = 100


def said(text: str, most: int, *, lines: bool = False) -> list[Block]:
    """Show somebody's words as they are, cut with a mark that says how much is missing."""
    part, left = cut(text, most, lines=lines)
    elements = [words(part)] if part else []
    if left:
        elements.append(italic(f" … {left:,} more characters"))
    return elements or [italic("(nothing)")]


def ours(text: str, most: int, known: frozenset[PersonId] | None) -> list[Block]:
    """Show our own sentence: its people and groups named, its links to messages live.

    Where others may have had a hand in it, ``known`` says who may be named (None: anybody), and there are no links.
    """
    return naming(text, most, None if OUR_SENTENCE.fullmatch(text) else known)


def naming(text: str, most: int, known: frozenset[PersonId] | None) -> list[Block]:
    """Show a sentence with those named in it whom ``known`` lets be named, whoever may have written it."""
    part, left = cut(text, most)
    elements: list[Block] = []
    at = 0
    for found in MENTION.finditer(part):
        named = element_of(found, known)
        if named is not None:
            if found.start() > at:
                elements.append(words(part[at : found.start()]))
            elements.append(named)
            at = found.end()
    if at < len(part):
        elements.append(words(part[at:]))
    if left:
        elements.append(italic(f" … {left:,} more characters"))
    return elements or [italic("(nothing)")]


def element_of(found: re.Match[str], known: frozenset[PersonId] | None) -> Block | None:
    """Make what a sentence names, unless it may not name it."""
    who, usergroup, url = found.groups()
    if who:
        return person(PersonId(who)) if known is None or who in known else None
    if known is not None:
        return None
    return group(usergroup) if usergroup else link(url, url)


def credited(text: str, most: int) -> list[Block]:
    """Show what somebody taught, with its author named; other mentions in it are the author's own words."""
    author = AUTHOR.search(text)
    return ours(text, most, frozenset({PersonId(author[1] or author[2])} if author else ()))


def head(view: CardView) -> Block:
    """Make the card's heading: what state it is in, and which tool."""
    call = view.call
    name = shown(clip(call.tool, TOOL_CHARS)) if call else view.tool
    return header(HEADINGS[view.card.state].format(tool=name))


def labelled(label: str, *elements: Block) -> Block:
    """Make a paragraph that begins with a label of ours."""
    return line(bold(f"{label}: "), *elements)


def listed(items: Sequence[Block], room: Room) -> Iterator[Block]:
    """Give names with commas between, and how many more there are."""
    for index, item in enumerate(items[: room.names]):
        if index:
            yield words(", ")
        yield item
    if len(items) > room.names:
        yield words(f" and {len(items) - room.names} more")


def whom(people: People, room: Room) -> list[Block]:
    """Name a set of people."""
    items: list[Block] = [person(who) for who in sorted(people.users)]
    items += [group(usergroup) for usergroup in sorted(people.usergroups)]
    if people.channel_members:
        items.append(words("anyone in this channel"))
    return list(listed(items, room)) or [words("nobody")]


def names(people: Iterable[PersonId], room: Room) -> list[Block]:
    """Name some persons."""
    return list(listed([person(who) for who in people], room))


def decided_by(people: Iterable[PersonId], at: datetime | None, room: Room) -> list[Block]:
    """Say who, and when."""
    by = names(people, room)
    elements = [words(" by "), *by] if by else []
    return [*elements, words(" · "), moment(at)] if at else elements


def args_box(view: CardView, args: Args, room: Room, *, whole: bool) -> list[Block]:
    """Show the arguments: all of them, or their beginning and how much is missing."""
    text = args_text(args, view.veil)
    if whole:
        return [preformatted(text)]
    part = packed(text, room.args)[0]
    left = len(text) - len(part)
    return [preformatted(part), line(italic(f"… {left:,} more characters"))] if left else [preformatted(part)]


def warnings(view: CardView, args: Args, room: Room) -> Iterator[Block]:
    """Say which arguments have characters that pass for others or push text away."""
    found = list(args_remarks(args, view.veil))
    for name, remark in found[: room.items]:
        yield line(bold(f"⚠ {clip(name, TOOL_CHARS)}: "), words(clip(remark, 2 * room.prose)))
    if len(found) > room.items:
        yield line(italic(f"… {len(found) - room.items} more warnings"))


def agents_words(label: str, text: str, room: Room) -> list[Block]:
    """Show what the agent says, marked as its words and behind a bar, so that it can't pass for ours."""
    return [line(bold(f"{label}, in the agent's words:")), quote(*said(text, room.prose, lines=True))]


def button(view: CardView, action: str, value: str, *, style: Style | None = None, sure: Sure | None = None) -> Button:
    """Make a button that says what it does, to the ear as well."""
    label = LABELS[action]
    return Button(
        label=label,
        action=action,
        value=value,
        spoken=f"{label}: step {view.step}, {view.tool}",
        style=style,
        sure=sure,
    )


def row(value: str, buttons: Iterable[Button], menu: Sequence[str] = ()) -> list[Block]:
    """Make the row of buttons with its menu; nothing where there is nothing to press."""
    elements = [one.block for one in buttons]
    if menu:
        elements.append(overflow([(name, LABELS[name]) for name in menu]))
    return [actions(value, *elements)] if elements else []
