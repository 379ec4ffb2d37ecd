"""``/agent``: a subcommand if the whole text fits its form, else a task."""

from agent_core.words import ChannelId
from bot.desk import Desk
from bot.listeners.subcommands import Answer, Asked, subcommand
from bot.payloads import SlashCommand
from bot.payloads.escapes import unescaped
from bot.wording import HELP


async def run(desk: Desk, command: SlashCommand) -> Answer:
    """Do what was typed, and give the words for the person; nothing where the thread itself answers."""
    text, channel = unescaped(command.text).strip(), ChannelId(command.channel_id)
    if not text:
        return "\n".join(HELP)
    answer = await subcommand(desk, Asked(payload=command, channel=channel), text)
    if answer is not None:
        return answer
    await desk.open(command, channel, text, command.trigger_id)
    return ""
