"""A client of Open vSwitch's databases (RFC 7047), as far as it is needed: transactions, one after the other."""

from __future__ import annotations

import json
import socket
from typing import Any

TIMEOUT_S = 10.0
Row = dict[str, Any]


class DatabaseError(Exception):
    """The database did not answer, or refused what it was asked."""


class Database:
    """One database. Connects when it is asked something, and again after a failure."""

    def __init__(self, path: str, name: str) -> None:
        self.path = path
        self.name = name
        self._socket: socket.socket | None = None
        self._pending = ""
        self._number = 0

    def select(self, table: str, *columns: str, where: list[Any] | None = None) -> list[Row]:
        """Rows with these columns: a map is a dict, a set a list, a row's id a text. Raises DatabaseError."""
        operation = {"op": "select", "table": table, "where": where or [], "columns": list(columns)}
        (result,) = self.transact(operation)
        return [{name: plain(value) for name, value in row.items()} for row in result["rows"]]

    def transact(self, *operations: Row) -> list[Row]:
        """Do all of it, or nothing; what each operation resulted in. Raises DatabaseError."""
        self._number += 1
        request = {"id": self._number, "method": "transact", "params": [self.name, *operations]}
        try:
            self._send(request)
            answer = self._receive(self._number)
        except (OSError, ValueError) as error:
            self.close()
            raise DatabaseError(f"{self.name}: {error}") from None
        results: list[Row] = answer.get("result") or []
        wrong = [one for one in results if one and "error" in one]
        if answer.get("error") or wrong:
            raise DatabaseError(f"{self.name}: {answer.get('error') or wrong}")
        return results

    def close(self) -> None:
        """Forget the connection."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._pending = None, ""

    def _send(self, message: Row) -> None:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(TIMEOUT_S)
            self._socket.connect(self.path)
        self._socket.sendall(json.dumps(message).encode())

    def _receive(self, number: int) -> Row:
        while True:
            message = self._next()
            if message.get("method") == "echo":
                self._send({"id": message["id"], "result": message["params"], "error": None})
            elif message.get("id") == number:
                return message

    def _next(self) -> Row:
        """The next message, whole."""
        decoder = json.JSONDecoder()
        while True:
            self._pending = self._pending.lstrip()
            try:
                message, end = decoder.raw_decode(self._pending)
            except ValueError:
                if self._socket is None:
                    raise
                received = self._socket.recv(1 << 20)
                if not received:
                    raise OSError("the connection ended") from None
                self._pending += received.decode()
            else:
                self._pending = self._pending[end:]
                return dict(message)


def plain(value: Any) -> Any:
    """A value without the marks of its type."""
    if isinstance(value, list) and len(value) == 2:
        kind, content = value
        if kind == "map":
            return {plain(key): plain(one) for key, one in content}
        if kind == "set":
            return [plain(one) for one in content]
        if kind in ("uuid", "named-uuid"):
            return content
    return value
