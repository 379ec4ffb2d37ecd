import asyncio
import json
import urllib.parse
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bot.guard.strict import check_depth, fields_of, object_of
from bot.payloads import Malformed
from tests.bot.guard.door import DATA, FORM, JSON, Door, event, form_of, sign

LINES = [json.loads(line) for line in (DATA / "corpora/hostile-json.jsonl").read_text("ascii").splitlines()]
SENT_AS = {"json": JSON, "form": FORM}


def body_of(parts: list[Any]) -> bytes:
    """Put a body together as the corpus says."""
    return b"".join(
        part.encode()
        if isinstance(part, str)
        else bytes.fromhex(part["hex"])
        if "hex" in part
        else part["repeat"].encode() * part["times"]
        for part in parts
    )


@pytest.mark.parametrize("line", LINES, ids=[line["name"] for line in LINES])
async def test_g7_hostile_json_gets_the_status_that_it_deserves(door: Door, line: dict[str, Any]) -> None:
    """Signed it is judged by what it says; unsigned it is not read at all; nothing is ever our error."""
    body, sent_as = body_of(line["parts"]), SENT_AS[line["sent_as"]]
    async with asyncio.timeout(3):
        status, _ = await door.knock(body, sent_as=sent_as)
        unsigned, _ = await door.knock(body, {}, sent_as=sent_as)
    expected = {"200": range(200, 201), "4xx": range(400, 500), "<500": range(200, 500)}[line["expect"]]
    assert status in expected
    assert unsigned in {401, 413}
    assert bool(door.behind.seen) == (line["name"] == "control_event")


def nested(levels: int) -> bytes:
    """Give a good event with so many levels in all."""
    arrays = levels - 1
    return json.dumps(event())[:-1].encode() + b', "a": ' + b"[" * arrays + b"]" * arrays + b"}"


@pytest.mark.parametrize(("levels", "status"), [(64, 200), (65, 400), (1000, 400)])
async def test_g8_json_nests_64_levels_deep_and_no_deeper(door: Door, levels: int, status: int) -> None:
    """A parser that recurses ends the process at some depth."""
    assert (await door.knock(nested(levels)))[0] == status


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'["\\"",', b"[{}, "])
async def test_g8_a_hundred_thousand_levels_are_refused_at_once(opening: bytes) -> None:
    """Measuring the depth must not itself be the slow part."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(Malformed):
        object_of(opening * (500_000 // len(opening)))
    assert loop.time() - began < 0.25  # alone it takes a tenth of that


@pytest.mark.parametrize(
    "text", ['{"a": "[[["}', r'{"a": "\"[\"[\"["}', r'{"a\\": "[", "b\\\"": "{"}', '{"é[": "]"}', r'{"a": "\\"}', "{}"]
)
def test_g8_brackets_inside_strings_nest_nothing(text: str) -> None:
    """People write brackets."""
    check_depth(text.encode())
    assert object_of(text.encode()) == json.loads(text)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSONS, max_size=4), st.booleans())
def test_strict_reading_gives_what_the_usual_reader_gives(value: dict[str, Any], ascii_only: bool) -> None:  # noqa: FBT001  Hypothesis fills it
    """Whatever good JSON says is read unchanged."""
    try:
        raw = json.dumps(value, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:  # a lone surrogate, which is refused elsewhere
        return
    assert object_of(raw) == value


@given(st.dictionaries(st.text(min_size=1), st.text(), min_size=1, max_size=5))
def test_strict_forms_give_what_the_usual_reader_gives(fields: dict[str, str]) -> None:
    """The quick decoder is another reader of the same encoding."""
    try:
        raw = urllib.parse.urlencode(fields).encode()
    except UnicodeEncodeError:
        return
    assert {name: value.decode() for name, value in fields_of(raw).items()} == fields


@given(st.text(st.sampled_from("ab=&%+_4Ff1\u00e9 \x00"), max_size=12))
def test_a_form_is_read_as_by_the_usual_reader_or_refused(text: str) -> None:
    """No text means one thing here and another to somebody else."""
    try:
        fields = fields_of(text.encode())
    except Malformed:
        return
    usual = urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=True)
    assert list(fields.items()) == [(name, value.encode("utf-8", "surrogateescape")) for name, value in usual] or any(
        "\ufffd" in value for _, value in usual
    )


@pytest.mark.parametrize(
    "raw", [b"a=%", b"a=%4", b"a=%zz", b"a=%%41", b"a=1\n", b"a=%\n4", b"a=1\r", b"=1", b"a", b"a=1&a=2", b"%61=1&a=2"]
)
def test_a_form_that_is_not_by_the_book_is_refused(raw: bytes) -> None:
    """Each of these is read in two ways by two readers."""
    with pytest.raises(Malformed):
        fields_of(raw)


REPEATED = [
    '{"type":"url_verification","type":"event_callback","challenge":"a"}',
    r'{"type":"event_callback","\u0074ype":"url_verification","challenge":"a"}',
    '{"type":"event_callback","event":{"type":"message","user":"U1","user":"U2"}}',
    '{"type":"event_callback","a":[{"b":[{"c":1,"c":1}]}]}',
]


@pytest.mark.parametrize("text", REPEATED)
async def test_g9_a_repeated_key_is_refused_at_every_depth(door: Door, text: str) -> None:
    """One reader takes the first and another the last, and the user ID between them is the attacker's."""
    assert (await door.knock(text.encode()))[0] == 400
    assert (await door.knock(b"payload=" + urllib.parse.quote(text).encode(), sent_as=FORM))[0] == 400


async def test_g9_a_field_that_comes_twice_is_refused(door: Door) -> None:
    """Two payloads, or a payload beside something else, are one too many."""
    once = form_of(event(type="block_actions"))
    for body in (once + b"&" + once, once + b"&p%61yload=%7B%7D", once + b"&ssl_check=1", once + b"&command=%2Fagent"):
        assert (await door.knock(body, sent_as=FORM))[0] == 400


HEX = (
    "80 bf c0 c1 f5 f8 fe ff c0af c080 e080af f08080af eda080 edb080 edbfbf eda080edb080 f4908080 f7bfbfbf"
    " c3 e2 e282 f09f98 c328 e228a1 f0288cbc"
)
NOT_UTF8 = [
    *(bytes.fromhex(text) for text in HEX.split()),
    *("é".encode(name) for name in ("latin-1", "cp437")),
    *('{"a":"é"}'.encode(name) for name in ("utf-16", "utf-32", "utf-32-le")),
]


@pytest.mark.parametrize("raw", NOT_UTF8, ids=[raw.hex() for raw in NOT_UTF8])
async def test_g10_bytes_that_are_no_utf8_are_refused(door: Door, raw: bytes) -> None:
    """Two decoders would mend them in two ways."""
    said = json.dumps(event()).encode().replace(b'"hi"', b'"' + raw + b'"')
    assert (await door.knock(said))[0] == 400
    command = b"team_id=T1&channel_id=C1&user_id=U1&command=%2Fagent&trigger_id=1&text="
    assert (await door.knock(command + urllib.parse.quote(raw).encode(), sent_as=FORM))[0] in {200, 400}
    assert all("\ufffd" not in str(admitted.body) for admitted in door.behind.seen)


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "utf-7", "ascii", "x", "utf-8; charset=utf-16", '"'])
async def test_g10_no_charset_changes_how_a_body_is_read(door: Door, charset: str) -> None:
    """The signature is over bytes; what they say must not hang on a header that it does not cover."""
    body = json.dumps(event(note="é"), ensure_ascii=False).encode()
    assert (await door.knock(body, sent_as=f"{JSON}; charset={charset}"))[0] == 200
    assert door.behind.seen[0].body["note"] == "é"


@pytest.mark.parametrize("text", [r"\ud800", r"\udc00", r"\udc00\ud800", r"\ud83d", r"a\uDFFF", r"\ud800\u0041"])
async def test_g10_a_lone_surrogate_is_refused(door: Door, text: str) -> None:
    """It cannot be written down again as UTF-8, so it breaks whoever tries: the store, the log."""
    assert (await door.knock(json.dumps(event()).replace('"hi"', f'"{text}"').encode()))[0] == 400


async def test_g10_a_pair_of_surrogates_is_a_character(door: Door) -> None:
    """Slack escapes every emoji so."""
    assert (await door.knock(json.dumps(event()).replace('"hi"', r'"\ud83d\ude00"').encode()))[0] == 200


@pytest.mark.parametrize("bad", ["U1\0", "\0", "U1\n", "U1 ", "u1", "U1|U2", "U1:U2", "", "U" * 25, "U1\u202e"])
async def test_g10_an_identifier_is_letters_and_digits(door: Door, bad: str) -> None:
    """It goes into keys and thread IDs as it is."""
    said = {"type": "message", "user": bad, "text": "", "ts": "1.1", "channel": "C1"}
    assert (await door.tell(event(event=said)))[0] == 400


async def test_unsigned_requests_with_a_good_looking_stamp_are_not_read(door: Door) -> None:
    """The reader runs after the signature, also for forms."""
    body = form_of(event())
    assert (await door.knock(body, {**sign(body), "X-Slack-Signature": "v0=" + "0" * 64}, sent_as=FORM))[0] == 401
