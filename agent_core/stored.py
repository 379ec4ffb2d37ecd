"""How what stands beside the threads is stored: the team's list, and what remains of what was purged or erased."""

from pydantic import TypeAdapter

from agent_core.ports import TaskLine
from agent_core.ports.archive import Erasure, Tombstone
from agent_core.shapes import EXACT, Shape

TASK_LINE: Shape[TaskLine] = Shape("task_line", lambda: TypeAdapter(tuple[TaskLine], config=EXACT))
ERASURE: Shape[Erasure] = Shape("erasure", lambda: TypeAdapter(tuple[Erasure], config=EXACT))
TOMBSTONE: Shape[Tombstone] = Shape("tombstone", lambda: TypeAdapter(tuple[Tombstone], config=EXACT))
