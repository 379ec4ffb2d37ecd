"""The effects that a click has: a line is noted, in the memory of the process that was asked to."""

NOTED: list[str] = []


async def note(line: str) -> str:
    """Note a line."""
    NOTED.append(line)
    return f"noted {line}"


async def apply(settings: dict[str, object]) -> str:
    """Take settings in, of whatever size."""
    return await note(f"{len(settings)} settings")
