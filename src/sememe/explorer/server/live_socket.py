"""The Draw page's socket: a stroke comes, its answer goes back; of strokes that wait, the last counts."""

import asyncio
import contextlib
import json

import anyio
import anyio.to_thread
from starlette.websockets import WebSocket, WebSocketDisconnect

from sememe.errors import SememeError
from sememe.explorer.live.answer import answer
from sememe.explorer.live.frame import frame
from sememe.explorer.live.question import Question, read_question
from sememe.explorer.live.run_data import RunData


class LiveSocket:
    """One viewer. A message that is no question gets a sentence back, and the socket stays open."""

    def __init__(self, run: RunData, socket: WebSocket, workers: anyio.CapacityLimiter) -> None:
        self.run, self.socket, self.workers = run, socket, workers
        self._waiting: str | None = None
        self._news = asyncio.Event()
        self._opened: set[tuple[str, str]] = set()

    async def serve(self) -> None:
        """Until the viewer leaves."""
        await self.socket.accept()
        answering = asyncio.create_task(self._answer())
        try:
            await self._listen()
        finally:
            answering.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await answering

    async def _listen(self) -> None:
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            self._waiting = message.get("text") or ""
            self._news.set()

    async def _answer(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            text = self._waiting
            assert text is not None
            try:
                reply: str | bytes = await self._reply(read_question(text))
            except SememeError as error:
                reply = json.dumps({"error": str(error), "number": _number(text)})
            try:
                if isinstance(reply, str):
                    await self.socket.send_text(reply)
                else:
                    await self.socket.send_bytes(reply)
            except (WebSocketDisconnect, RuntimeError):
                return  # the viewer left while we were at it
            await asyncio.sleep(0)  # others get their turn

    async def _reply(self, question: Question) -> bytes:
        """Answered on the spot: that takes a millisecond or two, and a thread would take as long to wake.

        The first look through a dictionary reads its files, which other viewers need not wait for.
        """
        key = (question.layer, question.unit_set)
        if key in self._opened:
            return frame(answer(self.run, question))
        reply = await anyio.to_thread.run_sync(
            lambda: frame(answer(self.run, question)), limiter=self.workers
        )
        self._opened.add(key)
        return reply


def _number(text: str) -> int | None:
    """The number of a question that could not be read, so that the page knows what is refused."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return None
    number = given.get("number") if isinstance(given, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None
