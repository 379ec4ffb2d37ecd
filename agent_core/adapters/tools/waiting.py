"""How the wait for a call ends: by itself, by its time limit, or because somebody stopped it."""

import asyncio
from typing import Literal

Ending = Literal["finished", "timed_out", "stopped"]


async def first_of(work: asyncio.Future[object], *, limit_s: float, cancel: asyncio.Event | None) -> Ending:
    """Wait for the work, the limit, or the stop, and say which came first; leave the work as it is."""
    await asyncio.sleep(0)  # noqa: TID251 - no time, only a turn: what ends with its first needs nobody to watch it
    if work.done():
        return "finished"
    waited = {work}
    stop = None if cancel is None else asyncio.ensure_future(happened(cancel))
    if stop is not None:
        waited.add(stop)
    try:
        await asyncio.wait(waited, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if stop is not None:
            stop.cancel()
    if work.done():
        return "finished"
    return "timed_out" if cancel is None or not cancel.is_set() else "stopped"


async def happened(event: asyncio.Event) -> object:
    """Wait for an event."""
    return await event.wait()
