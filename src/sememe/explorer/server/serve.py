"""Serving a run on a port until Ctrl-C."""

import contextlib
import ctypes
import socket
import sys
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp
from threadpoolctl import threadpool_limits

from sememe.errors import RunError
from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.run_data import RunData
from sememe.explorer.server.app import application
from sememe.explorer.server.guard import Door

# Ports that are tried one after the other when none is asked for.
FIRST_PORT, TRIED = 8765, 20
_LAST_PORT = 65535
# The longest message that a viewer sends is a drawing with a full set of edits.
_MOST_BYTES = 64 * 1024
# Options of mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8


def serve(
    run: RunData,
    endpoints: tuple[Endpoint, ...],
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    opened: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve until Ctrl-C; ``opened`` is told the address once the page can be asked for.

    Args:
        host: what to bind to. Anything but this machine's own address asks viewers for a token.
        port: None: the first that is free from 8765.

    Raises:
        RunError: the port is taken, or the address is not this machine's.
    """
    bound = bind(host, port)
    door = Door.of(host, bound.getsockname()[1])
    _give_memory_back()
    server = uvicorn.Server(settings(application(run, endpoints, door)))
    threading.Thread(target=_announce, args=(server, door.url, opened), daemon=True).start()
    # A drawing's matrices are small: more threads would only wait for each other.
    # Ctrl-C is how one leaves: uvicorn closes what is open and then raises it again.
    with (
        contextlib.closing(bound),
        threadpool_limits(1, user_api="blas"),
        contextlib.suppress(KeyboardInterrupt),
    ):
        server.run(sockets=[bound])


def settings(app: ASGIApp) -> uvicorn.Config:
    """How the application is served: quietly, and with messages of a bounded size."""
    return uvicorn.Config(
        app,
        log_level="warning",
        ws="websockets-sansio",
        ws_max_size=_MOST_BYTES,
        ws_per_message_deflate=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )


def _give_memory_back() -> None:
    """Have glibc return what large arrays took as soon as they are freed, instead of keeping it for later.

    A page's arrays come and go; kept, they were a third of the server's memory.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        for option, value in ((_MMAP_THRESHOLD, 2**18), (_TRIM_THRESHOLD, 2**18), (_ARENA_MAX, 2)):
            mallopt(option, value)


def _announce(server: uvicorn.Server, url: str, opened: Callable[[str], None]) -> None:
    stopped = threading.Event()
    while not server.started and not server.should_exit:
        stopped.wait(0.01)
    if server.started:
        opened(url)


def bind(host: str, port: int | None) -> socket.socket:
    """A listening socket; several explorers on one machine find ports of their own.

    Raises:
        RunError: no port can be had.
    """
    if port is not None and not 0 <= port <= _LAST_PORT:
        raise RunError(
            f"A port is a number up to {_LAST_PORT}, but {port} arrived: choose another with --port."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    candidates = range(FIRST_PORT, FIRST_PORT + TRIED) if port is None else (port,)
    reason = ""
    for candidate in candidates:
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, candidate))
        except OSError as error:
            bound.close()
            reason = error.strerror or str(error)
            continue
        return bound
    asked = f"ports {FIRST_PORT} to {FIRST_PORT + TRIED - 1}" if port is None else f"port {port}"
    raise RunError(f"{asked.capitalize()} of {host} cannot be used ({reason}): choose another with --port.")
