"""The world in which the stories play: tools that leave traces in a folder, and a runbook for each course."""

from pathlib import Path

CONFIG = """
version: 1
agent: {%(agent)s}
tools:
  - {name: note, argv: [./write, "{line}"], args: {line: {type: string, maxLength: 200, pattern: "^[a-z0-9-]*$"}}}
  - {name: pair, argv: [./write, "{line}"], args: {line: {type: string}}}
  - {name: own, argv: [./write, "{line}"], args: {line: {type: string}}}
  - {name: quick, argv: [./write, "{line}"], args: {line: {type: string}}}
  - {name: oncall, argv: [./write, "{line}"], args: {line: {type: string}}}
  - {name: anybody, argv: [./write, "{line}"], args: {line: {type: string}}}
  - {name: look, argv: [./look], risk: low}
  - {name: peek, argv: [./look, "{line}"], args: {line: {type: string}}, risk: low}
  - {name: fail, argv: [./fail], risk: low}
  - {name: talk, argv: [./talk], risk: low}
  - {name: slow, argv: [./slow, "{line}"], args: {line: {type: string}}}
  - {name: locked, argv: [./slow, "{line}"], args: {line: {type: string}}, lock: "the one"}
  - {name: find, argv: [./find, "{line}"], args: {line: {type: string}}, risk: low, effect: idempotent}
  - name: order
    argv: [./order, "{line}"]
    args: {line: {type: string}}
    effect: readback
    readback:
      {tool: find, args: {line: "{line}"}, happened: {stdout_contains: "yes"}, not_happened: {stdout_contains: "no"}}
  - {name: brief, argv: [./slow, "{line}"], args: {line: {type: string}}, timeout_s: 0.5}
  - {name: long, argv: [./size, "{text}"], args: {text: {type: string}}}
  - name: tune
    argv: [./write, "{service}", "{count}"]
    args:
      service: {type: string, pattern: "^[a-z]+$", description: Which service.}
      count: {type: integer, minimum: 1, maximum: 9}
      mode: {type: string, enum: [safe, bold]}
      dry: {type: boolean, default: false}
policy:
  rules:
    - {tools: [look, peek, fail, talk], decision: allow}
    - {tools: [note, slow, long, tune], decision: ask, approvers: {users: [U0APPROVER, U0LEAD]}, timeout_s: 600}
    - {tools: [find], decision: allow}
    - {tools: [locked, order, brief], decision: ask, approvers: {users: [U0APPROVER, U0LEAD]}, timeout_s: 600}
    - {tools: [pair], decision: ask, approvers: {users: [U0APPROVER, U0LEAD, U0TINA]}, quorum: 2, timeout_s: 600}
    - {tools: [own], decision: ask, approvers: {channel_members: true}, not_requester: false, timeout_s: 600}
    - {tools: [quick], decision: ask, approvers: {users: [U0APPROVER]}, timeout_s: 0.2}
    - {tools: [oncall], decision: ask, approvers: {usergroups: [S0ONCALL]}, timeout_s: 600}
    - {tools: [anybody], decision: ask, timeout_s: 600}
%(more)s
runbooks: [%(runbooks)s]
"""
WORD = "(?P<line>[a-z0-9-]+)"


def one_step(name: str) -> str:
    """Give a runbook whose words are the tool's name and its one argument."""
    return f"""
name: {name}
match: ["{name} {WORD}"]
purpose: A line is written.
steps:
  - {{tool: {name}, args: {{line: "{{line}}"}}, why: It is needed., expect: a line}}
"""


ONE_STEP = ("pair", "own", "quick", "oncall", "anybody", "slow", "locked", "order", "brief")
RUNBOOKS = {name: one_step(name) for name in ONE_STEP} | {
    "note": f"""
name: note
match: ["^note {WORD}"]
purpose: A line is written.
steps:
  - {{tool: note, args: {{line: "{{line}}"}}, why: It is needed., expect: a line}}
  - {{tool: look, why: See that it is there.}}
""",
    "both": """
name: both
match: ["both (?P<a>[a-z0-9-]+) and (?P<b>[a-z0-9-]+)"]
purpose: Two lines are written.
steps:
  - {tool: note, args: {line: "{a}"}, why: The first., expect: a line}
  - {tool: note, args: {line: "{b}"}, why: The second., expect: a line}
""",
    "tune": """
name: tune
match: ["tune (?P<service>[a-z]+)"]
purpose: The service is tuned.
steps:
  - {tool: tune, args: {service: "{service}", count: 3, mode: safe}, why: It is out of tune.}
""",
    "long": f"""
name: long
match: ["long text"]
purpose: A long text is taken.
steps:
  - {{tool: long, args: {{text: "{"all work and no play " * 1000}"}}, why: It is long.}}
""",
    "checked": f"""
name: checked
match: ["checked {WORD}"]
purpose: A line is written where there is none.
steps:
  - {{id: peek, tool: peek, args: {{line: "{{line}}"}}, why: See whether it is there.}}
  - {{tool: note, args: {{line: "{{line}}"}}, why: It is not there., when: {{step: peek, check: {{exit_code: 0}}}}}}
""",
    "asks": """
name: asks
match: ["please write"]
purpose: A line is written.
steps:
  - {tool: note, args: {line: "{line}"}, ask: {line: "Which line?"}, why: Somebody wants it.}
""",
    "talks": """
name: talks
match: ["talk much"]
purpose: Much is said.
steps:
  - {tool: talk, why: To hear it.}
""",
    "fails": """
name: fails
match: ["fail now"]
purpose: It fails.
steps:
  - {tool: fail, why: To see it fail.}
""",
}
TOOLS = {
    "write": '#!/bin/sh\necho "$1" >> "$(dirname "$0")/written"\necho wrote "$1"\n',
    "look": '#!/bin/sh\ncat "$(dirname "$0")/written" 2>/dev/null || echo nothing\n',
    "fail": "#!/bin/sh\necho no >&2\nexit 3\n",
    "talk": "#!/bin/sh\nseq 1 4000\n",
    "size": '#!/bin/sh\nprintf %s "$1" | wc -c\n',
    "find": '#!/bin/sh\ngrep -qx "ordered $1" "$(dirname "$0")/written" && echo yes || echo no\n',
    # Orders at once where its word begins with "now", else when a file of its word's name is there; then it goes on.
    "order": '#!/bin/sh\ncd "$(dirname "$0")"\necho "began $1" >> written\n'
    'case "$1" in now*) echo "ordered $1" >> written;; esac\n'
    'while [ ! -e "go-$1" ]; do sleep 0.05; done\n'
    'case "$1" in now*) ;; *) echo "ordered $1" >> written;; esac\n',
    # Says in "written" that it began; goes on when a file of its word's name is there.
    "slow": '#!/bin/sh\ncd "$(dirname "$0")"\necho "began $1" >> written\n'
    'while [ ! -e "go-$1" ]; do sleep 0.05; done\necho "ended $1" >> written\n',
}


def furnished(folder: Path, *, agent: str = "", more: str = "", script: str = "") -> Path:
    """Write the configuration, its runbooks or its script, and the tools; give the configuration's path."""
    (folder / "runbooks").mkdir(exist_ok=True)
    for name, text in RUNBOOKS.items():
        (folder / "runbooks" / f"{name}.yml").write_text(text)
    for name, text in TOOLS.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    model = 'model: "scripted:script.jsonl"' if script else "model: runbook"
    (folder / "script.jsonl").write_text(f"{script}\n")
    path = folder / "countersign.yml"
    values = {"agent": f"{model}, {agent}", "more": more, "runbooks": "" if script else "runbooks/*.yml"}
    path.write_text(CONFIG % values)
    return path
