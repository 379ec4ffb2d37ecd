"""From measured times to the report: percentiles, the median of ratios, a table."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

ACK_GOAL = 1.5
CLICKS_GOAL = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one side did in one round: acknowledgements with nothing else going on, and whole clicks at full speed."""

    ack_p50_ms: float
    ack_p99_ms: float
    loaded_ack_p50_ms: float
    loaded_ack_p99_ms: float
    whole_p50_ms: float
    whole_p99_ms: float
    clicks_per_s: float
    calls_per_click: float
    processor_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Both sides, one after the other."""

    bot: Figures
    floor: Figures

    @property
    def ack_ratio(self) -> float:
        """How much longer the bot takes to acknowledge than the floor."""
        return self.bot.ack_p50_ms / self.floor.ack_p50_ms

    @property
    def clicks_ratio(self) -> float:
        """How many of the floor's clicks the bot does in the same time."""
        return self.bot.clicks_per_s / self.floor.clicks_per_s


def percentile(times: Sequence[float], share: float) -> float:
    """Give the value below which this share of the times lies."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def machine() -> dict[str, object]:
    """Say what it ran on, in words that name no host."""
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def summary(rounds: Sequence[Round]) -> dict[str, object]:
    """Give everything as plain values, the medians first."""
    return {
        "ack_ratio": round(median(one.ack_ratio for one in rounds), 3),
        "ack_goal": ACK_GOAL,
        "clicks_ratio": round(median(one.clicks_ratio for one in rounds), 3),
        "clicks_goal": CLICKS_GOAL,
        "rounds": [asdict(one) for one in rounds],
    }


def table(rounds: Sequence[Round]) -> str:
    """Write the medians over all rounds, and the two ratios."""
    lines = [f"{'median of ' + str(len(rounds)) + ' rounds':<34}{'bot':>10}{'floor':>10}"]
    for name, words in (
        ("ack_p50_ms", "ack alone, p50 (ms)"),
        ("ack_p99_ms", "ack alone, p99 (ms)"),
        ("loaded_ack_p50_ms", "ack at full speed, p50 (ms)"),
        ("loaded_ack_p99_ms", "ack at full speed, p99 (ms)"),
        ("whole_p50_ms", "whole click at full speed, p50 (ms)"),
        ("whole_p99_ms", "whole click at full speed, p99 (ms)"),
        ("clicks_per_s", "whole clicks a second"),
        ("calls_per_click", "Web API calls a click"),
        ("processor_ms", "processor time a whole click (ms)"),
    ):
        ours, floors = (
            median(getattr(side, name) for side in sides) for sides in zip(*map(sides_of, rounds), strict=True)
        )
        lines.append(f"{words:<36}{ours:>8.2f}{floors:>10.2f}")
    ack, clicks = median(one.ack_ratio for one in rounds), median(one.clicks_ratio for one in rounds)
    spread_ack = f"{min(one.ack_ratio for one in rounds):.2f} to {max(one.ack_ratio for one in rounds):.2f}"
    spread = f"{min(one.clicks_ratio for one in rounds):.0%} to {max(one.clicks_ratio for one in rounds):.0%}"
    lines += [
        "",
        f"ack alone:    {ack:.2f} times the floor's (goal: at most {ACK_GOAL}; rounds {spread_ack})",
        f"whole clicks: {clicks:.0%} of the floor's (goal: at least {CLICKS_GOAL:.0%}; rounds {spread})",
    ]
    return "\n".join(lines) + "\n"


def sides_of(one: Round) -> tuple[Figures, Figures]:
    """Give both sides of a round."""
    return one.bot, one.floor
