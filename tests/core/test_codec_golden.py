import json
from collections.abc import Mapping
from typing import Any

import pytest

from agent_core.checkpoint import NEWEST_SCHEMA, SCHEMA
from agent_core.codec import Codec, packed
from agent_core.inputs import Approve
from agent_core.records import Entry
from agent_core.shapes import CHECKPOINT, EFFECT, LESSON, LINE, Shape
from tests.examples import KEY
from tests.golden import CHECKPOINTS

CODEC = Codec(KEY)
SHAPES: dict[str, Shape[Any]] = {shape.name: shape for shape in (CHECKPOINT, LINE, EFFECT, LESSON)}


def golden(schema: int) -> list[dict[str, object]]:
    """Read what a schema wrote, as it was written then."""
    documents: list[dict[str, object]] = json.loads((CHECKPOINTS / f"v{schema}.json").read_text("utf-8"))
    return documents


def value_of(document: Mapping[str, object]) -> object:
    """Decode a document as today's code does."""
    (name,) = document.keys() - {"schema"}
    return CODEC.read(SHAPES[name], packed(json.dumps(document, ensure_ascii=False).encode()))


def plain(tree: object) -> object:
    """Put what has no order, and is written as a list, in one."""
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return sorted((plain(value) for value in tree), key=repr)
    return tree


@pytest.mark.parametrize("schema", SCHEMA)
def test_everything_that_a_schema_wrote_is_read_today(schema: int) -> None:
    """Tasks wait for weeks: an upgrade finds the old bytes, and must go on from them."""
    for document in golden(schema):
        value = value_of(document)
        (name,) = document.keys() - {"schema"}
        assert CODEC.read(SHAPES[name], packed(CODEC.written(SHAPES[name], value))) == value


def test_todays_code_writes_what_the_newest_schema_wrote() -> None:
    """A shape that changes, even by a field with a default, is a new schema: number, step and file."""
    for document in golden(NEWEST_SCHEMA):
        (name,) = document.keys() - {"schema"}
        again = json.loads(CODEC.written(SHAPES[name], value_of(document)))
        assert plain(again) == plain(document)


def test_the_first_schema_still_says_who_approved_what() -> None:
    """Not only readable: the same facts."""
    lines = [value_of(document) for document in golden(1) if "line" in document]
    (approval,) = [line.input for line in lines if isinstance(line, Entry) and isinstance(line.input, Approve)]
    assert (approval.by.id, approval.digest, approval.version) == ("U0APPROVER", "d1" * 16, 3)
