"""Modals and Home: a stack of at most three views for each person, and one Home.

A view id lives until its modal closes. Each accepted change gives a new `hash`; who passes an old one loses.
"""

import secrets

from bot.playground.blocks import view_shape
from bot.playground.disk import Disk
from bot.playground.states import initial_values
from bot.playground.words import APP_ID, BOT_ID, TEAM_ID, Json, Refusal, copied
from bot.playground.workspace import Change, Workspace

STACK = 3


class Views:
    """What each person has open."""

    def __init__(self, workspace: Workspace, disk: Disk) -> None:
        self._workspace = workspace
        self._disk = disk
        self._stacks: dict[str, list[Json]] = {}
        self._homes: dict[str, Json] = dict(disk.all("home"))

    def stack(self, person: str) -> list[Json]:
        """Give the modals of this person, the newest last."""
        return self._stacks.get(person, [])

    def home(self, person: str) -> Json | None:
        """Give the Home view of this person, if one was published."""
        return self._homes.get(person)

    def find(self, view_id: str, external_id: str = "") -> tuple[str, Json]:
        """Give an open view and whose it is."""
        for person, views in [*self._stacks.items(), *((who, [home]) for who, home in self._homes.items())]:
            for view in views:
                if view["id"] == view_id or (external_id and view["external_id"] == external_id):
                    return person, view
        raise Refusal("not_found")

    def open(self, person: str, shape: Json) -> Json:
        """Open a modal as the root of a new stack."""
        view = self._new(shape, root="", previous=None)
        self._stacks[person] = [view]
        self.show(person)
        return view

    def push(self, person: str, shape: Json, onto: str) -> Json:
        """Put a modal on top of the stack that has this view in it."""
        stack = self.stack(person)
        if not stack or not any(view["id"] == onto for view in stack):
            raise Refusal("not_found")
        if len(stack) >= STACK:
            raise Refusal("push_limit_reached")
        view = self._new(shape, root=stack[0]["id"], previous=stack[-1]["id"])
        stack.append(view)
        self.show(person)
        return view

    def update(self, view: Json, person: str, shape: Json) -> Json:
        """Replace what an open view shows; typed text stays where its ids stay."""
        values = initial_values(shape["blocks"], view["state"]["values"])
        given = self._full(shape)
        if given["external_id"] != view["external_id"]:
            self._check_external_id(given["external_id"])
        view.update(given, state={"values": values}, hash=self._hash())
        if view["type"] == "home":
            self._publish(person, view)
        else:
            self.show(person)
        return view

    def publish(self, person: str, shape: Json) -> Json:
        """Show this Home to this person from now on."""
        before = self._homes.get(person)
        if before is not None:
            return self.update(before, person, shape)
        view = self._new(shape, root="", previous=None)
        self._publish(person, view)
        return view

    def _publish(self, person: str, view: Json) -> None:
        self._homes[person] = view
        self._disk.put("home", person, view)
        self._workspace.announce(Change(kind="home", viewer=person, facts={"view": view}))

    def close(self, person: str, view_id: str) -> None:
        """Close this modal and what is on top of it."""
        stack = self.stack(person)
        for index, view in enumerate(stack):
            if view["id"] == view_id:
                del stack[index:]
                break
        self.show(person)

    def clear(self, person: str) -> None:
        """Close all modals of this person."""
        self._stacks.pop(person, None)
        self.show(person)

    def type_into(self, person: str, view: Json, at: tuple[str, str], state: Json) -> None:
        """Keep what a person typed at a block_id and action_id; the hash stays, the app did not change it."""
        view["state"]["values"].setdefault(at[0], {})[at[1]] = state
        if view["type"] == "home":
            self._disk.put("home", person, view)

    def show(self, person: str) -> None:
        """Let this person's pages see their stack as it is now."""
        self._workspace.announce(Change(kind="views", viewer=person, facts={"views": self.stack(person)}))

    def check_shape(self, given: object, surface: str) -> Json:
        """Give the view that was asked for, or refuse it."""
        return view_shape(given, surface)

    def _check_external_id(self, external_id: str) -> None:
        if not external_id:
            return
        taken = {view["external_id"] for views in self._stacks.values() for view in views}
        if external_id in taken | {home["external_id"] for home in self._homes.values()}:
            raise Refusal("duplicate_external_id")

    @staticmethod
    def _hash() -> str:
        return f"{secrets.randbits(30)}.{secrets.token_hex(4)}"

    @staticmethod
    def _full(shape: Json) -> Json:
        """Give the fields that every view has, asked for or not."""
        full = {"private_metadata": "", "callback_id": "", "external_id": ""}
        if shape["type"] == "modal":
            full |= {"submit": None, "close": None, "clear_on_close": False, "notify_on_close": False}  # type: ignore[dict-item]  # Slack has null here
        return copied(full | shape)

    def _new(self, shape: Json, *, root: str, previous: str | None) -> Json:
        view_id = "V" + secrets.token_hex(5).upper()
        full = self._full(shape)
        self._check_external_id(full["external_id"])
        return full | {
            "id": view_id,
            "team_id": TEAM_ID,
            "state": {"values": initial_values(full["blocks"])},
            "hash": self._hash(),
            "previous_view_id": previous,
            "root_view_id": root or view_id,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
        }
