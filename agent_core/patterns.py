"""Regular expressions and globs over text that others wrote, always in linear time. Pure.

Python's own ``re`` backtracks, so that a short text can hold a process for hours, and its ``$`` lets a trailing newline
through. Everything of ours that matches configured patterns comes here instead: RE2 does neither. The rule kept here:
what cannot be judged (a broken pattern, text that is no Unicode) is None, never yes and never no.
"""

import fnmatch
from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol, cast

import re2  # type: ignore[import-untyped]  # google-re2 ships no types; the Protocols below say what we use of it


class _Match(Protocol):
    def groupdict(self) -> dict[str, str | None]: ...


class _Compiled(Protocol):
    groupindex: Mapping[str, int]

    def search(self, text: str) -> _Match | None: ...


@lru_cache(maxsize=1024)
def _compiled(pattern: str, *, ignore_case: bool = False) -> _Compiled | str:
    """Compile a pattern, or say what is wrong with it."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    try:
        return cast("_Compiled", re2.compile(pattern, options))
    except UnicodeEncodeError:
        return "it holds a lone surrogate"
    except re2.error as error:
        return bytes(error.args[0]).decode(errors="replace")


def is_text(text: str) -> bool:
    """Tell whether a string is Unicode text: a lone surrogate has no bytes to be shown, signed or run."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def flaw(pattern: str) -> str | None:
    """Say why a pattern cannot be used, or None if it can."""
    compiled = _compiled(pattern)
    return compiled if isinstance(compiled, str) else None


def names(pattern: str) -> frozenset[str]:
    """Give the named groups of a pattern; a broken pattern has none."""
    compiled = _compiled(pattern)
    return frozenset() if isinstance(compiled, str) else frozenset(compiled.groupindex)


def found(pattern: str, text: str) -> bool | None:
    """Tell whether a pattern occurs anywhere in a text, or None if that cannot be judged."""
    compiled = _compiled(pattern)
    if isinstance(compiled, str) or not is_text(text):
        return None
    return compiled.search(text) is not None


def groups(pattern: str, text: str, *, ignore_case: bool = False) -> dict[str, str] | None:
    """Give the named groups that a pattern filled from a text, or None if it does not occur or cannot be judged."""
    compiled = _compiled(pattern, ignore_case=ignore_case)
    if isinstance(compiled, str) or not is_text(text):
        return None
    match = compiled.search(text)
    return None if match is None else {name: value for name, value in match.groupdict().items() if value is not None}


def globbed(pattern: str, text: str) -> bool:
    """Tell whether a glob (``*``, ``?``, ``[…]``; case counts) covers the whole text."""
    return fnmatch.fnmatchcase(text, pattern)
