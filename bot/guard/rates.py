"""Token buckets: how fast one person, and one workspace, may go.

Pure but for its own memory; the time is an argument. The memory is bounded: whoever has been quiet longest is
forgotten, which gives them a full bucket, and that is what a quiet one has anyway.
"""

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many in one second for ever, and so many at once."""

    per_s: float
    burst: int


class Buckets:
    """One bucket for each key, all of one rate."""

    def __init__(self, rate: Rate, *, keys: int = 10_000) -> None:
        """Start with every bucket full."""
        self._rate = rate
        self._keys = keys
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now: float) -> bool:
        """Take one token; False, and nothing is taken, if there is none."""
        level, at = self._levels.pop(key, (float(self._rate.burst), now))
        # A clock that went back fills nothing and empties nothing.
        level = min(float(self._rate.burst), level + max(0.0, now - at) * self._rate.per_s)
        granted = level >= 1.0
        self._levels[key] = (level - 1.0 if granted else level, max(now, at))
        if len(self._levels) > self._keys:
            self._levels.popitem(last=False)
        return granted
