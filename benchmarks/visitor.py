"""A person at the page without a browser: Streamlit's messages over its WebSocket, as its own page sends them."""

from __future__ import annotations

import asyncio
import re
import time
from types import TracebackType
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

ANSWER = re.compile(r'class="answer\b')
ALERT = re.compile(r'role="alert">(.*?)</p>')


class Failed(Exception):
    """The page said that something is wrong, or ended before it had answered."""


class Visitor:
    """One session. `alerts` are the warnings that the page showed last, `answers` the answers."""

    def __init__(self, address: str) -> None:
        self._address = re.sub("^http", "ws", address) + "/_stcore/stream"
        self._socket: ClientConnection
        self._field = ""
        self._query = ""
        self.answers: list[str] = []
        self.alerts: list[str] = []

    async def __aenter__(self) -> Self:
        self._socket = await connect(self._address, subprotocols=["streamlit"], max_size=None)  # type: ignore[list-item]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        await self._socket.close()

    async def open(self) -> None:
        """Open the page, and wait until a question can be asked."""
        await self._send()
        while not self._field:
            await self._run()

    async def ask(self, question: str) -> float:
        """Ask, and say how many seconds it took until the answer was drawn. Raises Failed where none was."""
        turns = len(self.answers)
        began = time.monotonic()
        await self._send(question)
        answered = await self._run(turns + 1)
        if answered is None:
            raise Failed("; ".join(self.alerts) or f"no answer to {question!r}")
        return answered - began

    async def _send(self, question: str | None = None) -> None:
        message = BackMsg()
        message.rerun_script.query_string = self._query
        if question is not None:
            state = message.rerun_script.widget_states.widgets.add()
            state.id = self._field
            state.chat_input_value.data = question
        await self._socket.send(message.SerializeToString())

    async def _run(self, turns: int = 0) -> float | None:
        """Follow the page until it is drawn; when so many answers stood on it, or None."""
        answered = None
        while True:
            message = ForwardMsg()
            data = await self._socket.recv()
            assert isinstance(data, bytes)
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.answers, self.alerts = [], []
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind == "delta":
                self._draw(message)
                if turns and answered is None and len(self.answers) >= turns:
                    answered = time.monotonic()
            elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return answered

    def _draw(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        drawn = element.WhichOneof("type")
        if drawn == "chat_input":
            self._field = element.chat_input.id
        elif drawn == "html":
            if ANSWER.search(element.html.body):
                self.answers.append(element.html.body)
            self.alerts += ALERT.findall(element.html.body)
        elif drawn == "exception":
            raise Failed(element.exception.message)


async def one_question(address: str, question: str) -> str:
    """Open the page, ask, and return the answer as it was drawn."""
    async with Visitor(address) as visitor, asyncio.timeout(120):
        await visitor.open()
        await visitor.ask(question)
        return visitor.answers[-1]
