"""The same work on LangGraph with its Redis checkpointer; runs in a venv of its own (stack.py says which).

A graph of two nodes: one asks a person (``interrupt``), the next has the effect and updates the card. A press resumes
the graph; it is acknowledged when the decision's checkpoint is durable, which is when the second node begins
(``durability="sync"``). That is the earliest moment at which the click can't be lost, as on the other sides. It keeps
no journal, knows no policy, and two presses at once both run: that is not counted against it.
"""

import asyncio
from typing import Any, TypedDict

from langgraph.checkpoint.redis.aio import AsyncRedisSaver  # type: ignore[import-not-found]  # not in our venv
from langgraph.graph import END, START, StateGraph  # type: ignore[import-not-found]  # not in our venv
from langgraph.types import Command, interrupt  # type: ignore[import-not-found]  # not in our venv
from redis.asyncio import Redis
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.floor import Floor, main
from benchmarks.wire import Json


class State(TypedDict, total=False):
    """What is kept of a task."""

    thread: str
    tool: str
    args: dict[str, str]
    why: str
    by: str
    card: str


class Checkpointed(Floor):
    """The floor's listener and cards, with a graph in the place of its script."""

    def __init__(self, redis: Redis, client: AsyncWebClient, saver: Any) -> None:  # noqa: ANN401 - typed in its own venv
        """Compile the graph."""
        super().__init__(redis, client)
        self._recorded: dict[str, asyncio.Event] = {}
        graph = StateGraph(State)
        graph.add_node("ask", self._ask)
        graph.add_node("act", self._act)
        graph.add_edge(START, "ask")
        graph.add_edge("ask", "act")
        graph.add_edge("act", END)
        self._graph = graph.compile(checkpointer=saver)

    async def prepare(self, threads: list[str]) -> None:
        """Let a graph wait in each thread, and post its card."""
        for thread in threads:
            _, channel, ts = thread.split(":")
            line = f"line-{ts.replace('.', '-')}"
            state: State = {"thread": thread, "tool": "note", "args": {"line": line}, "why": "It was asked for."}
            await self._graph.ainvoke(state, self._config(thread))
            await self.client.chat_postMessage(channel=channel, thread_ts=ts, **self.drawn("waiting", thread))

    async def approve(self, ack: AsyncAck, body: Json) -> None:
        """Resume the graph, and acknowledge when the decision is durable."""
        thread = body["actions"][0]["value"].split("|")[0]
        recorded = self._recorded[thread] = asyncio.Event()
        decision = {"by": body["user"]["id"], "card": body["container"]["message_ts"]}
        task = asyncio.create_task(self._resume(thread, decision))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await recorded.wait()
        await ack()

    async def _resume(self, thread: str, decision: dict[str, str]) -> None:
        await self._graph.ainvoke(Command(resume=decision), self._config(thread), durability="sync")

    def _config(self, thread: str) -> Json:
        return {"configurable": {"thread_id": thread}}

    async def _ask(self, state: State) -> State:
        decision: dict[str, str] = interrupt({"tool": state["tool"], "args": state["args"], "why": state["why"]})
        return {"by": decision["by"], "card": decision["card"]}

    async def _act(self, state: State) -> State:
        self._recorded.pop(state["thread"]).set()
        await self.perform(state["thread"], state["card"])
        return {}


async def checkpointed(redis: Redis, client: AsyncWebClient) -> Floor:
    """Make it, with the indices that its checkpointer wants."""
    saver = AsyncRedisSaver(redis_client=Redis.from_pool(redis.connection_pool))
    await saver.asetup()
    return Checkpointed(redis, client, saver)


if __name__ == "__main__":
    asyncio.run(main(checkpointed))
