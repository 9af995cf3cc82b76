"""Zuul's web API, with a genuine token where one is needed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from tests.zuul.rig.configuration import USER
from tests.zuul.rig.errors import RigError

TIMEOUT_S = 20.0
TOKEN_LIFE_S = 3600


class Api:
    """The API below `url`. Requests that change something carry a token signed with `secret`."""

    def __init__(self, url: str, secret: str) -> None:
        self.url = url
        self._secret = secret

    def get(self, path: str, **query: str | int) -> Any:
        """The answer, decoded. Raises OSError when Zuul does not answer, also with an error status."""
        arguments = f"?{urllib.parse.urlencode(query)}" if query else ""
        with urllib.request.urlopen(f"{self.url}/api/{path}{arguments}", timeout=TIMEOUT_S) as answer:
            return json.load(answer)

    def get_text(self, path: str) -> str:
        """Like `get`, where the answer is no JSON."""
        with urllib.request.urlopen(f"{self.url}/api/{path}", timeout=TIMEOUT_S) as answer:
            return str(answer.read().decode())

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Like `get`, for a request that is allowed to administrators only. Raises RigError when Zuul refuses it."""
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/{path}", json.dumps(body).encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = re.findall(r"<p>(.*?)</p>", error.read().decode(errors="replace"), re.DOTALL)
            raise RigError(f"{path} was answered with {error.code}: {' '.join(said)}") from None

    def _token(self) -> str:
        """A JSON web token (RFC 7519), HS256."""
        now = int(time.time())
        claims = {"iss": USER, "aud": USER, "sub": USER, "iat": now - 1, "exp": now + TOKEN_LIFE_S}
        signed = f"{_segment({'alg': 'HS256', 'typ': 'JWT'})}.{_segment(claims)}"
        signature = hmac.new(self._secret.encode(), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{_base64(signature)}"


def _segment(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
