"""A tool that is a command: an argv template, a bare environment, a private folder, limits on everything.

The environment is built from nothing: a fixed PATH and language, a HOME and TMPDIR that vanish with the call, what the
configuration names, and the idempotency key. Nothing of the bot's own environment gets through. Output is decoded
with U+FFFD in place of what is not UTF-8 and masked before anybody sees it, live lines included.
"""

import asyncio
import codecs
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from agent_core.adapters.tools.argv import SEARCH_PATH, Template, read_template
from agent_core.adapters.tools.masking import Masker
from agent_core.adapters.tools.output import (
    DEFAULT_TIMEOUT_S,
    OUTPUT_CAP_BYTES,
    OnOutput,
    ToolOutput,
    ToolStopped,
    ToolTimedOut,
)
from agent_core.adapters.tools.process import LIMITS, Ended, Launch, run_process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEY_VARIABLE = "COUNTERSIGN_IDEMPOTENCY_KEY"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandTool:
    """One configured command. Built at start, where a missing program is found out."""

    name: str
    argv: tuple[str, ...]
    config_dir: Path
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    patterns: Mapping[str, str] = field(default_factory=dict)
    secret_args: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    timeout_s: float = DEFAULT_TIMEOUT_S
    output_cap_bytes: int = OUTPUT_CAP_BYTES
    limits: Mapping[str, int] = field(default_factory=lambda: LIMITS)
    template: Template = field(init=False)

    def __post_init__(self) -> None:
        """Find the program, or raise ToolMisconfigured."""
        template = read_template(self.argv, config_dir=self.config_dir, patterns=self.patterns)
        object.__setattr__(self, "template", template)  # frozen for everybody else

    def render(self, args: Mapping[str, object]) -> list[str]:
        """Return the command line for these arguments, or raise ArgumentRefused."""
        return self.template.render(args)

    def fingerprint_parts(self) -> dict[str, str | list[str]]:
        """Return what makes this the same tool as before; the environment by its names only."""
        return {**self.template.fingerprint_parts(), "env": sorted(self.env)}

    async def run(
        self,
        args: Mapping[str, object],
        *,
        idempotency_key: str,
        deadline_s: float | None = None,
        on_output: OnOutput | None = None,
        cancel: asyncio.Event | None = None,
    ) -> ToolOutput:
        """Run the command once; raise ToolDidNotStart, ToolTimedOut or ToolStopped where it gave no exit code."""
        argv = self.render(args)
        masker = Masker(self._secrets_of(args))
        live = LiveLines(masker, on_output)
        limit_s = self.timeout_s if deadline_s is None else min(self.timeout_s, deadline_s)
        async with private_folder() as folder:
            launch = Launch(
                argv=tuple(argv),
                env=self._environment(folder, idempotency_key),
                folder=folder,
                cap_bytes=self.output_cap_bytes,
                limits=self.limits,
            )
            ended = await run_process(launch, limit_s=limit_s, cancel=cancel, on_bytes=live.add)
        live.finish()
        return self._judge(ended, output_of(ended, masker), limit_s)

    def _environment(self, folder: Path, idempotency_key: str) -> dict[str, str]:
        """Build the environment from nothing."""
        ours = {"PATH": SEARCH_PATH, "LANG": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder)}
        return {**ours, **self.env, KEY_VARIABLE: idempotency_key}

    def _secrets_of(self, args: Mapping[str, object]) -> tuple[str, ...]:
        """List what must not be seen: the configured secrets and this call's secret arguments."""
        names = self.secret_args & self.template.placeholders & args.keys()
        return (*self.secrets, *(word for name in sorted(names) for word in self.template.words(name, args)))

    def _judge(self, ended: Ended, output: ToolOutput, limit_s: float) -> ToolOutput:
        """Return the output of a call that ended by itself, and raise for one that did not."""
        match ended.ending:
            case "finished":
                return output
            case "timed_out":
                raise ToolTimedOut(f"{self.name} was ended after {limit_s:g} s. It may have happened.", output)
            case "stopped":
                raise ToolStopped(f"{self.name} was stopped while it ran. It may have happened.", output)


@asynccontextmanager
async def private_folder() -> "AsyncIterator[Path]":
    """Give a folder that only we can enter and that is gone afterwards, whatever was left in it."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="countersign-call-"))
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if await asyncio.to_thread(folder.exists):
            log.warning("call_folder_not_removed", folder=str(folder))


def output_of(ended: Ended, masker: Masker) -> ToolOutput:
    """Decode, mask and count what came out."""
    killed = ended.ending != "finished"
    out, err = (
        shown(stream, masker, cut=killed or dropped > 0)
        for stream, dropped in zip((ended.stdout, ended.stderr), ended.dropped, strict=True)
    )
    return ToolOutput(exit_code=ended.exit_code, stdout=out, stderr=err, truncated_bytes=sum(ended.dropped))


def shown(stream: bytes, masker: Masker, *, cut: bool) -> str:
    """Decode and mask one stream; where it was cut, half a character or half a secret at its end goes too."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(stream, final=not cut)
    return masker.cut_off(text) if cut else masker.whole(text)


class LiveLines:
    """Output while it comes, a line at a time: half a line could be half a secret."""

    def __init__(self, masker: Masker, on_output: OnOutput | None) -> None:
        self._masker = masker
        self._on_output = on_output
        self._held = {"stdout": bytearray(), "stderr": bytearray()}

    def add(self, stream: str, data: bytes) -> None:
        """Hand on the whole lines, masked, and hold the rest."""
        if self._on_output is None:
            return
        held = self._held[stream]
        held += data
        if b"\n" in data:
            end = held.rindex(b"\n") + 1
            self._on_output(stream, shown(bytes(held[:end]), self._masker, cut=False))
            del held[:end]

    def finish(self) -> None:
        """Hand on what is left when nothing more can come."""
        for stream, rest in self._held.items():
            if rest and self._on_output is not None:
                self._on_output(stream, shown(bytes(rest), self._masker, cut=True))
