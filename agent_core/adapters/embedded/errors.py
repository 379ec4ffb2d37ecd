"""Why there is no embedded server, said to the operator: what happened, what was left alone, what to do next."""

from pathlib import Path


class EmbeddedServerError(Exception):
    """No embedded server; `words` say why and what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class NoServerBinary(EmbeddedServerError):
    """Nothing on this machine can be the embedded server."""


class AlreadyRunning(EmbeddedServerError):
    """Another process holds this data."""

    def __init__(self, folder: Path, holder: str) -> None:
        super().__init__(
            f"Another Countersign (process {holder or 'unknown'}) is using the data in {folder}. "
            "Nothing was started and nothing was changed. "
            "Stop that one first, or set COUNTERSIGN_HOME to another directory."
        )


class ServerDidNotStart(EmbeddedServerError):
    """The server's process ended, or never answered."""

    def __init__(self, what: str, log_file: Path, last_words: str) -> None:
        super().__init__(
            f"The embedded {what} did not start. Its data was not changed by us. "
            f"Its last words, from {log_file}:\n{last_words or '(none)'}"
        )
