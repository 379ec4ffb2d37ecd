import json
from dataclasses import asdict

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.guard import Guard, Hooks, Refusal
from tests.bot.guard.door import FORM, JSON, NOON, SECRET, Door, FixedClock, click, event, form_of, sign

# No JSON: had anything parsed it before the signature was judged, the answer would be 400.
UNREADABLE = b"{not json"
GOOD = sign(UNREADABLE)["X-Slack-Signature"]

SPELLINGS = {
    "absent": None,
    "empty": b"",
    "only the version": b"v0=",
    "another version": b"v1=" + GOOD[3:].encode(),
    "no version": GOOD[3:].encode(),
    "cut": GOOD[:-1].encode(),
    "long": GOOD.encode() + b"0",
    "very long": b"v0=" + b"a" * 7000,
    "upper case": b"v0=" + GOOD[3:].upper().encode(),
    "not hexadecimal": b"v0=" + b"g" * 64,
    "not ASCII": b"v0=" + "é".encode() * 32,
    "not UTF-8": b"v0=" + b"\xff" * 64,
    "two in one": (GOOD + ", " + GOOD).encode(),
    "another secret": sign(UNREADABLE, secret=b"x" + SECRET)["X-Slack-Signature"].encode(),
    "another body": sign(b"{}")["X-Slack-Signature"].encode(),
    "another time": sign(UNREADABLE, NOON - 1)["X-Slack-Signature"].encode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_g1_a_wrong_signature_is_refused_before_the_body_is_parsed(door: Door, spelling: str) -> None:
    """Whoever reaches the port can send anything; only Slack's signature makes it worth reading."""
    signature = SPELLINGS[spelling]
    headers = [("Content-Type", JSON.encode()), ("X-Slack-Request-Timestamp", str(NOON).encode())]
    headers += [] if signature is None else [("X-Slack-Signature", signature)]
    assert await door.raw_post(UNREADABLE, headers) == 401
    assert not door.behind.seen


async def test_g1_the_right_signature_is_what_makes_the_difference(door: Door) -> None:
    """The same unreadable body, signed, gets as far as the parser."""
    assert (await door.knock(UNREADABLE))[0] == 400


async def test_g1_two_signature_headers_are_none(door: Door) -> None:
    """One wrong and one right: which of them counts would be a guess."""
    body = json.dumps(event()).encode()
    good = sign(body)
    headers = [
        ("Content-Type", JSON.encode()),
        ("X-Slack-Request-Timestamp", good["X-Slack-Request-Timestamp"].encode()),
        ("X-Slack-Signature", good["X-Slack-Signature"].encode()),
        ("X-Slack-Signature", b"v0=" + b"0" * 64),
    ]
    assert await door.raw_post(body, headers) == 401


async def test_g1_one_changed_byte_of_the_body_is_refused(door: Door) -> None:
    """An Approve that was turned into another person's on the way."""
    body = form_of(click())
    assert (await door.knock(body.replace(b"U1", b"U2"), sign(body), sent_as=FORM))[0] == 401
    assert (await door.knock(body, sign(body), sent_as=FORM))[0] == 200


TIMES = {
    "absent": None,
    "empty": b"",
    "a word": b"abc",
    "a float": f"{NOON}.0".encode(),
    "an exponent": b"1e9",
    "negative": b"-1",
    "a plus": f"+{NOON}".encode(),
    "an underscore": f"{NOON}"[:3].encode() + b"_" + f"{NOON}"[3:].encode(),
    "Arabic digits": "".join(chr(0x660 + int(digit)) for digit in str(NOON)).encode(),
    "superscripts": "¹²³".encode(),
    "13 digits": f"{NOON}000".encode(),
    "5,000 digits": b"1" * 5000,
    "hexadecimal": hex(NOON).encode(),
    "a space inside": f"{NOON}"[:3].encode() + b" " + f"{NOON}"[3:].encode(),
}


@pytest.mark.parametrize("spelling", TIMES)
async def test_g2_a_timestamp_that_is_no_plain_number_is_refused(door: Door, spelling: str) -> None:
    """A framework that calls int() on it answers 500, or takes digits that Slack never sends."""
    body = json.dumps(event()).encode()
    time = TIMES[spelling]
    signature = sign(body, "" if time is None else time.decode())["X-Slack-Signature"].encode()
    headers = [("Content-Type", JSON.encode()), ("X-Slack-Signature", signature)]
    headers += [] if time is None else [("X-Slack-Request-Timestamp", time)]
    assert await door.raw_post(body, headers) == 401
    assert not door.behind.seen


@pytest.mark.parametrize(("offset", "status"), [(-301, 401), (-300, 200), (0, 200), (300, 200), (301, 401)])
async def test_g3_a_request_is_fresh_for_300_seconds_either_way(door: Door, offset: int, status: int) -> None:
    """An old request was copied from somewhere; one from the future waits to be."""
    door.clock.now = NOON + 0.9
    body = json.dumps(event()).encode()
    assert (await door.knock(body, sign(body, NOON + offset)))[0] == status


@pytest.mark.parametrize(
    ("refusal", "level"),
    [
        (Refusal(status=403, reason="foreign", app_id="A2", team_id="T2"), "warning"),
        (Refusal(status=401, reason="signature"), "info"),
        (Refusal(status=200, reason="bot"), "debug"),
    ],
)
def test_a_refusal_is_logged_by_its_words_and_by_nothing_of_the_request(refusal: Refusal, level: str) -> None:
    """Bolt logs the whole body of a forged request; a log is no place for that."""
    with capture_logs() as lines:
        Hooks().refused(refusal)
    assert lines == [{"event": "request_not_passed_on", "log_level": level, **asdict(refusal)}]


def test_an_empty_secret_is_refused_at_once() -> None:
    """With it anybody could sign."""
    for empty in (b"", SecretStr("")):
        with pytest.raises(ValueError, match="secret is empty"):
            Guard(empty, clock=FixedClock())
