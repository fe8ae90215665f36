"""Who may ask: requests for this host, from this page, with the token where there is one.

A server on this machine can be reached by every page in the browser. A page elsewhere must not read the
run: its requests carry its own origin, and a name that it points at 127.0.0.1 stands in ``Host``; both are
refused.
"""

import ipaddress
import secrets
import socket
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "sememe-token"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
# WebSocket's code for "you may not".
_REFUSED = 1008


def is_local(host: str) -> bool:
    """Whether only this machine can reach a server that is bound to ``host``."""
    return host in _LOCAL


@dataclass(frozen=True)
class Door:
    """The address that the server answers at.

    Attributes:
        host: what it is bound to.
        port: the port.
        token: what a browser must have shown once; None on an address that only this machine reaches.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, host: str, port: int) -> "Door":
        """A door with a fresh token where other machines can knock."""
        return cls(host, port, None if is_local(host) else secrets.token_urlsafe(24))

    @property
    def url(self) -> str:
        """The address to open, with the token."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        if self.host in ("0.0.0.0", "::"):
            name = socket.gethostname()
        return f"http://{name}:{self.port}/" + ("" if self.token is None else f"?token={self.token}")

    def knows(self, host: str) -> bool:
        """Whether a ``Host`` header names this server; no other name may be pointed at it."""
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port or 80
        except ValueError:
            return False
        if port != self.port or parts.username is not None:
            return False
        if is_local(self.host):
            return name in _LOCAL
        return name in {self.host.lower(), socket.gethostname().lower()} | _LOCAL or _is_number(name)


class Guard:
    """Refuses what does not come from the page itself, and gives every answer its headers."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self.app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _REFUSED, "reason": "refused"})
        else:
            await refusal(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self.door.knows(host):
            return PlainTextResponse("This server does not go by that name.", 403)
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse(
                "This server only answers questions: use GET.", 405, {"Allow": "GET, HEAD"}
            )
        if origin is None and scope["type"] == "websocket":
            return PlainTextResponse("A socket is opened by the page itself.", 403)
        if origin is not None and _netloc(origin) != host.lower():
            return PlainTextResponse("This server answers only its own page.", 403)
        return self._token_refusal(scope, headers)

    def _token_refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if self.door.token is None:
            return None
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        if _same(cookie, self.door.token):
            return None
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if scope["type"] == "http" and _same(query.get("token", [""])[0], self.door.token):
            entry = RedirectResponse("/", 303)
            entry.set_cookie(COOKIE, self.door.token, httponly=True, samesite="strict")
            return entry
        return PlainTextResponse(
            "This run asks for a token: open the whole address that `sememe explore` printed.", 401
        )


def _netloc(origin: str) -> str | None:
    """Host and port of an ``Origin`` header; None for one that is no address of a page."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in ("http", "https") and parts.netloc else None


def _same(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode(), expected.encode())


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
