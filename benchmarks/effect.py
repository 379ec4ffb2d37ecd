"""The effect that a click has on both sides: a line is noted, in the memory of the process that was asked to."""

NOTED: list[str] = []


async def note(line: str) -> str:
    """Note a line."""
    NOTED.append(line)
    return f"noted {line}"
