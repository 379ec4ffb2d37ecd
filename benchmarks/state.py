"""State of a wanted size: a configuration as people write them, or bytes by chance in its place, and a bot for it."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping

from benchmarks.wire import Json

STATE_BYTES = 10_000
SERVICES = ("checkout", "cart", "search", "billing", "mail", "login", "media", "stock")
REGIONS = ("eu-central-1", "us-east-1", "ap-south-1")
CHANCE_BYTES = 96

CONFIG = """
version: 1
agent: {model: "scripted:script.jsonl"}
tools:
  - {name: apply, kind: python, function: "benchmarks.effect:apply", args: {settings: {type: object}}}
policy:
  rules:
    - {tools: [apply], decision: ask, approvers: {users: APPROVERS}, timeout_s: 3600}
"""
Entry = Callable[[int], Json]


def typical(nth: int) -> Json:
    """Give one service's entry of a configuration: names, numbers, switches, as in any such file."""
    name = SERVICES[nth % len(SERVICES)]
    return {
        "name": f"{name}-{nth:02d}",
        "image": f"registry.example.com/{name}:1.{nth}.{nth * 7 % 23}",
        "replicas": 2 + nth % 5,
        "region": REGIONS[nth % len(REGIONS)],
        "limits": {"cpu": f"{250 + 50 * (nth % 4)}m", "memory": f"{256 + 64 * (nth % 6)}Mi"},
        "env": {"LOG_LEVEL": "info", "TIMEOUT_S": 5 + nth % 11, "FEATURE_NEW_FLOW": nth % 3 == 0},
        "health": {"path": f"/{name}/healthz", "every_s": 10, "fails": 3},
        "owners": [f"team-{name}", "platform"],
    }


def by_chance(nth: int) -> Json:
    """Give an entry that nothing can pack."""
    return {"name": f"{nth:02d}", "key": base64.b64encode(secrets.token_bytes(CHANCE_BYTES)).decode()}


def settings_of(entry: Entry, entries: int) -> Json:
    """Give the call's argument."""
    return {"settings": {f"service-{nth:02d}": entry(nth) for nth in range(entries)}}


def files(entry: Entry, entries: int) -> Mapping[str, str]:
    """Give the bot's configuration, and the one step that it proposes."""
    call = {"tool": "apply", "args": settings_of(entry, entries), "thought": "It was asked for.", "expect": "applied"}
    return {"countersign.yml": CONFIG, "script.jsonl": json.dumps(call) + "\n"}
