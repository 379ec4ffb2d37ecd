"""The guard: what must be true of a request before anything else sees it.

``Guard.serve`` is the door for HTTP, ``runner`` gives the server that it needs, ``to_bolt`` hands a request on.
"""

from bot.guard.admission import Guard, Hooks, Limits
from bot.guard.handover import Admitted, to_bolt
from bot.guard.origin import Installation, is_ours
from bot.guard.rates import Buckets, Rate
from bot.guard.reading import runner
from bot.guard.turned import Refusal

__all__ = [
    "Admitted",
    "Buckets",
    "Guard",
    "Hooks",
    "Installation",
    "Limits",
    "Rate",
    "Refusal",
    "is_ours",
    "runner",
    "to_bolt",
]
