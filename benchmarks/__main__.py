"""All benchmarks, each against a floor in the same run: ``python -m benchmarks [part ...] [--quick]``.

Without names every part runs, and docs/performance.md is written. What a part has found is kept as JSON, so that one
part can be measured anew and the page be made of all.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import structlog

from agent_core.adapters.system_clock import SystemClock
from benchmarks import compared, memory, pressing, recovery, soak, starting, steps, timers, workers
from benchmarks.host import described, load
from benchmarks.parts import Measure, say
from benchmarks.report import PART, Part, page, section
from benchmarks.stage import fresh_stage

log = structlog.get_logger(__name__)

MEASURES: tuple[Measure, ...] = (
    pressing.MEASURE,
    steps.MEASURE,
    memory.MEASURE,
    recovery.MEASURE,
    timers.MEASURE,
    workers.MEASURE,
    starting.MEASURE,
    compared.MEASURE,
    soak.MEASURE,
)
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
KEPT = Path(tempfile.gettempdir()) / "countersign-benchmarks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is to be measured, and where it goes."""

    names: tuple[str, ...]
    quick: bool
    kept: Path
    page: Path | None


def options(words: Sequence[str]) -> Options:
    """Read the command line."""
    known = [measure.name for measure in MEASURES]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=(__doc__ or "").partition("\n")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="parts:\n" + "\n".join(f"  {measure.name:<12}{measure.title}" for measure in MEASURES),
    )
    parser.add_argument("part", nargs="*", help="measure only these; all of them by default")
    parser.add_argument("--quick", action="store_true", help="at reduced size: shows that it runs, in seconds")
    parser.add_argument("--keep", type=Path, default=KEPT, help="where each part's figures are kept as JSON")
    parser.add_argument("--page", type=Path, help=f"write the page there (default: {PAGE.name}, unless --quick)")
    read = parser.parse_args(words)
    unknown = [name for name in read.part if name not in known]
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(known)}")
    written = read.page or (None if read.quick else PAGE)
    return Options(names=tuple(read.part) or tuple(known), quick=read.quick, kept=read.keep, page=written)


async def store_words() -> str:
    """Say which Redis the parts have."""
    async with fresh_stage() as s:
        return s.server_words


async def measured(measure: Measure, host: dict[str, str], *, quick: bool) -> Part:
    """Run one part."""
    busy, began = load(), perf_counter()
    at = SystemClock().now()
    say(f"{measure.name}: {measure.title}")
    found = await measure.run(quick)
    return Part(
        name=measure.name,
        title=measure.title,
        how=measure.how,
        command=f"python -m benchmarks {measure.name}{' --quick' if quick else ''}",
        began=f"{at:%Y-%m-%d %H:%M} UTC",
        took_s=perf_counter() - began,
        load=busy,
        reduced=quick,
        host=host,
        found=found,
    )


def kept_parts(folder: Path) -> list[Part]:
    """Read what was found, in the order of the page."""
    files = [folder / f"{measure.name}.json" for measure in MEASURES]
    return [PART.validate_json(file.read_bytes()) for file in files if file.exists()]


async def main(chosen: Options) -> list[str]:
    """Measure, keep, write; name the parts that failed."""
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
    )
    folder = chosen.kept / "quick" if chosen.quick else chosen.kept
    folder.mkdir(parents=True, exist_ok=True)
    host = described(await store_words())
    failed = [
        measure.name
        for measure in MEASURES
        if measure.name in chosen.names and not await has_run(measure, host, folder, quick=chosen.quick)
    ]
    if chosen.page is not None:
        chosen.page.write_text(page(kept_parts(folder)))
        say(f"written: {chosen.page}")
    return failed


async def has_run(measure: Measure, host: dict[str, str], folder: Path, *, quick: bool) -> bool:
    """Run one part and keep what it found; one that fails must not cost what the others find."""
    try:
        part = await measured(measure, host, quick=quick)
    except Exception:
        log.exception("a part failed", part=measure.name)
        return False
    (folder / f"{part.name}.json").write_bytes(PART.dump_json(part, indent=1))
    say(f"\n{section(part)}\n")
    return True


if __name__ == "__main__":
    if failures := asyncio.run(main(options(sys.argv[1:]))):
        sys.exit(f"failed: {', '.join(failures)}")
