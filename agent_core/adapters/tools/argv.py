"""A command's template: which program, and where the arguments go. There is no shell at any point.

An item of the template that is exactly ``{name}`` is a placeholder; any other text stays as it stands, braces included.
A value becomes one word of the command line (an array, several) and reaches the program byte for byte; what cannot,
such as a NUL or half a surrogate pair, is refused, never repaired. A value that begins with ``-`` would be read as an
option by most programs: it is refused unless the argument's own pattern spells out that it may begin so.
The program is fixed and found at start, and belongs to the tool's fingerprint with every file that the template names.
"""

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from agent_core.adapters.tools.output import ArgumentRefused, ToolMisconfigured
from agent_core.patterns import groups, is_text

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MOST_HASHED_BYTES = 5_000_000
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A program and the words after it."""

    program: Path
    items: tuple[str, ...]
    patterns: Mapping[str, str] = field(default_factory=dict)

    @property
    def placeholders(self) -> frozenset[str]:
        """The names of the arguments that the template takes."""
        return frozenset(name for name in map(placeholder, self.items) if name is not None)

    def render(self, args: Mapping[str, object]) -> list[str]:
        """Return the command line for these arguments, or raise ArgumentRefused."""
        line = [str(self.program)]
        for item in self.items:
            name = placeholder(item)
            line += [item] if name is None else self.words(name, args)
        return line

    def words(self, name: str, args: Mapping[str, object]) -> list[str]:
        """Return the words that one argument becomes."""
        if name not in args:
            raise ArgumentRefused(f"The argument “{name}” is missing. Nothing was started.")
        value = args[name]
        several = value if isinstance(value, list | tuple) else (value,)
        texts = [word(name, one) for one in several]
        for text in texts:
            if text.startswith("-") and not may_begin_so(self.patterns.get(name), text):
                raise ArgumentRefused(
                    f"The argument “{name}” begins with “-”, so the program would take it for an option. "
                    "Nothing was started. Choose another value, or let the tool's pattern allow it."
                )
        return texts

    def fingerprint_parts(self) -> dict[str, str | list[str]]:
        """Return what makes this the same command as before: the words, and the content of each file among them."""
        files = [self.program, *(Path(item) for item in self.items if item.startswith("/"))]
        return {
            "program": str(self.program),
            "items": list(self.items),
            "files": [content_of(file) for file in files],
        }


def read_template(argv: Sequence[str], *, config_dir: Path, patterns: Mapping[str, str]) -> Template:
    """Find the program of a configured command line, or raise ToolMisconfigured."""
    if not argv:
        raise ToolMisconfigured("argv is empty; its first item names the program.")
    if placeholder(argv[0]) is not None:
        raise ToolMisconfigured(f"argv begins with the placeholder {argv[0]}; the program has to be fixed.")
    if any("\0" in item or not is_text(item) for item in argv):
        raise ToolMisconfigured("argv has an item with a NUL or half a character, which no program can be given.")
    return Template(program=find_program(argv[0], config_dir), items=tuple(argv[1:]), patterns=patterns)


def find_program(name: str, config_dir: Path) -> Path:
    """Return the absolute path of a program: beside the configuration if it has a slash, else on a fixed path."""
    if "/" not in name:
        found = shutil.which(name, path=SEARCH_PATH)
        if found is None:
            raise ToolMisconfigured(
                f"The program {name} was not found in {SEARCH_PATH}. Install it there, or give its path in argv."
            )
        return Path(found)
    # Links are kept: programs such as busybox go by the name they are called by.
    path = Path(os.path.abspath(config_dir / name))  # noqa: PTH100 - Path.resolve would follow the link
    if not path.is_file():
        raise ToolMisconfigured(f"There is no program at {path}; a path in argv is relative to the configuration.")
    if not os.access(path, os.X_OK):
        raise ToolMisconfigured(f"The file {path} is not executable. Run: chmod +x '{path}'")
    return path


def placeholder(item: str) -> str | None:
    """Return the argument's name if the whole item is a placeholder."""
    match = PLACEHOLDER.fullmatch(item)
    return None if match is None else match[1]


def word(name: str, value: object) -> str:
    """Return one value as one word: a string as it is, a number or a boolean as JSON."""
    match value:
        case str():
            text = value
        case bool() | int() | float():
            text = json.dumps(value)
        case _:
            raise ArgumentRefused(
                f"The argument “{name}” is not text, a number, true or false, or a list of these, so it cannot stand "
                "on a command line. Nothing was started."
            )
    if "\0" in text or not is_text(text):
        raise ArgumentRefused(
            f"The argument “{name}” has a character that no program can be given. Nothing was started."
        )
    return text


def may_begin_so(pattern: str | None, text: str) -> bool:
    """Tell whether the pattern matches the value's leading dash itself, and not just something after it."""
    if pattern is None:
        return False
    matched = groups(rf"\A(?P<cs_dash>{pattern})", text)
    return bool(matched and matched.get("cs_dash"))


def content_of(file: Path) -> str:
    """Return a short name of a file's content: its hash, or just its size where reading it takes too long."""
    try:
        size_bytes = file.stat().st_size
        if not file.is_file():
            return "no file"
        if size_bytes >= MOST_HASHED_BYTES:
            return f"{size_bytes} bytes"
        return blake2b(file.read_bytes(), digest_size=16).hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror}"
