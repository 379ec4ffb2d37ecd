"""From the path of ``countersign.yml`` to one frozen Config, or to every problem at once.

Files are read here and nowhere else: the main file, and the runbooks that it names. What one file gets wrong does not
hide what another does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.config.checks import document_problems
from bot.config.document import Document
from bot.config.errors import ConfigError, Problem
from bot.config.reading import Source, Spot, read
from bot.config.runbook_checks import runbook_problems
from bot.config.runbooks import Runbook
from bot.config.validation import validated

SCRIPTED = "scripted:"
WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What was configured, checked. ``script`` is the resolved file of ``agent.model: scripted:<file>``."""

    path: Path
    document: Document
    runbooks: tuple[Runbook, ...] = ()
    script: Path | None = None


def load(path: Path) -> Config:
    """Read and check the configuration and its runbooks, or raise ConfigError with every problem."""
    base = path.absolute().parent
    source = read(path)
    problems: list[Problem] = []
    document: Document | None = None
    try:
        document = validated(Document, source, base)
        problems += document_problems(document, source)
    except ConfigError as error:
        problems += error.problems
    patterns = Document().runbooks if document is None else document.runbooks
    books = list(_runbooks(patterns, base, Spot(source, ("runbooks",)), problems))
    if document is None:
        raise ConfigError(*problems)
    problems += _between(document, books)
    script = script_of(document.agent.model, base)
    if script is not None and not script.is_file():
        problems.append(source.problem(("agent", "model"), f"expected a file that exists; {script} does not"))
    if problems:
        raise ConfigError(*problems)
    return Config(path=path, document=document, runbooks=tuple(book for _, book in books), script=script)


def script_of(model: str, base: Path) -> Path | None:
    """Give the file of a scripted model, relative to the file that names it."""
    name = model.removeprefix(SCRIPTED).strip()
    return Path(base, Path(name).expanduser()).resolve() if name and model.startswith(SCRIPTED) else None


def _runbooks(
    patterns: tuple[str, ...], base: Path, spot: Spot, problems: list[Problem]
) -> Iterator[tuple[Source, Runbook]]:
    """Read every runbook that can be read; what is wrong with the others goes to the problems."""
    seen: set[Path] = set()
    for index, pattern in enumerate(patterns):
        files = sorted(_files(pattern, base))
        if not files and not WILD & set(pattern):
            problems.append(spot.inside(index).expected(f"a file that exists; {pattern} does not"))
        for file in files:
            if file in seen:
                continue
            seen.add(file)
            try:
                source = read(file)
                yield source, validated(Runbook, source, file.parent)
            except ConfigError as error:
                problems += error.problems


def _files(pattern: str, base: Path) -> Iterator[Path]:
    """Find the files that a glob covers."""
    whole = Path(base, Path(pattern).expanduser())
    return (file for file in Path(whole.anchor).glob(str(whole.relative_to(whole.anchor))) if file.is_file())


def _between(document: Document, books: list[tuple[Source, Runbook]]) -> Iterator[Problem]:
    """Check runbooks against the tools, and their names against each other."""
    tools = {tool.name: tool for tool in document.tools}
    first: dict[str, str] = {}
    for source, runbook in books:
        yield from runbook_problems(runbook, tools, source)
        if runbook.name in first:
            yield source.problem(("name",), f"expected another name; “{runbook.name}” is that of {first[runbook.name]}")
        first.setdefault(runbook.name, source.file)
