"""Golden files. Cards are written anew when they change on purpose; what was stored is never: tasks out there hold it.

``checkpoints/v<n>.json`` holds one document of each kind as schema n wrote it. ``python -m tests.golden`` writes the
file of the newest schema if there is none yet, and touches no other.
"""

import json
from pathlib import Path

from agent_core.checkpoint import NEWEST_SCHEMA
from agent_core.codec import Codec
from agent_core.shapes import CHECKPOINT, EFFECT, LESSON, LINE
from tests import examples

CHECKPOINTS = Path(__file__).parent / "checkpoints"


def documents() -> list[object]:
    """Write every example as it is stored today, before it is packed and sealed."""
    codec = Codec(examples.KEY)
    entries = [examples.entry(version, given) for version, given in enumerate(examples.INPUTS, 1)]
    written = [
        *(codec.written(CHECKPOINT, checkpoint) for checkpoint in examples.CHECKPOINTS),
        *(codec.written(LINE, line) for line in (*entries, examples.entry(99, examples.START, *examples.RECORDS))),
        codec.written(LINE, examples.NOTE),
        *(codec.written(EFFECT, effect) for effect in examples.EFFECTS),
        *(codec.written(LESSON, lesson) for lesson in (examples.LESSON, examples.OVERRIDE)),
    ]
    return [json.loads(document) for document in written]


def write_missing() -> Path:
    """Write the newest schema's file, or raise FileExistsError: it is kept for ever as it is."""
    path = CHECKPOINTS / f"v{NEWEST_SCHEMA}.json"
    with path.open("x", encoding="utf-8") as file:
        json.dump(documents(), file, ensure_ascii=False, indent=1)
        file.write("\n")
    return path
