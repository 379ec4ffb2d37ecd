"""What is told of a thread is what its journal holds, and nothing that it does not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from agent_core.adapters.redis_keys import keys_of
from agent_core.words import ThreadId
from bot.blocks.args import Veil
from bot.threads.named import NoSuchThread, thread_named
from bot.threads.page import page, written
from bot.threads.reading import Past, past_of
from bot.threads.rows import Row, Teller
from bot.threads.text import as_json, told, told_difference
from tests.bot.threads.bench import Bench, bench_on
from tests.core.decide.office import RULES
from tests.core.workshop import step
from tests.examples import APPROVER, REQUESTER, THREAD

OPEN_VEILS = {name: Veil(frozenset(), lambda _: "0" * 8) for name in RULES.tools}
TELLER = Teller(veils=OPEN_VEILS)


@pytest.fixture
def bench(redis: Redis) -> Bench:
    """Begin with nothing kept."""
    return bench_on(redis)


def rows_of(past: Past, teller: Teller = TELLER) -> list[Row]:
    """Tell all rows."""
    return [teller.row(relived) for relived in past.relived]


async def test_every_step_decision_effect_and_phi_is_told_with_its_time(bench: Bench) -> None:
    """The record that an auditor asks for."""
    await bench.finished()
    past = await past_of(bench.opened, THREAD, RULES)
    assert (past.broken, past.difference) == ("", None)
    text = told(past, TELLER, "")
    for words in (
        "Task: Restart the checkout cache in staging.",
        f"start by {REQUESTER.id}",
        "• step 1 proposed",
        "• step 2 proposed",
        'service: "cart"',
        f"approve by {APPROVER.id}",
        f"• approved by {APPROVER.id}",
        f"refused approve by {REQUESTER.id}",
        "• step 2 ended: ok",
        "• Φ 0.0 → 2.5",
        "→ run_tool",
        "→ post_card",
        "• ended: succeeded",
        "the chain holds",
    ):
        assert words in text, text
    assert all(row.at.tzinfo is not None for row in rows_of(past))


async def test_a_result_says_which_effect_it_answers_and_after_how_long(bench: Bench) -> None:
    """So that a slow tool is seen."""
    await bench.waiting()
    bench.shop.clock.move(60)
    text = told(await past_of(bench.opened, THREAD, RULES), TELLER, "")
    assert "model_replied, answers v1/99 after 0." in text


async def test_without_rules_the_journal_is_told_and_no_effects_are(bench: Bench) -> None:
    """The configuration may be lost, or another machine's."""
    await bench.finished()
    past = await past_of(bench.opened, THREAD, None)
    assert all(row.commanded == () for row in rows_of(past))
    text = told(past, TELLER, "there is no configuration here.")
    assert "Effects are not shown: there is no configuration here." in text
    assert "• step 2 ended: ok" in text


async def test_arguments_are_hidden_where_nobody_knows_which_are_secret(bench: Bench) -> None:
    """Not by name of a tool that is gone, nor without a configuration."""
    await bench.finished()
    past = await past_of(bench.opened, THREAD, None)
    assert "cart" not in told(past, Teller(veils=None), "x").replace("Restart the checkout cache", "")
    gone = told(past, Teller(veils={}), "x")
    assert "no tool “restart_service” is configured now" in gone
    assert '"cart"' not in gone


async def test_a_secret_argument_is_masked_wherever_it_is_told(redis: Redis) -> None:
    """Also where the actor repeats it in its own words."""
    secret = "open-sesame"  # noqa: S105 - a made-up one
    bench = bench_on(redis, step(service=secret))
    await bench.shop.until_waiting()
    veils = {"restart_service": Veil(frozenset({"service"}), lambda _: "1" * 8)}
    past = await past_of(bench.opened, THREAD, RULES)
    for form in (told, as_json, page):
        assert secret not in form(past, Teller(veils=veils), "")
        assert secret in form(past, TELLER, "")


async def test_a_line_that_was_changed_is_named_and_what_stood_before_it_is_told(bench: Bench) -> None:
    """Threat A1: as much of the record as can be believed, and no more."""
    await bench.finished()
    key = keys_of(THREAD).journal
    (raw,) = await bench.redis.lrange(key, 3, 3)
    assert isinstance(raw, bytes)
    await bench.redis.lset(key, 3, raw[:-1] + bytes([raw[-1] ^ 1]))  # type: ignore[arg-type]  # any bytes are a value
    past = await past_of(bench.opened, THREAD, RULES)
    assert past.broken.startswith("Line 3 of the journal was changed")
    assert len(past.relived) == 3
    assert "DAMAGED: Line 3 of the journal was changed" in told(past, TELLER, "")
    assert 'class="bad"' in page(past, TELLER, "")


async def test_a_task_that_cannot_be_read_still_has_its_journal(bench: Bench) -> None:
    """The two are kept apart, and each is worth having without the other."""
    await bench.finished()
    await bench.redis.hset(keys_of(THREAD).thread, "checkpoint", "damaged")
    past = await past_of(bench.opened, THREAD, RULES)
    assert past.task is None
    assert "not in our format" in past.broken
    assert "• step 2 ended: ok" in told(past, TELLER, "")
    assert page(past, TELLER, "")


async def test_what_is_still_to_be_performed_is_told(bench: Bench) -> None:
    """A thread that seems to hang says what it hangs on."""
    await bench.shop.begin()
    text = told(await past_of(bench.opened, THREAD, RULES), TELLER, "")
    assert "Still to be performed: ask_model (v1/99)" in text


async def test_as_json_it_is_one_object_with_the_whole_timeline(bench: Bench) -> None:
    """For whatever else an operator has."""
    await bench.finished()
    past = await past_of(bench.opened, THREAD, RULES)
    document = json.loads(as_json(past, TELLER, ""))
    assert (document["thread"], document["phase"], document["phi"]) == (THREAD, "finished", 9.5)
    assert [row["what"] for row in document["timeline"]] == [row.what for row in rows_of(past)]
    assert document["timeline"][0]["commanded"][0]["kind"] == "ask_model"


async def test_the_page_shows_text_as_text(redis: Redis) -> None:
    """Threat: what a person or a tool wrote is never markup."""
    hostile = '<script>alert("x")</script>\u202e'
    bench = bench_on(redis, step("read_status"))
    await bench.shop.begin()
    await bench.shop.drain()
    past = await past_of(bench.opened, THREAD, RULES)
    assert past.task is not None
    html = page(replace(past, task=replace(past.task, purpose=hostile)), TELLER, hostile)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "\u202e" not in html
    assert r"\u202e" in html


async def test_the_page_is_readable_by_its_owner_only_and_replaces_an_older_one(bench: Bench, tmp_path: Path) -> None:
    """It holds what people said in private channels."""
    await bench.finished()
    past = await past_of(bench.opened, THREAD, RULES)
    file = tmp_path / "thread.html"
    file.write_text("older")
    file.chmod(0o644)
    written(file, past, TELLER, "")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().startswith("<!doctype html>")
    assert not (tmp_path / ".thread.html.new").exists()


async def test_a_replay_without_a_difference_says_so(bench: Bench) -> None:
    """And how much was decided anew."""
    await bench.finished()
    past = await past_of(bench.opened, THREAD, RULES)
    assert told_difference(past).startswith("No difference: ")


def test_a_thread_is_named_by_its_id_its_permalink_or_its_ts() -> None:
    """As in Slack."""
    other = ThreadId("T0TEAM:C0OTHER:1772452800.000200")
    known = [THREAD, other]
    assert thread_named(THREAD, known) == THREAD
    assert thread_named("1772452800.000200", known) == other
    assert thread_named("https://x.slack.com/archives/C0OTHER/p1772452800000200", known) == other
    reply = "https://x.slack.com/archives/C0OTHER/p1772452999000000?thread_ts=1772452800.000200&cid=C0OTHER"
    assert thread_named(reply, known) == other


@pytest.mark.parametrize("text", ["nonsense", "1772452800.000999", "T0TEAM:C0STAGING:1.2", "https://x/archives/C1/p1"])
def test_a_name_that_leads_nowhere_is_refused_in_words(text: str) -> None:
    """With where to look."""
    with pytest.raises(NoSuchThread, match="threads list"):
        thread_named(text, [THREAD])


def test_a_ts_that_two_threads_have_names_neither() -> None:
    """Guessing would show the wrong one."""
    other = ThreadId("T0TEAM:C0OTHER:1772452800.000100")
    with pytest.raises(NoSuchThread, match="Give the ID"):
        thread_named("1772452800.000100", [THREAD, other])
