"""The page as an application: its files, the run's answers, the live socket."""

import functools
import json
import mimetypes
from collections.abc import Iterable
from importlib import resources
from pathlib import PurePosixPath

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from sememe.errors import SememeError
from sememe.explorer.endpoint import Endpoint, File, NotThere, plain, read_parameters
from sememe.explorer.live.run_data import RunData
from sememe.explorer.server.guard import Door, Guard
from sememe.explorer.server.live_socket import LiveSocket

# A report may run its own scripts and nothing of this page's: it is a file of the run, which may be anyone's.
_REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)
# Answers that are worked on at a time.
_WORKERS = 3
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}


def application(run: RunData, endpoints: Iterable[Endpoint], door: Door) -> ASGIApp:
    """The guarded application of one run."""
    by_name = {endpoint.name: endpoint for endpoint in endpoints}
    # Few threads: each keeps memory of its own, and two cores serve no more at a time.
    workers = anyio.CapacityLimiter(_WORKERS)

    async def page(request: Request) -> Response:
        return _asset("app/index.html")

    async def asset(request: Request) -> Response:
        return _asset(request.path_params["path"])

    async def report(request: Request) -> Response:
        path = run.folder.path("report.html")
        if not path.is_file():
            return PlainTextResponse("This run has no report yet.", 404)
        content = await anyio.to_thread.run_sync(path.read_bytes, limiter=workers)
        headers = {"Content-Security-Policy": _REPORT_POLICY}
        return Response(content, media_type="text/html", headers=headers)

    async def api(request: Request) -> Response:
        endpoint = by_name.get(request.path_params["name"])
        if endpoint is None:
            return JSONResponse({"error": "There is no such question."}, 404)
        try:
            return await anyio.to_thread.run_sync(
                _answered, endpoint, run, request.query_params.multi_items(), limiter=workers
            )
        except NotThere as error:
            return JSONResponse({"error": str(error)}, 404)
        except SememeError as error:
            return JSONResponse({"error": str(error)}, 400)

    async def live(socket: WebSocket) -> None:
        await LiveSocket(run, socket, workers).serve()

    app = Starlette(
        routes=[
            Route("/", page),
            Route("/assets/{path:path}", asset),
            Route("/report", report),
            Route("/api/{name}", api),
            WebSocketRoute("/live", live),
        ],
    )
    return Guard(app, door)


def _answered(endpoint: Endpoint, run: RunData, given: list[tuple[str, str]]) -> Response:
    payload = endpoint.answer(run, read_parameters(endpoint.parameters, dict(given)))
    if isinstance(payload, File):
        headers = (
            {} if payload.name is None else {"Content-Disposition": f'attachment; filename="{payload.name}"'}
        )
        return Response(payload.content, media_type=payload.media_type, headers=headers)
    content = json.dumps(plain(payload), allow_nan=False, separators=(",", ":"))
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})


def _asset(path: str) -> Response:
    """A file of the package's own assets; nothing else is ever read for an address."""
    content = asset_files().get(path)
    if content is None:
        return PlainTextResponse("There is no such file.", 404)
    suffix = PurePosixPath(path).suffix
    kind = _TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})


@functools.cache
def asset_files() -> dict[str, bytes]:
    """Every file of ``explorer/assets`` by its path below it."""
    found: dict[str, bytes] = {}
    waiting = [("", resources.files("sememe.explorer") / "assets")]
    while waiting:
        prefix, folder = waiting.pop()
        for entry in folder.iterdir():
            if entry.is_dir():
                waiting.append((f"{prefix}{entry.name}/", entry))
            else:
                found[f"{prefix}{entry.name}"] = entry.read_bytes()
    return found
