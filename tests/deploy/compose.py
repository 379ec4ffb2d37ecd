"""What of Compose's own format compose.yml uses; an unknown key is an error."""
# ruff: noqa: D101 - each class is called, and has what, the published format says

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Words = tuple[str, ...]


class Strict(BaseModel):
    """Knows its keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Build(Strict):
    context: str
    dockerfile: str


class Needs(Strict):
    condition: Literal["service_healthy"]


class Health(Strict):
    test: Words
    interval: str
    timeout: str
    retries: int = 3
    start_period: str = "0s"


class Replicas(Strict):
    replicas: int


class Service(Strict):
    image: str
    build: Build | None = None
    entrypoint: Words = ()
    command: Words
    env_file: Words = ()
    environment: dict[str, str]
    user: str | None = None
    secrets: Words = ()
    volumes: Words
    depends_on: dict[str, Needs] = {}
    ports: Words = ()
    healthcheck: Health
    read_only: Literal[True]
    tmpfs: Words
    cap_drop: Words
    security_opt: Words
    stop_grace_period: str
    restart: Literal["unless-stopped"]
    deploy: Replicas = Replicas(replicas=1)


class Empty(Strict):
    pass


class Secret(Strict):
    file: str


class Compose(BaseModel):
    """The file; keys that begin with ``x-`` are its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    services: dict[str, Service]
    volumes: dict[str, Empty]
    secrets: dict[str, Secret]
    bot: object = Field(alias="x-bot")
