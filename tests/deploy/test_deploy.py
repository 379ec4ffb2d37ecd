import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from agent_core.adapters.embedded.premises import SETTINGS as EMBEDDED
from agent_core.adapters.redis_client import connect
from agent_core.adapters.redis_settings import check_settings
from bot.__main__ import COMMANDS
from bot.config import Settings
from bot.health import Metrics
from tests.cluster.kit import CONF, Store
from tests.deploy.compose import Compose, Service as Composed
from tests.deploy.shapes import (
    Budget,
    Container,
    Deployment,
    Kinds,
    Kustomization,
    Namespace,
    PodSpec,
    Policy,
    Scaler,
    Service,
    StatefulSet,
)

DEPLOY = CONF.parent
ROLES = ("serve", "work")
OWN = {"REDIS_PASSWORD"}  # used to make REDIS_URL
SLACK = {"SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"}
WORK_ENDS_S = 75


def parsed(path: Path) -> Iterator[object]:
    """Read every document of a YAML file."""
    yield from YAML(typ="safe").load_all(path.read_text())


def manifests() -> list[Kinds]:
    """Read every manifest, strictly."""
    kinds: TypeAdapter[Kinds] = TypeAdapter(Kinds)
    paths = sorted((DEPLOY / "kubernetes").glob("*.yml"))
    return [kinds.validate_python(document) for path in paths for document in parsed(path)]


def named(kind: type, name: str) -> Kinds:
    """Find a manifest."""
    (found,) = [one for one in manifests() if isinstance(one, kind) and one.metadata.name == name]
    return found


def deployment(role: str) -> Deployment:
    """Give a role's deployment."""
    found = named(Deployment, role)
    assert isinstance(found, Deployment)
    return found


def pod(role: str) -> PodSpec:
    """Give what a role's pods are made of."""
    return deployment(role).spec.template.spec


def container(role: str) -> Container:
    """Give the one container of a role's pods."""
    (one,) = pod(role).containers
    return one


def compose() -> dict[str, Composed]:
    """Read compose.yml, strictly, with its merges done."""
    (document,) = parsed(DEPLOY / "compose.yml")
    return Compose.model_validate(document).services


def settings_of(text: str) -> dict[str, str]:
    """Read a server's configuration."""
    lines = (line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name: value.strip('"') for name, value in lines}


def dockerfile() -> str:
    """Read the Dockerfile."""
    return (DEPLOY / "Dockerfile").read_text()


def test_kustomize_is_given_every_manifest_and_the_one_configuration_of_the_server() -> None:
    """A file that is forgotten there is not applied."""
    (document,) = parsed(DEPLOY / "kustomization.yml")
    kustomization = Kustomization.model_validate(document)
    there = {f"kubernetes/{path.name}" for path in (DEPLOY / "kubernetes").iterdir()}
    assert set(kustomization.resources) == there
    (generated,) = kustomization.config_map_generator
    assert (generated.name, generated.files) == ("countersign-redis", ("redis.conf",))
    space = named(Namespace, kustomization.namespace)
    assert space.metadata.labels["pod-security.kubernetes.io/enforce"] == "restricted"


async def test_a_server_with_the_shipped_configuration_is_taken() -> None:
    """The one that compose mounts, Kubernetes carries and `make cluster` starts; only a note is left to say."""
    with TemporaryDirectory(prefix="cs-") as folder:
        store = Store(Path(folder))
        await store.start()
        client = connect(store.url)
        findings = await check_settings(client, is_shared=True)
        await client.aclose()
        await store.kill()
    assert [(finding.level, finding.setting) for finding in findings] == [("note", "aof-load-truncated")]


def test_the_embedded_server_keeps_what_the_shipped_configuration_promises() -> None:
    """`run` on a laptop loses no more than a deployment does."""
    shipped = settings_of(CONF.read_text())
    embedded = settings_of(EMBEDDED)
    for setting in ("appendonly", "appendfsync", "no-appendfsync-on-rewrite", "maxmemory-policy", "save"):
        assert embedded[setting] == shipped[setting]


@pytest.mark.parametrize("role", ROLES)
def test_a_pod_runs_a_command_that_there_is_in_an_environment_that_the_bot_reads(role: str) -> None:
    """A misspelt variable would be ignored in silence."""
    one = container(role)
    assert one.args == (role,)
    assert role in COMMANDS
    known = {name.upper() for name in Settings.model_fields} | OWN
    assert {variable.name for variable in one.env} <= known
    assert {"REDIS_URL", "COUNTERSIGN_KEY_FILE"} <= {variable.name for variable in one.env}
    assert [source.secret_ref.name for source in one.env_from] == ["countersign-slack"]


@pytest.mark.parametrize("role", ROLES)
def test_a_pod_is_asked_for_its_health_where_its_role_answers(role: str) -> None:
    """A worker has the admin port alone."""
    one = container(role)
    ports = {port.name: port.container_port for port in one.ports}
    port = "http" if role == "serve" else "admin"
    assert ports["admin"] == int(in_image("COUNTERSIGN_ADMIN_PORT"))
    assert ports.get("http") == (int(in_image("COUNTERSIGN_PORT")) if role == "serve" else None)
    probes = {"/readyz": (one.startup_probe, one.readiness_probe), "/livez": (one.liveness_probe,)}
    for path, asked in probes.items():
        for probe in asked:
            assert probe is not None
            assert probe.http_get is not None
            assert (probe.http_get.path, probe.http_get.port) == (path, port)


def in_image(name: str) -> str:
    """Give a variable that the image sets."""
    found = re.search(rf"\b{name}=(\S+)", dockerfile())
    assert found is not None
    return found[1]


@pytest.mark.parametrize("role", ROLES)
def test_an_upgrade_or_a_drained_node_leaves_somebody_at_work(role: str) -> None:
    """The new one is ready before the old one goes, and never are all gone at once."""
    rolling = deployment(role).spec.strategy.rolling_update
    assert (rolling.max_unavailable, rolling.max_surge) == (0, 1)
    budget, scaler = named(Budget, role), named(Scaler, role)
    assert isinstance(budget, Budget)
    assert isinstance(scaler, Scaler)
    assert budget.spec.min_available == 1
    assert scaler.spec.min_replicas == 2
    labels = deployment(role).spec.template.metadata.labels
    assert budget.spec.selector.match_labels == deployment(role).spec.selector.match_labels == labels
    assert (scaler.spec.scale_target_ref.kind, scaler.spec.scale_target_ref.name) == ("Deployment", role)


def test_workers_are_scaled_by_a_figure_that_there_is() -> None:
    """By how late the work is: who waits for a tool uses no processor."""
    scaler = named(Scaler, "work")
    assert isinstance(scaler, Scaler)
    (metric,) = scaler.spec.metrics
    assert metric.external is not None
    figures = {figure.name for figure in Metrics().registry.collect()}
    assert metric.external.metric.name in figures


def test_whoever_is_told_to_stop_is_given_the_time_that_it_takes() -> None:
    """A call that runs may end; requests go elsewhere before the port closes."""
    assert pod("work").termination_grace_period_seconds == WORK_ENDS_S
    assert compose()["work"].stop_grace_period == f"{WORK_ENDS_S}s"
    lifecycle = container("serve").lifecycle
    assert lifecycle is not None
    assert lifecycle.pre_stop.exec.command[0] == "sleep"


@pytest.mark.parametrize("role", ROLES)
def test_the_key_reaches_the_bot_as_a_file_of_its_own(role: str) -> None:
    """One that others may read is refused; a mounted secret is such a file."""
    (first,) = pod(role).init_containers
    assert first.command == ("install", "-m", "0600", "/secret/key", "/key/key")
    volumes = {volume.name: volume for volume in pod(role).volumes}
    secret = volumes["secret"].secret
    assert secret is not None
    assert secret.default_mode == 0o444
    assert "secret" not in {mount.name for mount in container(role).volume_mounts}
    paths = {mount.mount_path for mount in container(role).volume_mounts}
    assert {"/key", "/tmp", "/etc/countersign"} <= paths  # noqa: S108 - a path in the container
    assert {mount.name for mount in container(role).volume_mounts} <= volumes.keys()


def test_nobody_but_the_bots_reaches_the_store() -> None:
    """Whoever writes to it runs code in the workers."""
    policy, store = named(Policy, "redis"), named(StatefulSet, "redis")
    assert isinstance(policy, Policy)
    assert isinstance(store, StatefulSet)
    assert policy.spec.pod_selector.match_labels == store.spec.template.metadata.labels
    (rule,) = policy.spec.ingress
    (peer,) = rule.from_
    for role in ROLES:
        labels = deployment(role).spec.template.metadata.labels
        assert peer.pod_selector.match_labels.items() <= labels.items()
    assert not compose()["redis"].ports


def test_services_lead_to_ports_that_there_are() -> None:
    """A name that is nobody's leads nowhere, and says nothing."""
    serving = named(Service, "serve")
    assert isinstance(serving, Service)
    assert serving.spec.selector == deployment("serve").spec.template.metadata.labels
    assert {port.target_port for port in serving.spec.ports} <= {port.name for port in container("serve").ports}


@pytest.mark.parametrize("role", ROLES)
def test_compose_runs_two_of_each_role_on_one_store(role: str) -> None:
    """As `make cluster` does with processes."""
    service = compose()[role]
    assert (service.command, service.deploy.replicas) == ((role,), 2)
    assert service.environment.keys() <= {name.upper() for name in Settings.model_fields}
    assert service.environment["REDIS_URL"].endswith("@redis:6379/0")
    assert service.depends_on.keys() == {"redis"}
    port = in_image("COUNTERSIGN_PORT" if role == "serve" else "COUNTERSIGN_ADMIN_PORT")
    assert f"127.0.0.1:{port}/readyz" in service.healthcheck.test[-1]


def test_compose_gives_the_server_the_shipped_configuration() -> None:
    """And its password in a file, not on a command line."""
    store = compose()["redis"]
    assert "./redis.conf:/etc/countersign/redis.conf:ro" in store.volumes
    kubernetes = named(StatefulSet, "redis")
    assert isinstance(kubernetes, StatefulSet)
    (server,) = kubernetes.spec.template.spec.containers
    for script in (store.command[-1], server.args[-1]):
        assert "include /etc/countersign/redis.conf" in script
        assert "exec valkey-server /tmp/redis.conf --dir /data" in script
    assert store.image == server.image


def test_the_image_has_the_pinned_packages_and_runs_as_nobody_in_particular() -> None:
    """Packages by hash, wheels only; a number for the user, so that Kubernetes can see that it is not root."""
    text = dockerfile()
    assert "--require-hashes --no-deps -r /requirements.txt" in text
    assert "--only-binary :all:" in text
    assert "\nUSER 10001:10001\n" in text
    assert text.index("USER ") < text.index("ENTRYPOINT ")
    for role in ROLES:
        assert pod(role).security_context.run_as_user == 10001
    for variable in re.findall(r"\b(COUNTERSIGN_\w+)=", text):
        assert variable.lower() in Settings.model_fields


def test_the_image_is_built_from_what_it_is_made_of_and_nothing_else() -> None:
    """A secret that lies in the checkout must not end in a layer."""
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    copied = set(re.findall(r"^COPY (?!--from)(\S+)", dockerfile(), re.MULTILINE))
    assert lines[1] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == copied


def test_every_package_is_pinned_by_hash() -> None:
    """A requirement without one would be refused when the image is built, and not before."""
    text = (DEPLOY / "requirements.txt").read_text()
    blocks = re.split(r"\n(?=[a-z])", text)
    assert all("--hash=sha256:" in block for block in blocks)
    assert {"pydocket", "redis", "slack-bolt"} <= {block.partition("==")[0] for block in blocks}


def test_the_operations_page_names_every_secret_and_configuration_that_is_needed() -> None:
    """What is not said there is found out when pods do not start."""
    page = (DEPLOY.parent / "docs" / "operations.md").read_text()
    wanted = {"countersign-slack", "countersign-redis", "countersign-key", "countersign-config"} | SLACK
    assert {word for word in wanted if word not in page} == set()
