"""``threads`` as an operator types it, beside a running bot and after it is gone."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from bot.config import ConfigError
from bot.playground.harness import OFF, Setup
from bot.reach import NotStarted
from bot.threads import add_threads, count
from tests.stories.process import PATH, ROOT
from tests.stories.stage import ADA, LEE, OPS, RITA, Stage, Task, staged

Typed: TypeAlias = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Type a command beside the bot of this folder: its exit code, what it printed, what it complained of."""
    monkeypatch.setenv("COUNTERSIGN_CONFIG", str(tmp_path / "countersign.yml"))
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("REDIS_URL", raising=False)
    parser = argparse.ArgumentParser()
    add_threads(parser.add_subparsers())

    async def run(*words: str) -> tuple[int, str, str]:
        options = parser.parse_args(["threads", *words])
        code: int = await asyncio.to_thread(options.go, options)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


async def process(folder: Path, *words: str) -> tuple[int, str, str]:
    """Type a command where no bot runs, in a process of its own."""
    environment = {
        "PATH": PATH,
        "COUNTERSIGN_CONFIG": str(folder / "countersign.yml"),
        "COUNTERSIGN_HOME": str(folder / "home"),
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "threads", *words,
        cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, errors = await started.communicate()
    assert started.returncode is not None
    return started.returncode, out.decode(), errors.decode()


async def noted(stage: Stage) -> Task:
    """Have a task of two steps done."""
    task = await stage.task("note hello")
    assert (await task.click(ADA, await task.card("approve"), "approve")).ok
    await task.ends("succeeded")
    return task


async def test_a_thread_is_listed_shown_and_replayed_while_the_bot_runs_and_when_it_is_down(
    tmp_path: Path, typed: Typed
) -> None:
    """An auditor asks whenever they like; a replay finds no difference either time."""
    async with staged(tmp_path, setup=Setup(rates=OFF)) as stage:
        task = await noted(stage)
        code, out, _ = await typed("list")
        assert (code, out.count("\n"), task.id in out, "note hello" in out) == (0, 1, True, True)
        assert await typed("list", "--open") == (0, "", "There are no threads.\n")
        code, out, _ = await typed("show", task.id)
        for words in ("approve by U0APPROVER", "step 1 proposed", 'line: "hello"', "→ run_tool", "ended: succeeded"):
            assert words in out, out
        code, out, _ = await typed("show", task.id, "--json")
        assert (code, json.loads(out)["phase"]) == (0, "finished")
        code, out, _ = await typed("show", task.id, "--html", str(tmp_path / "page.html"))
        assert (code, (tmp_path / "page.html").read_text().count("<li ")) == (0, len(await lines_of(stage, task)))
    code, out, errors = await process(tmp_path, "replay", task.ts)
    assert (code, out.startswith("No difference: "), errors) == (0, True, "")


def parent_of(stage: Stage, task: Task) -> str:
    """Give what the message above a thread says."""
    (parent,) = [message for message in stage.slack.channel(OPS) if message.ts == task.ts]
    return json.dumps(parent.blocks)


async def lines_of(stage: Stage, task: Task) -> list[object]:
    """Give a thread's journal."""
    return list(await stage.bot.desk.runtime.store.journal(task.id, 0, 1000))


async def test_a_policy_that_would_have_decided_otherwise_makes_a_difference_and_is_named(
    tmp_path: Path, typed: Typed
) -> None:
    """Exit code 1, for scripts."""
    config = tmp_path / "countersign.yml"
    async with staged(tmp_path, setup=Setup(rates=OFF)) as stage:
        task = await noted(stage)
        text = config.read_text("utf-8")
        config.write_text(text.replace("rules:\n", "rules:\n    - {tools: [note], decision: deny}\n", 1))
        code, out, _ = await typed("replay", task.id)
        assert code == 1
        assert "differs first" in out
        assert "It was decided under policy" in out
        code, out, _ = await typed("show", task.id)
        assert (code, "so none are shown there" in out) == (0, True)


async def test_without_a_configuration_the_history_is_shown_without_arguments_and_effects(
    tmp_path: Path, typed: Typed
) -> None:
    """Secrets are named in it, so without it nothing is said of what a call held."""
    async with staged(tmp_path, setup=Setup(rates=OFF)) as stage:
        task = await noted(stage)
        (tmp_path / "countersign.yml").write_text("nonsense: true")
        code, out, _ = await typed("show", task.id)
        assert (code, 'line: "hello"' in out, "Effects are not shown" in out) == (0, False, True)
        code, out, _ = await typed("purge", "--words-of", RITA, "--dry-run")
        assert (code, "Lessons are taken back with /agent forget" in out) == (0, True)
        with pytest.raises(ConfigError, match="nonsense"):
            await typed("replay", task.id)


async def test_a_home_without_threads_says_so_and_gets_no_key(tmp_path: Path, typed: Typed) -> None:
    """Looking changes nothing."""
    with pytest.raises(NotStarted, match="There are no threads under"):
        await typed("list")
    assert not (tmp_path / "home").exists()


async def test_a_thread_goes_into_a_file_is_purged_and_comes_back(tmp_path: Path, typed: Typed) -> None:
    """What an operator types, from the first to the last; the tombstone answers meanwhile."""
    file, changed = tmp_path / "thread.jsonl", tmp_path / "changed.jsonl"
    async with staged(tmp_path, setup=Setup(rates=OFF)) as stage:
        task = await noted(stage)
        code, _, errors = await typed("show", "T0:C0:1.2")
        assert (code, "names no thread" in errors) == (1, True)
        assert (await typed("export", task.id, str(file)))[0] == 0
        assert file.stat().st_mode & 0o777 == 0o600
        code, out, _ = await typed("purge", "--dry-run")
        assert (code, out) == (0, "0 threads finished more than 90 days ago; nothing was changed.\n")
        code, out, _ = await typed("purge", "--older-than", "0")
        assert (code, "purged: succeeded on" in out) == (0, True)
        code, _, errors = await typed("show", task.id)
        assert (code, "was purged on" in errors, "last head" in errors) == (1, True, True)
        raw = bytearray(file.read_bytes())
        raw[len(raw) // 2] ^= 1
        changed.write_bytes(raw)
        code, _, errors = await typed("import", str(changed))
        assert (code, "of the file:" in errors, "Nothing was restored" in errors) == (1, True, True)
        code, _, errors = await typed("import", str(tmp_path / "nowhere"))
        assert (code, "can't be read" in errors) == (1, True)
        code, out, _ = await typed("import", str(file))
        assert (code, "is back, as it ended" in out) == (0, True)
        code, out, _ = await typed("replay", task.id)
        assert (code, out.startswith("No difference: ")) == (0, True)


async def test_a_task_is_rewound_and_forked_for_a_person_who_may(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A running bot goes on with both, and asks again about what was done; the journal says where it came from."""
    async with staged(tmp_path, setup=Setup(rates=OFF)) as stage:
        task = await noted(stage)
        monkeypatch.setenv("SLACK_API_URL", stage.slack.api_url)
        monkeypatch.setenv("SLACK_BOT_TOKEN", stage.slack.secrets.bot_token)
        monkeypatch.setenv("SLACK_SIGNING_SECRET", stage.slack.secrets.signing_secret)
        code, _, errors = await typed("rewind", task.id, "0", "--by", "U0TINA")
        assert (code, "requester" in errors) == (1, True), errors
        code, _, errors = await typed("rewind", task.id, "0", "--by", RITA)
        assert code == 0, errors
        await task.until(lambda task: "Ended" not in parent_of(stage, task))
        card = await task.card()
        assert "already made as step 1 at" in card.words
        assert (await task.click(ADA, card, "approve")).ok
        await stage.until(lambda: stage.written.count("hello") == 2)
        await stage.until(lambda: len([one for one in task.messages if one.text.startswith("Finished:")]) == 2)
        known = {message.ts for message in stage.slack.channel(OPS)}
        code, _, errors = await typed("fork", task.id, "1", "--by", LEE)
        assert code == 0, errors
        await stage.until(lambda: any(one.ts not in known for one in stage.slack.channel(OPS)))
        code, out, _ = await typed("show", task.id)
        assert "rewound to step 0 from the command line" in out
        code, out, errors = await typed("replay", task.id)
        assert (code, out.startswith("No difference: ")) == (0, True), out + errors


@pytest.mark.parametrize("text", ["-1", "100001", "9" * 5000, "1.5", ""])
def test_a_number_of_days_or_steps_is_one_that_a_calendar_has(text: str) -> None:
    """Anything else is refused in words before the store is opened."""
    assert count("0") == 0
    with pytest.raises(ValueError, match=r"\d|base 10"):
        count(text)
