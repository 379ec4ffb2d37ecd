"""What the operator decided, checked whole before anything starts: the environment and ``countersign.yml``.

``read_settings`` is the only reader of the environment and ``load`` of the configuration; both give frozen values or
raise ConfigError with every problem at once. Nothing unknown is passed over and nothing is guessed: a policy that was
misspelt must not become one that allows.
"""

from bot.config.book import policy_version, sandbox_of, to_rules
from bot.config.document import AgentSpec, Budget, Document, NamedAgent
from bot.config.errors import ConfigError, Problem
from bot.config.export import editor_line, json_schema
from bot.config.holes import holes
from bot.config.loading import Config, load
from bot.config.parts import Check, PeopleSpec, ToolCall
from bot.config.procedures import to_check, to_runbooks
from bot.config.runbooks import Runbook, Step, When
from bot.config.settings import Settings, is_loopback, read_settings
from bot.config.tools import CommandTool, PythonTool, Readback, Sandbox, Tool, args_schema, secret_args

__all__ = [
    "AgentSpec",
    "Budget",
    "Check",
    "CommandTool",
    "Config",
    "ConfigError",
    "Document",
    "NamedAgent",
    "PeopleSpec",
    "Problem",
    "PythonTool",
    "Readback",
    "Runbook",
    "Sandbox",
    "Settings",
    "Step",
    "Tool",
    "ToolCall",
    "When",
    "args_schema",
    "editor_line",
    "holes",
    "is_loopback",
    "json_schema",
    "load",
    "policy_version",
    "read_settings",
    "sandbox_of",
    "secret_args",
    "to_check",
    "to_rules",
    "to_runbooks",
]
