r"""Read JSON and forms so that no second reader could read them differently.

The standard parser takes NaN, keeps the last of two equal keys, lets lone surrogates through, spends seconds on a
number of a million digits and recurses as deep as it is told. Each of these is ``Malformed`` here. Nesting is measured
by scanning before anything is parsed; forms are decoded by the book: every ``%`` is followed by two hexadecimal digits,
every field has a name and comes once, everything is UTF-8 whatever a header may claim.
"""

import binascii
import json
import math
import re
from collections.abc import Sequence

from bot.payloads import Malformed

DEEPEST = 64
MOST_DIGITS = 20  # an unsigned 64-bit number; Slack's own are shorter
MOST_FIELDS = 64

# For the scan: every opening is "(" and every closing ")"; all that is neither of those nor a quote is dropped.
_FOLD = bytes.maketrans(b"[]{}", b"()()")
_DROP = bytes(set(range(256)) - set(b'"[]{}'))
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def text_of(raw: bytes) -> str:
    """Decode strictly as UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise Malformed("utf-8") from wrong


def object_of(raw: bytes) -> dict[str, object]:
    """Read one JSON object, or raise Malformed."""
    text = text_of(raw)
    check_depth(raw)
    try:
        read = _DECODER.decode(text)
    except ValueError as wrong:
        raise Malformed("json") from wrong
    if not isinstance(read, dict):
        raise Malformed("json: not an object")
    if _SURROGATE_ESCAPE.search(text):
        check_unicode(read)
    return read


def check_depth(raw: bytes) -> None:
    """Raise Malformed if brackets outside of strings nest deeper than allowed, or do not close."""
    # Escaped backslashes go first, so that a backslash before a quote that is left does escape it.
    unescaped = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(unescaped.translate(_FOLD, _DROP).split(b'"')[::2])
    # Each round takes away the innermost pairs, so as many rounds are needed as there are levels.
    for _ in range(DEEPEST):
        left = brackets.replace(b"()", b"")
        if len(left) == len(brackets):
            break
        brackets = left
    if brackets:
        raise Malformed("json: depth")


def fields_of(raw: bytes) -> dict[str, bytes]:
    """Read a form into its fields, each of which comes once and stays bytes, or raise Malformed."""
    if b"\n" in raw or b"\r" in raw:
        raise Malformed("form: line break")
    pairs = raw.split(b"&", MOST_FIELDS)
    if len(pairs) > MOST_FIELDS:
        raise Malformed("form: too many fields")
    fields: dict[str, bytes] = {}
    for pair in pairs:
        name, equals, value = pair.partition(b"=")
        field = text_of(_unquoted(name))
        if not equals or not field or field in fields:
            raise Malformed("form: field")
        fields[field] = _unquoted(value)
    return fields


def _unquoted(quoted: bytes) -> bytes:
    """Undo percent-encoding, or raise Malformed where a ``%`` is not followed by two hexadecimal digits."""
    # Quoted-printable is the same encoding with "=" for "%", and its decoder is C: 20 times as fast as urllib's.
    unquoted = binascii.a2b_qp(quoted.replace(b"=", b"=3D").replace(b"%", b"=").replace(b"+", b" "))
    # A good escape makes one byte of three; the decoder leaves a bad one longer.
    if len(unquoted) != len(quoted) - 2 * quoted.count(b"%"):
        raise Malformed("form: escape")
    return unquoted


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Build an object whose keys are all different; escapes are undone by now."""
    read = dict(pairs)
    if len(read) != len(pairs):
        raise Malformed("json: repeated key")
    return read


def _constant(_: str) -> object:
    """Refuse NaN and the infinities, which are no JSON."""
    raise Malformed("json: constant")


def _integer(digits: str) -> int:
    """Read a whole number of bearable length."""
    if len(digits) > MOST_DIGITS:
        raise Malformed("json: integer")
    return int(digits)


def _decimal(digits: str) -> float:
    """Read a number that is not too large to be one."""
    read = float(digits)
    if math.isinf(read):
        raise Malformed("json: number")
    return read


def check_unicode(read: object) -> None:
    """Raise Malformed if a surrogate stands alone anywhere, in a key or a value."""
    try:
        json.dumps(read, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as wrong:
        raise Malformed("json: surrogate") from wrong


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_decimal
)
