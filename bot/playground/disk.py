"""The workspace on disk: one sqlite file of (kind, key) -> JSON, written behind the event loop's back.

Changes are collected and written together at the end of the loop's turn, so a burst costs one transaction and a
Web API call costs almost nothing. A killed process loses at most the turn it died in. With no home nothing is kept.
"""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bot.playground.words import Json


class Disk:
    """Keeps JSON objects by kind and key."""

    def __init__(self, home: Path | None) -> None:
        self._dirty: dict[tuple[str, str], Json | None] = {}
        self._due = False
        self._base: sqlite3.Connection | None = None
        if home is not None:
            home.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(home / "workspace.sqlite3", isolation_level=None)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            self._base.execute(
                "CREATE TABLE IF NOT EXISTS kept (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key))"
            )

    def put(self, kind: str, key: str, value: Json | None) -> None:
        """Keep this value, or with None forget the key."""
        if self._base is None:
            return
        self._dirty[kind, key] = value
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Write what has changed since the last time."""
        self._due = False
        if self._base is None or not self._dirty:
            return
        dirty, self._dirty = self._dirty, {}
        self._base.execute("BEGIN")
        for (kind, key), value in dirty.items():
            if value is None:
                self._base.execute("DELETE FROM kept WHERE kind = ? AND key = ?", (kind, key))
            else:
                self._base.execute(
                    "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                    (kind, key, json.dumps(value)),
                )
        self._base.execute("COMMIT")

    def all(self, kind: str) -> Iterator[tuple[str, Json]]:
        """Give what is kept of one kind, in the order of its keys."""
        if self._base is not None:
            rows = self._base.execute("SELECT key, value FROM kept WHERE kind = ? ORDER BY key", (kind,))
            for key, value in rows:
                yield key, json.loads(value)

    def close(self) -> None:
        """Write the rest and let go of the file."""
        self.flush()
        if self._base is not None:
            self._base.close()
            self._base = None
