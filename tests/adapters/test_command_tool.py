import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from agent_core.adapters.tools.argv import SEARCH_PATH
from agent_core.adapters.tools.command import CommandTool
from agent_core.adapters.tools.masking import MASK
from agent_core.adapters.tools.output import ToolDidNotStart, ToolOutput, ToolStopped, ToolTimedOut
from tests.adapters.polling import gone, until

HERE = Path(__file__).parent
CORPUS = HERE.parent / "data" / "corpora" / "shell-escapes.txt"
MIB = 1_048_576


def tool(*argv: str, **options: object) -> CommandTool:
    """Build a command that is found in the test's own folder or on the fixed path."""
    return CommandTool(name="tool", argv=argv, config_dir=HERE, **options)  # type: ignore[arg-type] # a test's shorthand


def shell(script: str, **options: object) -> CommandTool:
    """Build a command that runs a shell script of the test."""
    return tool("sh", "-c", script, **options)


def python(script: str, **options: object) -> CommandTool:
    """Build a command that runs a Python script of the test."""
    return tool(sys.executable, "-I", "-S", "-c", script, **options)


async def run(command: CommandTool, limit_s: float | None = None, /, **args: object) -> ToolOutput:
    """Run a command with these arguments."""
    return await command.run(args, idempotency_key="key-1", deadline_s=limit_s)


def attacks() -> list[str]:
    """Give the corpus, one command line each."""
    lines = CORPUS.read_text().splitlines()
    return [line.partition("\t")[2] for line in lines if line and not line.startswith("#")]


async def test_every_shell_escape_arrives_byte_for_byte_and_starts_nothing(tmp_path: Path) -> None:
    """An argument is one word for one program, whatever a shell would make of it."""
    started = tmp_path / "started"
    canary = tmp_path / "canary"
    canary.write_text(f"#!/bin/sh\ntouch {started}\n")
    canary.chmod(0o755)
    printf = tool("printf", "%s", "{text}", env={"PATH": f"{tmp_path}:{SEARCH_PATH}"})
    four = asyncio.Semaphore(4)

    async def said(text: str) -> str:
        async with four:
            return (await run(printf, text=text)).stdout

    texts = attacks()
    assert len(texts) > 140
    assert await asyncio.gather(*map(said, texts)) == texts
    assert not started.exists()


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a\nb\n", "ü€😀", "'\"\\", "{text}", "$HOME", "*", "~", "%s", "\x01\x7f", "e\u0301"]
)
async def test_an_odd_string_arrives_as_it_is(text: str) -> None:
    """Nothing is normalised on the way."""
    output = await run(tool("printf", "%s", "{text}"), text=text)
    assert (output.exit_code, output.stdout) == (0, text)


async def test_a_call_gives_exit_code_and_both_streams() -> None:
    """What a runbook's checks look at."""
    output = await run(shell("echo out; echo err >&2; exit 3"))
    assert output == ToolOutput(exit_code=3, stdout="out\n", stderr="err\n")


async def test_nothing_of_the_bots_environment_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot's tokens stand there."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-canary")
    output = await run(tool("env", env={"REGION": "eu"}))
    found = dict(line.split("=", 1) for line in output.stdout.splitlines())
    assert found.pop("HOME") == found.pop("TMPDIR")
    assert found == {
        "PATH": SEARCH_PATH,
        "LANG": "C.UTF-8",
        "REGION": "eu",
        "COUNTERSIGN_IDEMPOTENCY_KEY": "key-1",
    }


async def test_no_open_file_of_the_bot_gets_through(tmp_path: Path) -> None:
    """Not even one that was made inheritable by mistake."""
    with (tmp_path / "secret").open("w") as file:
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003 - positional only
        output = await run(python("import os; print(sorted(os.listdir('/proc/self/fd')))"))
    assert output.stdout == "['0', '1', '2', '3']\n"  # 3 is the listing's own


async def test_a_call_has_a_private_folder_that_is_gone_afterwards() -> None:
    """Two calls never meet in a file; what a tool makes unreadable is removed too."""
    script = "pwd; stat -c %a .; mkdir -p deep/er; touch deep/file; cat; echo end"
    output = await run(shell(script))
    folder, mode, end = output.stdout.split()
    assert (mode, end) == ("700", "end")  # `cat` ended at once: there is no input to wait for
    assert not os.access(folder, os.F_OK)


async def test_signals_are_as_a_program_expects_them() -> None:
    """A launcher in Python would leave SIGPIPE ignored, and pipelines would go on for ever."""
    output = await run(shell("grep -E 'SigIgn|SigBlk' /proc/self/status; yes | head -n 1"))
    blocked, ignored, yes = output.stdout.split()[1::2] + output.stdout.split()[-1:]
    of_programs = 2**31 - 1  # 32 and 33 are the C library's own: who ignored them above us, no program can undo that
    assert (int(blocked, 16) & of_programs, int(ignored, 16) & of_programs, yes) == (0, 0, "y")


async def test_the_limits_are_in_force() -> None:
    """No core file with secrets in it, no memory or disk without end."""
    names = "RLIMIT_CORE RLIMIT_NPROC RLIMIT_NOFILE RLIMIT_FSIZE RLIMIT_AS"
    script = f"import resource as r; print([r.getrlimit(getattr(r, n))[1] for n in '{names}'.split()])"
    core, *others = json.loads((await run(python(script))).stdout)
    assert core == 0
    assert all(0 < limit <= 8 << 30 for limit in others)


async def test_memory_beyond_the_limit_is_not_given() -> None:
    """A tool that wants 10 GiB fails alone."""
    output = await run(python("bytearray(10 << 30)"))
    assert output.exit_code == 1
    assert "MemoryError" in output.stderr


async def test_a_megabyte_of_output_arrives_whole() -> None:
    """Exactly the cap is not over it."""
    output = await run(python(f"import sys; sys.stdout.write('x' * {MIB}); sys.stderr.write('y' * {MIB})"))
    assert (output.stdout, output.stderr, output.truncated_bytes) == ("x" * MIB, "y" * MIB, 0)


async def test_output_past_the_cap_is_counted_and_does_not_block_the_program() -> None:
    """The reading goes on, so that the tool ends by itself."""
    output = await run(python("import sys; sys.stdout.write('x' * 3_000_000); sys.stderr.write('done')"))
    assert (output.exit_code, output.stderr) == (0, "done")
    assert (len(output.stdout), output.truncated_bytes) == (MIB, 3_000_000 - MIB)


async def test_endless_output_is_ended_by_the_time_limit_and_leaves_the_loop_alone() -> None:
    """`yes` fills a pipe as fast as it is read."""
    loop = asyncio.get_running_loop()
    work = asyncio.create_task(run(tool("yes"), 0.7))
    worst, before = 0.0, loop.time()
    while not work.done():
        await asyncio.wait({work}, timeout=0.01)
        worst, before = max(worst, loop.time() - before), loop.time()
    with pytest.raises(ToolTimedOut, match=r"ended after 0\.7 s. It may have happened") as over:
        await work
    assert len(over.value.partial.stdout) == MIB
    assert 0 < over.value.partial.truncated_bytes < 50 * MIB  # unbounded, it would be a gigabyte
    assert worst < 0.5


@pytest.mark.parametrize("script", ["sleep 1000", "trap '' TERM; echo deaf; sleep 1000 & wait; sleep 1000"])
async def test_a_command_that_hangs_is_ended_with_its_whole_group(script: str) -> None:
    """Asked first, forced then; what it had said is kept."""
    with pytest.raises(ToolTimedOut) as over:
        await run(shell(f"echo $$; {script}"), 0.3)
    await gone(int(over.value.partial.stdout.split()[0]))


async def test_a_stop_ends_the_command() -> None:
    """Somebody pressed Abort."""
    cancel, said = asyncio.Event(), asyncio.Event()
    work = asyncio.create_task(
        shell("echo $$; sleep 1000 & sleep 1000").run(
            {}, idempotency_key="key-1", cancel=cancel, on_output=lambda *_: said.set()
        )
    )
    await said.wait()
    cancel.set()
    with pytest.raises(ToolStopped, match="stopped while it ran") as stopped:
        await work
    await gone(int(stopped.value.partial.stdout))


async def test_a_worker_that_is_cancelled_leaves_no_process() -> None:
    """It could not renew its lease, say."""
    pids: list[int] = []
    said = asyncio.Event()

    def heard(_stream: str, text: str) -> None:
        pids.append(int(text))
        said.set()

    work = asyncio.create_task(shell("echo $$; sleep 1000").run({}, idempotency_key="k", on_output=heard))
    await said.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await gone(pids[0])


async def test_a_grandchild_that_holds_the_output_does_not_hold_us() -> None:
    """It is in the group, so it is ended too."""
    output = await asyncio.wait_for(run(shell("sleep 1000 & echo $!; exit 0")), 5)
    assert output.exit_code == 0
    await gone(int(output.stdout))


async def test_a_grandchild_that_left_the_group_does_not_hold_us_either() -> None:
    """A process group cannot end it, but neither can it keep a call open."""
    output = await asyncio.wait_for(run(shell("setsid sleep 1000 & echo $!; exit 4")), 5)
    assert output.exit_code == 4
    os.kill(int(output.stdout), signal.SIGKILL)


async def test_bytes_that_are_no_text_are_marked() -> None:
    """Every byte that is not UTF-8 shows as U+FFFD; the text around it stays."""
    output = await run(tool("printf", r"a\377b\300\257c\342\202"))
    assert output.stdout == "a\ufffdb\ufffd\ufffdc\ufffd"


async def test_a_character_cut_by_the_cap_is_left_out() -> None:
    """The cap is in bytes, the text is not."""
    output = await run(tool("printf", "€€€", output_cap_bytes=4))
    assert (output.stdout, output.truncated_bytes) == ("€", 5)


async def test_secrets_are_masked_in_what_comes_out_live_and_after() -> None:
    """A tool that echoes its argument, in pieces, on both streams."""
    heard: list[tuple[str, str]] = []
    script = 'printf "%s" "t: s3cr"; printf "%s\\n" "et/value"; echo "$1" >&2; printf "%s" "$1"'
    command = tool("sh", "-c", script, "sh", "{a}", secret_args=frozenset({"a"}))
    output = await command.run(
        {"a": "s3cret/value"}, idempotency_key="k", on_output=lambda stream, text: heard.append((stream, text))
    )
    assert (output.stdout, output.stderr) == (f"t: {MASK}\n{MASK}", f"{MASK}\n")
    assert sorted(heard) == [("stderr", f"{MASK}\n"), ("stdout", f"t: {MASK}\n"), ("stdout", MASK)]


async def test_a_secret_cut_by_the_cap_does_not_leak_its_beginning() -> None:
    """Ten of twelve letters of a password are the password."""
    output = await run(tool("printf", "token=hunter2hunter2", secrets=("hunter2hunter2",), output_cap_bytes=16))
    assert output.stdout == f"token={MASK}"


@pytest.mark.parametrize(
    ("content", "words"), [("echo no shebang\n", "Exec format"), ("#!/no/interpreter\n", "No such")]
)
async def test_a_program_that_cannot_be_executed_did_not_start(tmp_path: Path, content: str, words: str) -> None:
    """It is certain that nothing happened, and people are told so."""
    script = tmp_path / "run.sh"
    script.write_text(content)
    script.chmod(0o755)
    with pytest.raises(ToolDidNotStart, match=f"{words}.*Nothing was run"):
        await run(CommandTool(name="tool", argv=("./run.sh",), config_dir=tmp_path))


async def test_a_program_that_has_gone_since_did_not_start(tmp_path: Path) -> None:
    """An upgrade removed it between start and approval."""
    script = tmp_path / "run.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    command = CommandTool(name="tool", argv=("./run.sh",), config_dir=tmp_path)
    script.unlink()
    with pytest.raises(ToolDidNotStart, match="No such file"):
        await run(command)


async def test_an_argument_that_the_system_will_not_carry_did_not_start() -> None:
    """Linux carries 128 KiB in one argument."""
    with pytest.raises(ToolDidNotStart, match="too long"):
        await run(tool("true", "{a}"), a="x" * 200_000)


async def test_a_limit_that_is_over_before_the_start_did_not_start() -> None:
    """The launcher was ended before it became the program."""
    with pytest.raises(ToolDidNotStart, match="before its start"):
        await run(tool("true"), 0.0)


async def test_a_command_ends_with_a_bot_that_is_killed(tmp_path: Path) -> None:
    """Otherwise recovery would run an idempotent tool beside the one that still runs."""
    note = tmp_path / "pid"
    script = (
        "import asyncio, pathlib\n"
        "from agent_core.adapters.tools.command import CommandTool\n"
        f"argv = ('sh', '-c', 'echo $$ > {note}; exec sleep 1000')\n"
        "t = CommandTool(name='t', argv=argv, config_dir=pathlib.Path('/'))\n"
        "asyncio.run(t.run({}, idempotency_key='k'))\n"
    )
    bot = await asyncio.create_subprocess_exec(sys.executable, "-c", script)

    async def noted() -> bool:
        return note.exists() and note.read_text().endswith("\n")

    await until(noted, "the command's pid")
    bot.kill()
    await bot.wait()
    await gone(int(note.read_text()))
