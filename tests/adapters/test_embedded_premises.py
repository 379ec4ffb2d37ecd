import os
from pathlib import Path

import pytest

from agent_core.adapters.embedded_server import EmbeddedServerError, start
from tests.adapters.embedded_stage import NO_SYSTEM_SERVER, client_of, mode, running


async def test_a_home_too_deep_for_a_socket_still_works(tmp_path: Path) -> None:
    """The socket moves to a private folder that is gone afterwards."""
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6)
    async with running(deep) as server, client_of(server) as client:
        socket = Path(server.connect_args["unix_socket_path"])
        assert len(os.fsencode(socket)) <= 103
        assert (mode(socket.parent), mode(socket)) == (0o700, 0o600)
        assert await client.ping() is True
    assert not socket.parent.exists()


async def test_a_folder_for_the_socket_that_others_prepared_is_not_used(tmp_path: Path) -> None:
    """Anybody may write to the temporary directory."""
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6)
    planted = tmp_path / "planted"
    planted.mkdir()
    planted.chmod(0o777)
    (deep / "redis").mkdir(parents=True)
    (deep / "redis" / "socket-folder").write_text(str(planted))
    async with running(deep) as server:
        assert not server.connect_args["unix_socket_path"].startswith(str(planted))


async def test_a_home_that_cannot_be_used_is_said_so(tmp_path: Path) -> None:
    """A file stands where the directory should be."""
    (tmp_path / "home").write_text("a file")
    with pytest.raises(EmbeddedServerError, match="COUNTERSIGN_HOME"):
        await start(tmp_path / "home", search_path=NO_SYSTEM_SERVER)
