"""``python -m tests.enumerator``: explore every scenario; ``… <schedule>``: walk one and tell how it went."""

import sys

import structlog

from tests.enumerator.explore import WHOLE, Explorer
from tests.enumerator.legs import Walker
from tests.enumerator.replay import replay
from tests.enumerator.scenarios import SCENARIOS


def say(*lines: str) -> None:
    """Write lines for whoever waits for them."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def explore() -> int:
    """Explore all that there is to two faults, and tell of each scenario."""
    explorer = Explorer(Walker(), depth=2, then_one_in=WHOLE)
    covered = broken = states = 0
    for scenario in SCENARIOS:
        told = explorer.explore(scenario)
        covered, states, broken = covered + told.schedules, states + told.states, broken + len(told.broken)
        say(told.line(), *(f"    {one}" for one in told.broken))
    say(f"{covered:,} schedules covered, {states:,} states run in {explorer.walker.walked:,} legs, {broken} broken")
    return int(broken > 0)


def tell(line: str) -> int:
    """Walk one schedule and tell how it went."""
    story = replay(Walker(), line)
    say(*story.legs, f"ended: {story.end}", *(f"BROKEN: {law}" for law in story.broken))
    return int(bool(story.broken))


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    sys.exit(tell(" ".join(sys.argv[1:])) if sys.argv[1:] else explore())
