"""Bolt's parts that a listener is handed, as Protocols, so that a test can hand in its own. Imports nothing of ours."""

from typing import Protocol


class Ack(Protocol):
    """Answers Slack's request itself."""

    async def __call__(self, **kwargs: object) -> object:
        """Acknowledge; for a modal ``response_action`` and what goes with it."""
