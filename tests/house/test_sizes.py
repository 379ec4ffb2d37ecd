import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULE, FUNCTION, LISTENER = 300, 40, 15
MOCKS_IN_A_HUNDRED = 5


def sources(*folders: str) -> Iterator[tuple[Path, str]]:
    """Give every Python file under some folders of the project."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT), path.read_text()


def functions(text: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give every function of a module."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_module_is_over_its_size() -> None:
    """Over it, two things live there."""
    assert {
        str(path): text.count("\n") for path, text in sources("agent_core", "bot") if text.count("\n") > MODULE
    } == {}


def test_no_function_is_over_its_size() -> None:
    """A listener passes on; a function does one thing."""
    over = {
        f"{path}:{node.name}": size
        for path, text in sources("agent_core", "bot")
        for node in functions(text)
        if (size := (node.end_lineno or node.lineno) - node.lineno + 1)
        > (LISTENER if path.parent == Path("bot/listeners") else FUNCTION)
    }
    assert over == {}


def test_mocks_are_rare() -> None:
    """Fakes keep the laws of what they stand for; mocks keep none."""
    names = [node.name for _, text in sources("tests") for node in functions(text) if node.name.startswith("test_")]
    mocks = sum(text.count(word) for _, text in sources("tests") for word in ("Mock" + "(", "mock." + "patch"))
    assert mocks * 100 <= MOCKS_IN_A_HUNDRED * len(names)
