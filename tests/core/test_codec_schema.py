import json
from collections.abc import Mapping

import pytest

from agent_core.checkpoint import NEWEST_SCHEMA, SCHEMA
from agent_core.codec import UPGRADES, Codec, Corrupt, UnknownSchema, packed
from agent_core.records import Line
from agent_core.shapes import Tree
from agent_core.words import Json
from tests.examples import KEY, NOTE, THREAD, WAITING

TODAY = Codec(KEY)


def note_tree() -> dict[str, Json]:
    """Write a note as it is written today."""
    tree: dict[str, Json] = json.loads(TODAY.encode_line(NOTE)[1:])["line"]
    return tree


def read(document: object, reader: Codec = TODAY) -> Line:
    """Read a journal line that holds this document."""
    return reader.decode_line(packed(json.dumps(document).encode()))


def called_text(name: str, tree: Tree) -> Tree:
    """Bring a line from a schema in which a note's words were called text."""
    assert name == "line"
    return {"words" if key == "text" else key: value for key, value in tree.items()}


def words_in_capitals(_: str, tree: Tree) -> Tree:
    """Bring a line from a schema in which words were whispered."""
    return {**tree, "words": str(tree["words"]).upper()}


def test_there_is_one_step_for_each_schema_before_the_newest() -> None:
    """A shape that was ever written can be read for ever."""
    assert sorted(UPGRADES) == sorted(SCHEMA)[:-1]
    assert max(SCHEMA) == NEWEST_SCHEMA == len(SCHEMA)


def test_an_older_shape_goes_through_every_step_in_order() -> None:
    """From the synthetic schema 1 to 3, as a task that waited through two upgrades would."""
    later = Codec(KEY, schema=3, upgrades={1: called_text, 2: words_in_capitals})
    old = {("text" if key == "words" else key): value for key, value in note_tree().items()}
    line = read({"schema": 1, "line": old}, later)
    assert line.kind == "note"
    assert line.words == NOTE.words.upper()


def test_a_checkpoint_is_brought_up_too() -> None:
    """What today's code wrote is read by a later version with its step."""
    later = Codec(KEY, schema=NEWEST_SCHEMA + 1, upgrades={NEWEST_SCHEMA: lambda _, tree: {**tree, "memory": "new"}})
    assert later.decode(TODAY.encode(WAITING), THREAD).memory == "new"


def test_a_newer_schema_is_left_alone_and_named() -> None:
    """After a roll-back the older version must not read half of what the newer one wrote."""
    later = Codec(KEY, schema=NEWEST_SCHEMA + 1, upgrades={})
    with pytest.raises(UnknownSchema, match=rf"newer version \(schema {NEWEST_SCHEMA + 1}; this one knows"):
        TODAY.decode(later.encode(WAITING), THREAD)


@pytest.mark.parametrize("schema", [0, -1])
def test_a_schema_that_never_was_is_refused(schema: int) -> None:
    """Numbering began at 1."""
    with pytest.raises(UnknownSchema, match="which this version cannot read"):
        read({"schema": schema, "line": note_tree()})


def test_a_schema_without_its_step_is_refused() -> None:
    """A missing step is not guessed."""
    with pytest.raises(UnknownSchema, match="which this version cannot read"):
        read({"schema": 1, "line": note_tree()}, Codec(KEY, schema=3, upgrades={1: called_text}))


@pytest.mark.parametrize(
    "document", [{"line": {}}, {"schema": "1", "line": {}}, {"schema": True, "line": {}}, {"schema": None}, [], "1"]
)
def test_a_document_without_a_schema_number_is_refused(document: object) -> None:
    """True is no number here, though Python thinks so."""
    with pytest.raises(UnknownSchema, match="does not say in which schema"):
        read(document)


@pytest.mark.parametrize("value", [None, [], "line"])
def test_a_document_without_its_value_is_refused(value: object) -> None:
    """A number alone is no task."""
    with pytest.raises(Corrupt, match="is empty"):
        read({"schema": NEWEST_SCHEMA, "line": value})


def test_a_value_of_another_shape_is_refused() -> None:
    """Right schema, wrong content: damage, and said so."""
    with pytest.raises(Corrupt, match="not what this version writes"):
        read({"schema": NEWEST_SCHEMA, "line": {**note_tree(), "version": "three"}})


def test_a_step_that_cannot_take_what_it_finds_is_no_crash() -> None:
    """One bad thread is set aside; the others go on."""

    def step(_: str, tree: Tree) -> Mapping[str, Json]:
        return {"words": tree["never written"]}

    with pytest.raises(Corrupt, match="cannot be brought up from schema 1"):
        read({"schema": 1, "line": note_tree()}, Codec(KEY, schema=2, upgrades={1: step}))
