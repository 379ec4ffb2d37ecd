from pathlib import Path

from tests.stories.stage import staged

SCRIPT = """
{"thought": "It is needed.", "tool": "note", "args": {"line": "hello"}, "expect": "a line"}
{"done": "Written."}
"""


async def test_an_approved_step_runs_once_and_the_task_says_how_it_ended(tmp_path: Path) -> None:
    """Command, card, approve, tool, finish: the spine."""
    async with staged(tmp_path, SCRIPT) as stage:
        rita, ada = stage.slack.as_person("U0RITA"), stage.slack.as_person("U0APPROVER")
        assert (await rita.command("C0OPS", "/agent", "write hello")).ok
        await stage.slack.until(lambda: bool(stage.slack.messages_with_button("approve")))
        card = stage.slack.messages_with_button("approve")[0]
        assert stage.written == []
        assert (await ada.click(card, "approve")).ok
        await stage.slack.until(lambda: any("Finished:" in m.text for m in stage.slack.thread("C0OPS", card.thread_ts)))
        assert stage.written == ["hello"]
        assert stage.slack.violations == []
