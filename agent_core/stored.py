"""How what stands beside the threads is stored: the lines of the team's list, and what remains of purged threads."""

from pydantic import TypeAdapter

from agent_core.codec import EXACT, Shape
from agent_core.ports import TaskLine
from agent_core.ports.archive import Tombstone

TASK_LINE: Shape[TaskLine] = Shape("task_line", lambda: TypeAdapter(tuple[TaskLine], config=EXACT))
TOMBSTONE: Shape[Tombstone] = Shape("tombstone", lambda: TypeAdapter(tuple[Tombstone], config=EXACT))
