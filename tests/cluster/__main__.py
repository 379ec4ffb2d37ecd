"""``make cluster``: Redis, two serve and two work on this machine; the story while one at a time is killed with -9."""

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cluster.kit import deployed
from tests.cluster.rounds import Rounds

ROLES = ("work", "serve")
CALLS = (1, 4, 8, 13, 19, 26, 34, 43)  # of Slack's Web API after which a process is killed: early, in the middle, late


async def story(rounds: int) -> int:
    """Play so many rounds, say what came of each, and give 0 if nothing was lost or doubled."""
    with TemporaryDirectory(prefix="cs-cluster-") as folder:
        async with deployed(Path(folder)) as cluster:
            played = Rounds(cluster)
            for nth in range(rounds):
                await played.play(ROLES[nth % len(ROLES)], CALLS[nth // len(ROLES) % len(CALLS)])
                sys.stdout.write(f"round {nth + 1}: killed {played.count.killed[-1]}, all went on\n")
                sys.stdout.flush()
            count = played.judge()
            violations = cluster.slack.violations
    sys.stdout.writelines(f"Slack complains: {violation}\n" for violation in violations)
    sys.stdout.write(f"{count.sentence}\n")
    return 1 if count.lost or count.doubled or violations else 0


def main() -> int:
    """Read the command line and play."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=16)
    return asyncio.run(story(parser.parse_args().rounds))


if __name__ == "__main__":
    sys.exit(main())
