"""``make test`` and ``make slow``: the whole suite in two parts side by side, and coverage held to its floors.

Browser tests, the crash enumerator and what kills whole processes run without coverage, which would only slow them. The
pure modules must have every branch covered; what is not reached there is a type too wide.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence

PURE = (
    "agent_core/checkpoint.py", "agent_core/codec.py", "agent_core/decide/*", "agent_core/diagram.py",
    "agent_core/learning/*", "agent_core/patterns.py", "agent_core/people.py", "agent_core/phases.py",
    "agent_core/policy.py", "agent_core/proposal.py", "agent_core/records.py", "agent_core/rules/*",
    "agent_core/shapes.py", "agent_core/transition.py", "agent_core/values.py", "bot/blocks/*",
)  # fmt: skip
WITHOUT_COVERAGE = (
    "tests/playground/test_page.py",
    "tests/test_story.py",
    "tests/benchmarks",
    "tests/bot/demo",
    "tests/cluster",
    "tests/enumerator",
    "tests/faults",
)
FLOOR = "95"
SLOW_S = 7200  # a soak takes long; that is no hang


def run(*command: str) -> int:
    """Run one part with this very interpreter, and give its exit code."""
    return subprocess.run([sys.executable, "-m", *command], check=False).returncode


def measured(extra: Sequence[str]) -> int:
    """Run what is measured, then hold coverage to its floors."""
    left_out = [f"--ignore={path}" for path in WITHOUT_COVERAGE]
    return (
        run("coverage", "run", "-m", "pytest", "-q", *left_out, *extra)
        or run("coverage", "report", "--include=" + ",".join(PURE), "--fail-under=100", "--skip-covered")
        or run("coverage", "report", f"--fail-under={FLOOR}", "--skip-covered", "--sort=cover")
    )


def both(extra: Sequence[str]) -> int:
    """Run both parts beside each other, each on a core; what the second one says comes after the first one's."""
    with tempfile.TemporaryFile("w+") as said:
        command = [sys.executable, "-m", "pytest", "-q", *WITHOUT_COVERAGE, *extra]
        with subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT) as beside:
            failed = measured(extra)
            failed = beside.wait() or failed
        said.seek(0)
        shutil.copyfileobj(said, sys.stdout)
    return failed


def main() -> int:
    """Run the suite; a part that fails lets the other one end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slow", action="store_true", help="the long fault and soak tests as well")
    slow = ["--slow", "-o", f"faulthandler_timeout={SLOW_S}"] if parser.parse_args().slow else []
    return both(slow)


if __name__ == "__main__":
    sys.exit(main())
