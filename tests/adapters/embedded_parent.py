"""A bot in small, to be killed by a test: starts the embedded server, prints its pid, writes until it dies.

Run as: python -m tests.adapters.embedded_parent HOME [watched]. Each printed number was acknowledged by the server.
"""

import asyncio
import sys
from pathlib import Path

from redis.asyncio import from_url

from agent_core.adapters.embedded_server import start


async def main() -> None:
    """Start, say which process it is, and write numbers for ever."""
    # Too old a PATH for any system server: the tests are of one binary, the one that comes with us.
    server = await start(Path(sys.argv[1]), search_path="/nowhere", watched="watched" in sys.argv[2:])
    print("server", server.pid, flush=True)  # noqa: T201 - how the test gets to know it
    client = from_url(server.secret_url)
    number = 0
    while True:
        number += 1
        await client.rpush("numbers", number)
        print(number, flush=True)  # noqa: T201 - only now it counts as acknowledged


if __name__ == "__main__":
    asyncio.run(main())
