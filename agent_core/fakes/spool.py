"""The Spool port in memory."""

from agent_core.fakes.clock import turns


class MemorySpool:
    """Keeps what calls have printed so far."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def keep(self, key: str, text: str) -> None:
        """Keep this in the place of what was kept for the call of this idempotency key."""
        await turns()
        self.kept[key] = text

    async def newest(self, key: str) -> str:
        """Give what is kept for a call, or nothing."""
        await turns()
        return self.kept.get(key, "")
