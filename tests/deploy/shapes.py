"""What of Kubernetes' own format the manifests use: a key that is misspelt or stands elsewhere is an error.

Kubernetes itself says so only where a manifest is applied, which no test does. The manifests pass the published schemas
of Kubernetes 1.30, strictly; these models are the part of them that is used.
"""

# ruff: noqa: D101 - each class is called, and has what, the published format says

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Words = tuple[str, ...]
Labels = dict[str, str]


class Strict(BaseModel):
    """Knows its keys, in Kubernetes' spelling, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True)


class Meta(Strict):
    name: str | None = None
    labels: Labels = {}
    annotations: Labels = {}


class Get(Strict):
    path: str
    port: str


class Exec(Strict):
    command: Words


class Probe(Strict):
    http_get: Get | None = None
    exec: Exec | None = None
    period_seconds: int
    timeout_seconds: int = 1
    failure_threshold: int


class Handler(Strict):
    exec: Exec


class Lifecycle(Strict):
    pre_stop: Handler


class Capabilities(Strict):
    drop: Words


class ContainerSecurity(Strict):
    allow_privilege_escalation: Literal[False]
    read_only_root_filesystem: Literal[True]
    capabilities: Capabilities


class KeyRef(Strict):
    name: str
    key: str


class ValueFrom(Strict):
    secret_key_ref: KeyRef


class Env(Strict):
    name: str
    value: str | None = None
    value_from: ValueFrom | None = None


class Named(Strict):
    name: str


class EnvFrom(Strict):
    secret_ref: Named


class Port(Strict):
    name: str
    container_port: int


class Resources(Strict):
    requests: Labels
    limits: Labels


class Mount(Strict):
    name: str
    mount_path: str
    read_only: bool = False


class Container(Strict):
    name: str
    image: str
    command: Words = ()
    args: Words = ()
    env: tuple[Env, ...] = ()
    env_from: tuple[EnvFrom, ...] = ()
    ports: tuple[Port, ...] = ()
    startup_probe: Probe | None = None
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    resources: Resources
    security_context: ContainerSecurity
    volume_mounts: tuple[Mount, ...]


class SecretVolume(Strict):
    secret_name: str
    default_mode: int


class EmptyDir(Strict):
    medium: Literal["Memory"] | None = None
    size_limit: str


class Volume(Strict):
    name: str
    config_map: Named | None = None
    secret: SecretVolume | None = None
    empty_dir: EmptyDir | None = None


class Seccomp(Strict):
    type: Literal["RuntimeDefault"]


class PodSecurity(Strict):
    run_as_non_root: Literal[True]
    run_as_user: Annotated[int, Field(gt=0)]
    run_as_group: Annotated[int, Field(gt=0)]
    fs_group: int | None = None
    seccomp_profile: Seccomp


class Selector(Strict):
    match_labels: Labels


class Spread(Strict):
    max_skew: int
    topology_key: str
    when_unsatisfiable: Literal["ScheduleAnyway", "DoNotSchedule"]
    label_selector: Selector


class PodSpec(Strict):
    automount_service_account_token: Literal[False]
    enable_service_links: Literal[False]
    termination_grace_period_seconds: int
    topology_spread_constraints: tuple[Spread, ...] = ()
    security_context: PodSecurity
    init_containers: tuple[Container, ...] = ()
    containers: tuple[Container, ...]
    volumes: tuple[Volume, ...]


class Pod(Strict):
    metadata: Meta
    spec: PodSpec


class Rolling(Strict):
    max_unavailable: int
    max_surge: int


class Strategy(Strict):
    rolling_update: Rolling


class DeploymentSpec(Strict):
    strategy: Strategy
    selector: Selector
    template: Pod


class Storage(Strict):
    requests: Labels


class ClaimSpec(Strict):
    access_modes: Words
    resources: Storage


class Claim(Strict):
    metadata: Meta
    spec: ClaimSpec


class StatefulSpec(Strict):
    service_name: str
    replicas: int
    selector: Selector
    template: Pod
    volume_claim_templates: tuple[Claim, ...]


class BudgetSpec(Strict):
    min_available: int
    selector: Selector


class ServicePort(Strict):
    name: str
    port: int
    target_port: str


class ServiceSpec(Strict):
    cluster_ip: Annotated[str | None, Field(alias="clusterIP")] = None
    selector: Labels
    ports: tuple[ServicePort, ...]


class Target(Strict):
    api_version: str
    kind: str
    name: str


class Aim(Strict):
    type: Literal["Value", "AverageValue", "Utilization"]
    value: str | None = None
    average_utilization: int | None = None


class ExternalMetric(Strict):
    metric: Named
    target: Aim


class ResourceMetric(Strict):
    name: Literal["cpu", "memory"]
    target: Aim


class Metric(Strict):
    type: Literal["External", "Resource"]
    external: ExternalMetric | None = None
    resource: ResourceMetric | None = None


class Scaling(Strict):
    stabilization_window_seconds: int


class Behavior(Strict):
    scale_down: Scaling


class ScalerSpec(Strict):
    scale_target_ref: Target
    min_replicas: int
    max_replicas: int
    metrics: tuple[Metric, ...]
    behavior: Behavior | None = None


class PolicyPort(Strict):
    protocol: Literal["TCP"]
    port: str


class Peer(Strict):
    pod_selector: Selector


class PolicyRule(Strict):
    from_: Annotated[tuple[Peer, ...], Field(alias="from")]
    ports: tuple[PolicyPort, ...]


class PolicySpec(Strict):
    pod_selector: Selector
    policy_types: Words
    ingress: tuple[PolicyRule, ...]


class Manifest(Strict):
    """What every manifest has."""

    metadata: Meta


class Namespace(Manifest):
    api_version: Literal["v1"]
    kind: Literal["Namespace"]


class Service(Manifest):
    api_version: Literal["v1"]
    kind: Literal["Service"]
    spec: ServiceSpec


class Deployment(Manifest):
    api_version: Literal["apps/v1"]
    kind: Literal["Deployment"]
    spec: DeploymentSpec


class StatefulSet(Manifest):
    api_version: Literal["apps/v1"]
    kind: Literal["StatefulSet"]
    spec: StatefulSpec


class Budget(Manifest):
    api_version: Literal["policy/v1"]
    kind: Literal["PodDisruptionBudget"]
    spec: BudgetSpec


class Scaler(Manifest):
    api_version: Literal["autoscaling/v2"]
    kind: Literal["HorizontalPodAutoscaler"]
    spec: ScalerSpec


class Policy(Manifest):
    api_version: Literal["networking.k8s.io/v1"]
    kind: Literal["NetworkPolicy"]
    spec: PolicySpec


Kinds = Annotated[
    Namespace | Service | Deployment | StatefulSet | Budget | Scaler | Policy, Field(discriminator="kind")
]


class Generated(Strict):
    name: str
    files: Words


class Kustomization(Strict):
    api_version: Literal["kustomize.config.k8s.io/v1beta1"]
    kind: Literal["Kustomization"]
    namespace: str
    resources: Words
    config_map_generator: tuple[Generated, ...]
