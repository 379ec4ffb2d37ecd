"""What several of the commands and pages say of threads, and what they hide."""

from agent_core.ports.archive import Tombstone
from agent_core.rules.digests import keyed
from agent_core.words import Digest
from bot.blocks.args import Veil
from bot.config import Config, secret_args
from bot.threads.rows import stamp


def told_stone(stone: Tombstone) -> str:
    """Say what remains of a thread that was purged."""
    return (
        f"{stone.thread_id} was purged on {stamp(stone.purged_at)}. It had ended as {stone.how} on"
        f" {stamp(stone.finished_at)}, version {stone.version}, {stone.length} lines, last head {stone.head}."
    )


def veils_in(config: Config, key: bytes) -> dict[str, Veil]:
    """Say which arguments of each tool are secret."""

    def mark(text: str) -> str:
        return Digest(keyed(key, "secret", text))[:8]

    return {tool.name: Veil(secret_args(tool), mark) for tool in config.document.tools}
