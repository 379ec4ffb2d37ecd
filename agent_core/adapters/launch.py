"""Start a program that ends with its parent and within its limits.

A child that outlives a bot killed with -9 would go on acting, or hold the data, with nobody to answer for it. So every
child of ours is started through this file, run as a script by an isolated interpreter: it asks the kernel for a signal
at the parent's death (Linux), checks that the parent is still the one that started it, lowers its limits, and becomes
the program. Elsewhere it stays beside the server and watches a pipe whose other end only the parent holds.
It imports little, because its start is part of every call, and nothing of ours, because it runs without our path.

``ready`` on the status pipe, then its end, means that the program runs; anything after ``ready`` is the errno of a
program that could not be started. An end without ``ready`` means that nothing was started either.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

READY = b"ready"
COULD_NOT_START = 127  # as shells say it
NONE = "-"

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost every start some milliseconds
    from collections.abc import Mapping, Sequence


def command(
    argv: Sequence[str | bytes],
    *,
    at_parents_end: signal.Signals,
    status_fd: int | None = None,
    watch_fd: int | None = None,
    limits: Mapping[str, int] | None = None,
) -> list[str | bytes]:
    """Return the command line that starts `argv` as a child of this very process."""
    orders = (
        str(os.getpid()),
        str(int(at_parents_end)),
        NONE if status_fd is None else str(status_fd),
        NONE if watch_fd is None else str(watch_fd),
        ",".join(f"{name}={most}" for name, most in (limits or {}).items()) or NONE,
    )
    return [sys.executable, "-I", "-S", "-X", "utf8", __file__, *orders, *argv]


def signal_group(group: int, number: signal.Signals) -> None:
    """Signal what is left of a process group, if anything is."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def end_with(parent: int, number: int) -> None:
    """Have the kernel send us the signal when our parent ends, and end now if it already has."""
    import ctypes  # noqa: PLC0415 - only Linux needs it, and it is the slowest import here

    libc = ctypes.CDLL(None, use_errno=True)
    pr_set_pdeathsig = 1
    if libc.prctl(pr_set_pdeathsig, number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:  # It ended before we had asked, so no signal will come.
        sys.exit(COULD_NOT_START)


def lower(name: str, most: int) -> None:
    """Lower one limit for good, never raising what holds already."""
    import resource  # noqa: PLC0415 - the embedded server is started without limits

    which = int(getattr(resource, f"RLIMIT_{name}"))
    hard = resource.getrlimit(which)[1]
    lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (lowest, lowest))


def become(argv: list[str], status_fd: int | None) -> None:
    """Turn into the program; on failure write the errno and end."""
    # Python ignores these two, and an ignored signal stays ignored in the program that follows.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    if status_fd is not None:
        os.set_inheritable(status_fd, False)  # noqa: FBT003 - positional only
        os.write(status_fd, READY)
    try:
        os.execv(argv[0], argv)  # noqa: S606 - no shell is the point
    except OSError as error:
        if status_fd is not None:
            os.write(status_fd, str(error.errno).encode())
        sys.exit(COULD_NOT_START)


def stay_beside(argv: list[str], watch_fd: int) -> int:
    """Run the program as a child of ours and end it when the pipe does; return its exit code."""
    import subprocess  # noqa: PLC0415 - only where the kernel has no parent-death signal
    import threading  # noqa: PLC0415 - the same

    inherited = [fd for fd in range(3, 256) if fd != watch_fd and open_and_inherited(fd)]
    child = subprocess.Popen(argv, pass_fds=inherited)  # noqa: S603 - no shell, a fixed program

    def watch() -> None:
        os.read(watch_fd, 1)  # Nobody writes: this returns when the last writer has ended.
        child.terminate()

    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    threading.Thread(target=watch, daemon=True).start()
    return child.wait()


def open_and_inherited(fd: int) -> bool:
    """Tell whether our parent handed us this descriptor, a lock say, to hand on."""
    try:
        return os.get_inheritable(fd)
    except OSError:
        return False


def main() -> None:
    """Read the orders, follow them, become the program."""
    parent, number, status, watch, limits, *argv = sys.argv[1:]
    if watch != NONE:
        sys.exit(stay_beside(argv, int(watch)))
    if sys.platform == "linux":
        end_with(int(parent), int(number))
    for order in () if limits == NONE else limits.split(","):
        name, _, most = order.partition("=")
        lower(name, int(most))
    become(argv, None if status == NONE else int(status))


if __name__ == "__main__":
    main()
