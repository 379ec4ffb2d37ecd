"""A tool that is an async, annotated Python function, ``module:name``, in the bot's own process.

Its annotations are its schema, read strictly: what a person saw is what the function gets, and "5" is not 5. A
keyword-only parameter ``idempotency_key`` is ours to fill and is not part of the schema. The function runs on the
bot's event loop, so it must await and never block; a synchronous one would stop everything and is refused at load.
"""

import asyncio
import importlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, ValidationError, create_model
from pydantic_core import PydanticSerializationError, to_jsonable_python

from agent_core.adapters.tools.masking import Masker
from agent_core.adapters.tools.output import (
    DEFAULT_TIMEOUT_S,
    OUTPUT_CAP_BYTES,
    ArgumentRefused,
    OnOutput,
    ToolFailed,
    ToolMisconfigured,
    ToolOutput,
    ToolStopped,
    ToolTimedOut,
)
from agent_core.adapters.tools.waiting import first_of

OUR_PARAMETER = "idempotency_key"
GRACE_S = 2.0
MESSAGE_CHARS = 500
NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class AsyncFunction(Protocol):
    """What a tool's function looks like to us."""

    async def __call__(self, **arguments: object) -> object:
        """Do what the tool does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonTool:
    """One configured function. Built at start, where a function that cannot be a tool is found out."""

    name: str
    function: str
    secret_args: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    timeout_s: float = DEFAULT_TIMEOUT_S
    output_cap_bytes: int = OUTPUT_CAP_BYTES
    _called: AsyncFunction = field(init=False, repr=False)
    _arguments: type[BaseModel] = field(init=False, repr=False)
    _takes_key: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Load the function, or raise ToolMisconfigured."""
        called = load(self.function)
        object.__setattr__(self, "_called", called)  # frozen for everybody else
        object.__setattr__(self, "_arguments", arguments_of(self.function, called))
        object.__setattr__(self, "_takes_key", takes_key(called))

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of the arguments."""
        return self._arguments.model_json_schema()

    def fingerprint_parts(self) -> dict[str, object]:
        """Return what makes this the same tool as before."""
        return {"function": self.function, "schema": self.schema()}

    async def run(
        self,
        args: Mapping[str, object],
        *,
        idempotency_key: str,
        deadline_s: float | None = None,
        cancel: asyncio.Event | None = None,
        on_output: OnOutput | None = None,
    ) -> ToolOutput:
        """Call the function once; raise ArgumentRefused, ToolFailed, ToolTimedOut or ToolStopped."""
        del on_output  # a function has one result, and gives it at its end
        masker = Masker(self._secrets_of(args))
        arguments = self._checked(args, masker)
        if self._takes_key:
            arguments[OUR_PARAMETER] = idempotency_key
        limit_s = self.timeout_s if deadline_s is None else min(self.timeout_s, deadline_s)
        work = asyncio.ensure_future(self._call(arguments, masker))
        try:
            ending = await first_of(work, limit_s=limit_s, cancel=cancel)
        finally:
            end_of_work = await give_up(work)
        match ending:
            case "finished":
                return self._shown(self._result_of(work), masker)
            case "timed_out":
                raise ToolTimedOut(f"{self.name} was ended after {limit_s:g} s{end_of_work}. It may have happened.")
            case "stopped":
                raise ToolStopped(f"{self.name} was stopped while it ran{end_of_work}. It may have happened.")

    async def _call(self, arguments: dict[str, object], masker: Masker) -> object:
        """Call the function and turn whatever it raises into words."""
        try:
            return await self._called(**arguments)
        except (Exception, SystemExit) as error:  # sys.exit() in a tool must not end the bot
            message = masker.whole(str(error))
            short = message if len(message) <= MESSAGE_CHARS else message[:MESSAGE_CHARS] + "…"
            raise ToolFailed(f"{self.name} failed: {type(error).__name__}: {short}") from error

    def _checked(self, args: Mapping[str, object], masker: Masker) -> dict[str, object]:
        """Return the arguments as the annotations want them, or raise ArgumentRefused."""
        try:
            checked = self._arguments.model_validate_json(json.dumps(dict(args), allow_nan=False), strict=True)
        except ValidationError as error:
            flaws = "; ".join(
                f"{'.'.join(map(str, flaw['loc'])) or 'arguments'}: {flaw['msg']}"
                for flaw in error.errors(include_input=False, include_url=False, include_context=False)
            )
            raise ArgumentRefused(
                f"{self.name} was not called. {masker.whole(flaws)}."
            ) from None  # the cause holds the values
        except (TypeError, ValueError) as error:
            raise ArgumentRefused(f"{self.name} was not called. An argument is not JSON.") from error
        fields = self._arguments.model_fields.items()
        return {info.alias or field_name: getattr(checked, field_name) for field_name, info in fields}

    def _secrets_of(self, args: Mapping[str, object]) -> tuple[str, ...]:
        """List what must not be seen: the configured secrets and this call's secret arguments."""
        values = [args[name] for name in sorted(self.secret_args & args.keys())]
        return (*self.secrets, *(value if isinstance(value, str) else json.dumps(value) for value in values))

    def _result_of(self, work: asyncio.Future[object]) -> object:
        """Return what the function gave; one that cancelled itself must not look like us being cancelled."""
        if work.cancelled():
            raise ToolFailed(f"{self.name} failed: it cancelled itself.")
        return work.result()

    def _shown(self, result: object, masker: Masker) -> ToolOutput:
        """Return a result as text: a string as it is, anything else as canonical JSON."""
        try:
            text = result if isinstance(result, str) else canonical(result)
        except (PydanticSerializationError, ValueError) as error:
            raise ToolFailed(f"{self.name} ran, but gave back a {type(result).__name__}, which is not JSON.") from error
        encoded = text.encode(errors="replace")
        dropped = max(0, len(encoded) - self.output_cap_bytes)
        kept = encoded[: self.output_cap_bytes].decode(errors="ignore" if dropped else "strict")
        return ToolOutput(value=masker.cut_off(kept) if dropped else masker.whole(kept), truncated_bytes=dropped)


def load(reference: str) -> AsyncFunction:
    """Import a function by ``module:name``, or raise ToolMisconfigured."""
    module_name, colon, name = reference.partition(":")
    if not colon or not module_name or not name.isidentifier():
        raise ToolMisconfigured(f"function: {reference!r} is not of the form module:name.")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # an import runs the module, and a module may raise anything
        raise ToolMisconfigured(
            f"function: {reference}: the module cannot be imported ({type(error).__name__}: {error})."
        ) from error
    found = getattr(module, name, None)
    if not inspect.iscoroutinefunction(found):
        what = "does not exist" if found is None else "is not an async function; one that blocks would stop the bot"
        raise ToolMisconfigured(f"function: {reference} {what}.")
    return cast("AsyncFunction", found)


def arguments_of(reference: str, called: AsyncFunction) -> type[BaseModel]:
    """Build the argument model from the annotations, or raise ToolMisconfigured."""
    parameters = inspect.signature(called).parameters.values()
    try:
        hints = get_type_hints(called, include_extras=True)
    except (NameError, TypeError) as error:
        raise ToolMisconfigured(f"function: {reference}: an annotation cannot be read ({error}).") from error
    fields: dict[str, object] = {}
    for parameter in parameters:
        if parameter.kind not in NAMED or parameter.name not in hints:
            raise ToolMisconfigured(
                f"function: {reference}: the parameter {parameter.name} needs a name and an annotation."
            )
        if not is_ours(parameter):
            default = ... if parameter.default is inspect.Parameter.empty else parameter.default
            # By alias: a tool may well have an argument named `json` or `copy`, which a model's field may not be.
            fields[f"argument_{len(fields)}"] = (hints[parameter.name], Field(default, alias=parameter.name))
    return model_of(reference, fields)


def model_of(reference: str, fields: dict[str, object]) -> type[BaseModel]:
    """Let pydantic make the model, or raise ToolMisconfigured where a type has no schema."""
    config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    try:
        model: type[BaseModel] = create_model("Arguments", __config__=config, **fields)  # type: ignore[call-overload] # its stubs cannot type fields that are made at run time
        model.model_json_schema()
    except (PydanticUserError, TypeError, ValueError) as error:
        raise ToolMisconfigured(f"function: {reference}: an argument's type is not JSON ({error}).") from error
    return model


def is_ours(parameter: inspect.Parameter) -> bool:
    """Tell whether we fill this parameter."""
    return parameter.name == OUR_PARAMETER and parameter.kind is inspect.Parameter.KEYWORD_ONLY


def takes_key(called: AsyncFunction) -> bool:
    """Tell whether the function wants the idempotency key."""
    return any(is_ours(parameter) for parameter in inspect.signature(called).parameters.values())


async def give_up(work: asyncio.Future[object]) -> str:
    """Cancel what still runs and wait a little; return words where it did not listen."""
    if work.done():
        return ""
    work.cancel()
    await asyncio.wait({work}, timeout=GRACE_S)
    if work.done():
        if not work.cancelled():
            work.exception()  # looked at, or asyncio complains of an error that nobody wanted to know
        return ""
    work.add_done_callback(lambda late: late.cancelled() or late.exception())  # as above, whenever it ends
    return ", but goes on in spite of it"


def canonical(value: object) -> str:
    """Return a value as JSON that is the same for the same value."""
    plain = to_jsonable_python(value)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
