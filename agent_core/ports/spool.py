"""What calls that still run have printed so far, kept outside of the process that makes them. No code."""

from typing import Protocol


class Spool(Protocol):
    """Keeps the newest of what a call printed, for whoever finds it without a result. Forgets it after a week."""

    async def keep(self, key: str, text: str) -> None:
        """Keep this in the place of what was kept for the call of this idempotency key."""

    async def newest(self, key: str) -> str:
        """Give what is kept for a call, or nothing."""
