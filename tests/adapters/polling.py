"""Wait for a condition of the outside world, with a bound: what no event tells of has to be looked at."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

TICK_S = 0.01


async def until(holds: Callable[[], Awaitable[bool]], what: str, *, limit_s: float = 10.0) -> None:
    """Look again and again until it holds; fail with `what` if it never does."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + limit_s
    while not await holds():
        assert loop.time() < give_up_at, f"never seen: {what}"
        ticked = loop.create_future()
        loop.call_later(TICK_S, ticked.set_result, None)
        await ticked


async def gone(pid: int) -> None:
    """Wait until a process has ended; one that nobody has collected yet counts as ended."""

    async def ended() -> bool:
        return has_ended(pid)

    await until(ended, f"the end of process {pid}")


def has_ended(pid: int) -> bool:
    """Tell whether a process has ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"
