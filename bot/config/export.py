"""The JSON Schema of ``countersign.yml``, for editors and for whoever writes the file by program. Pure.

It is made from the very models that check the file, so the two cannot differ.
"""

from agent_core.words import Json
from bot.config.document import Document

SCHEMA_FILE = "countersign.schema.json"


def json_schema() -> dict[str, Json]:
    """Give the schema of the configuration file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Document.model_json_schema()}


def editor_line(schema: str = SCHEMA_FILE) -> str:
    """Give the comment that makes editors check the file against the schema, to be its first line."""
    return f"# yaml-language-server: $schema={schema}"
