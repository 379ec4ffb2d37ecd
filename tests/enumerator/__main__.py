"""``python -m tests.enumerator``: explore every story to two faults; ``… <schedule>``: walk one, and tell of it."""

import argparse
import math
import sys
from collections.abc import Iterable

from tests.enumerator.crew import explore, silence
from tests.enumerator.explore import Plan, Told
from tests.enumerator.legs import Walker
from tests.enumerator.replay import replay
from tests.enumerator.scenarios import BY_NAME


def say(*lines: str) -> None:
    """Write lines for whoever waits for them."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def told(stories: Iterable[Told]) -> int:
    """Tell of each story as it comes, and of all of them at the end."""
    covered = broken = states = walked = unstruck = 0
    for one in stories:
        covered, states, walked = covered + one.schedules, states + one.states, walked + one.walked
        broken, unstruck = broken + len(one.broken), unstruck + one.unstruck
        say(one.line(), *(f"    {line}" for line in one.broken))
    say(f"{covered:,} schedules covered, {states:,} states, {walked:,} legs, {broken} broken, {unstruck:,} not struck")
    return int(broken > 0)


def tell(line: str) -> int:
    """Walk one schedule and tell how it went."""
    with Walker() as walker:
        story = replay(walker, line)
    say(*story.legs, f"ended: {story.end}", *(f"BROKEN: {law}" for law in story.broken))
    return int(bool(story.broken))


def main() -> int:
    """Do what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("schedule", nargs="*", help="a story and its faults: restart a23 l7")
    parser.add_argument("--story-s", type=float, default=math.inf, help="strike no more in a story after so long")
    parser.add_argument("--depth", type=int, default=2, help="how many faults a schedule has at most")
    parser.add_argument("--at-once", action="store_true", help="actor and critic answer at once")
    asked = parser.parse_args()
    silence()
    if asked.schedule:
        return tell(" ".join(asked.schedule))
    plan = Plan(depth=asked.depth, most_s=asked.story_s)
    return told(explore([[name] for name in BY_NAME], plan, immediate=asked.at_once))


if __name__ == "__main__":
    sys.exit(main())
