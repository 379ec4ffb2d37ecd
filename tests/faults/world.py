"""The world in which processes die: a tool of each class, whose effect is a synced line in a ledger of its own.

The ledger is the truth: it is outside the bot, is written with O_APPEND and synced, and nothing of it is taken back. A
call takes a moment before and after its effect, so that a kill often meets it in the middle.
"""

from collections import Counter
from pathlib import Path

CONFIG = """
version: 1
agent: {model: runbook}
tools:
  - {name: mark, argv: [./mark, "{line}"], args: {line: {type: string, pattern: "^[a-z0-9-]+$"}}}
  - {name: keep, argv: [./keep, "{line}"], args: {line: {type: string}}, effect: idempotent}
  - {name: find, argv: [./find, "{line}"], args: {line: {type: string}}, risk: low, effect: idempotent}
  - name: order
    argv: [./order, "{line}"]
    args: {line: {type: string}}
    effect: readback
    readback:
      {tool: find, args: {line: "{line}"}, happened: {stdout_contains: "yes"}, not_happened: {stdout_contains: "no"}}
policy:
  rules:
    - {tools: [find], decision: allow}
    - {tools: [mark, keep, order], decision: ask, approvers: {users: [U0APPROVER]}, timeout_s: 3600}
limits: {waiting_per_requester: 10000}
runbooks: [runbooks/*.yml]
"""
RUNBOOK = """
name: {name}
match: ["^{name} (?P<line>[a-z0-9-]+)$"]
purpose: A line is written once.
steps:
  - {{tool: {name}, args: {{line: "{{line}}"}}, why: It is needed., expect: a line}}
"""
KINDS = ("mark", "keep", "order")
BEGIN = '#!/bin/sh\ncd "$(dirname "$0")"\n'
SYNCED = "dd of=ledger oflag=append conv=notrunc,fsync status=none"
SLOWLY = f"sleep 0.1\nprintf '%s %s\\n' {{name}} \"$1\" | {SYNCED}\nsleep 0.1\n"
TOOLS = {
    "mark": BEGIN + SLOWLY.format(name="mark"),
    "order": BEGIN + SLOWLY.format(name="order"),
    # The far side remembers keys: under one that it knows it does nothing.
    "keep": BEGIN + "sleep 0.1\nexec 9> lock\nflock 9\n"
    'line="keep $1 $COUNTERSIGN_IDEMPOTENCY_KEY"\n'
    f'grep -qsxF "$line" ledger || printf \'%s\\n\' "$line" | {SYNCED}\nsleep 0.1\n',
    "find": BEGIN + 'grep -qsx "order $1" ledger && echo yes || echo no\n',
}


def furnish(folder: Path) -> Path:
    """Write the configuration, its runbooks and the tools; give the configuration's path."""
    (folder / "runbooks").mkdir(exist_ok=True)
    for name in KINDS:
        (folder / "runbooks" / f"{name}.yml").write_text(RUNBOOK.format(name=name))
    for name, text in TOOLS.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    path = folder / "countersign.yml"
    path.write_text(CONFIG)
    return path


def effects(folder: Path) -> Counter[str]:
    """Count what the tools really did, by the line that each task asked for."""
    ledger = folder / "ledger"
    return Counter(entry.split()[1] for entry in ledger.read_text().splitlines()) if ledger.exists() else Counter()
