import errno
import os
import stat
from pathlib import Path

import pytest

from agent_core.adapters.key_file import KeyFileError, check_private, make_key, read_key


def private(path: Path, content: bytes, mode: int = 0o600) -> Path:
    """Write a file of this mode."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_key_that_was_made_is_read_back(tmp_path: Path) -> None:
    """32 random bytes in a file of the owner only, whatever the umask."""
    umask = os.umask(0)
    try:
        key = make_key(tmp_path / "key")
    finally:
        os.umask(umask)
    assert read_key(tmp_path / "key") == key
    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_two_keys_are_never_the_same(tmp_path: Path) -> None:
    """Chance, not a constant."""
    assert make_key(tmp_path / "one") != make_key(tmp_path / "two")


def test_making_a_key_never_touches_a_file_that_is_there(tmp_path: Path) -> None:
    """The old key is what opens everything stored."""
    kept = private(tmp_path / "key", b"old" * 20)
    with pytest.raises(KeyFileError, match="not changed"):
        make_key(kept)
    assert kept.read_bytes() == b"old" * 20


def test_a_key_is_not_made_through_a_dangling_link(tmp_path: Path) -> None:
    """Whoever planted the link would choose where the key goes."""
    (tmp_path / "key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileError):
        make_key(tmp_path / "key")
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    """No directory, no key, no traceback."""
    with pytest.raises(KeyFileError, match="could not be written"):
        make_key(tmp_path / "missing" / "key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o620, 0o610])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    """It has to be thought of as known."""
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_key(private(tmp_path / "key", b"k" * 32, mode))


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_key_of_the_owner_only_is_read(tmp_path: Path, mode: int) -> None:
    """Mounted secrets are often read-only."""
    assert read_key(private(tmp_path / "key", b"k" * 32, mode)) == b"k" * 32


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    """31 bytes are one too few."""
    with pytest.raises(KeyFileError, match="31 bytes"):
        read_key(private(tmp_path / "key", b"k" * 31))


def test_a_file_that_is_too_long_for_a_key_is_refused(tmp_path: Path) -> None:
    """Somebody named the wrong file."""
    with pytest.raises(KeyFileError, match="right file"):
        read_key(private(tmp_path / "key", b"k" * 5000))


def test_a_missing_key_says_how_to_make_one(tmp_path: Path) -> None:
    """The first start of every installation."""
    with pytest.raises(KeyFileError, match="Make one with"):
        read_key(tmp_path / "key")


def test_a_link_counts_as_the_file_at_its_end(tmp_path: Path) -> None:
    """Kubernetes mounts secrets as links."""
    (tmp_path / "good").symlink_to(private(tmp_path / "private", b"k" * 32))
    (tmp_path / "bad").symlink_to(private(tmp_path / "public", b"k" * 32, 0o644))
    assert read_key(tmp_path / "good") == b"k" * 32
    with pytest.raises(KeyFileError):
        read_key(tmp_path / "bad")


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    """Opening a fifo would wait for ever."""
    os.mkfifo(tmp_path / "fifo", 0o600)
    with pytest.raises(KeyFileError, match="regular"):
        read_key(tmp_path / "fifo")
    with pytest.raises(KeyFileError, match="regular"):
        read_key(tmp_path)


def test_no_error_shows_the_key(tmp_path: Path) -> None:
    """Errors go to logs."""
    with pytest.raises(KeyFileError) as refused:
        read_key(private(tmp_path / "key", b"hunter2hunter2hunter2", 0o600))
    assert "hunter2" not in str(refused.value)


def test_a_key_file_of_another_user_is_refused(tmp_path: Path) -> None:
    """Its owner can read it, whatever its mode says."""
    path = private(tmp_path / "key", b"k" * 32)
    found = list(path.stat())
    found[stat.ST_UID] = os.geteuid() + 1
    with pytest.raises(KeyFileError, match="another user"):
        check_private(path, os.stat_result(found))


def test_a_link_to_itself_is_said_so(tmp_path: Path) -> None:
    """Not every path that exists can be opened."""
    (tmp_path / "key").symlink_to(tmp_path / "key")
    with pytest.raises(KeyFileError, match="cannot be opened"):
        read_key(tmp_path / "key")


def test_half_a_key_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk at the first start must not spoil the second."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match="No space left"):
        make_key(tmp_path / "key")
    monkeypatch.undo()
    assert make_key(tmp_path / "key") == read_key(tmp_path / "key")
