"""Keeps secrets out of everything that is written: journal, reports, metrics, logs.

Two nets, since each has holes: secrets that are known (what clouds.yaml holds, tokens that were issued) are found in
whatever encoding they reappear; secrets that nobody told us are found by the name they stand under or by their shape.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

REDACTED = "***"
MIN_SECRET_CHARACTERS = 4  # shorter ones would eat ordinary words
_MIN_PIECE_CHARACTERS = 5  # of a secret that was cut; shorter pieces give little away
_MAX_PIECE_CHARACTERS = 8192  # of a secret that was cut; nothing longer is kept of any text
_MIN_CUT_CHARACTERS = 80  # no text is cut that is not at least so long
_CUT = "…"
_MAX_DEPTH = 40
SSH_KEYS = "ssh_keys"
"""Whatever stands under this name, at any depth, is a private key."""
_ARMOR = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]+-----")
_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY|\Z)", re.S
)
_BASE64 = re.compile(r"[A-Za-z0-9+/=]+")
_MIN_WORD_CHARACTERS = 16  # of a key whose lines ran together; shorter words may be anything

# Names whose values are secrets, lower case, with "_" for "-"; "adminPass" is "adminpass".
# fmt: off
_SECRET_NAMES = frozenset({
    "password", "passwd", "passphrase", "passcode", "adminpass", "admin_pass", "original_password", "user_pass",
    "token", "auth_token", "access_token", "refresh_token", "id_token",
    "x_auth_token", "x_subject_token", "x_service_token",
    "secret", "client_secret", "application_credential_secret", "consumer_secret", "access_secret", "secret_key",
    "private_key", "privatekey", "api_key", "apikey", "psk", "blob",
    "authorization", "proxy_authorization", "cookie", "set_cookie", "authorization_code", "device_code", "assertion",
    "auth_key",  # of a volume's transfer
    "temp_url_key", "x_account_meta_temp_url_key", "x_account_meta_temp_url_key_2",
    "x_container_meta_temp_url_key", "x_container_meta_temp_url_key_2",
    "user_data", "userdata", "personality",
})
# fmt: on
_SECRET_SUFFIXES = ("_password", "_passwd", "_passphrase", "_secret", "_private_key", "_auth_token")
_TEXT_NAMES = (
    r"(?:[\w-]*[_-])?(?:password|passwd|passphrase|passcode|adminpass|admin_pass|secret|secret_key|private_key|api_key"
    r"|access_token|refresh_token|auth_token|token)|X-(?:Auth|Subject|Service)-Token"
)

# (words of which one must occur, pattern, replacement); looking for the words spares nearly every text the pattern.
_SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = tuple(
    (tuple(words.split("|")), re.compile(pattern, flags), replacement)
    for words, pattern, flags, replacement in (
        (
            "private key",
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
            re.S,
            REDACTED,
        ),
        # Keystone's Fernet tokens, and the JWS form of tokens
        ("gaaaaa", r"gAAAAA[A-Za-z0-9_=-]{20,}", 0, REDACTED),
        ("eyj", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", 0, REDACTED),
        # signed URLs: Swift temp URLs, S3 (both signature versions), Azure, console links with a token
        (
            "sig|token|secret|x-amz|awsaccess",
            r"(?:(?<=[?&;])|(?<=%3F)|(?<=%26)|(?<=u0026))((?:temp_url_sig|temp_url_prefix_sig|signature|sig"
            r"|x-amz-signature|x-amz-credential|x-amz-security-token|awsaccesskeyid|token|access_token|secret)"
            r"(?:=|%3D))[^&;#\s\"'<>\\]+",
            re.I,
            r"\1" + REDACTED,
        ),
        ("://", r"(?<=://)([^/@:\s\"'<>]*):[^/@\s\"'<>]+@", 0, r"\1:" + REDACTED + "@"),
        ("basic |bearer ", r"\b(Basic|Bearer) +[A-Za-z0-9+/=._~-]{8,}", re.I, r"\1 " + REDACTED),
        # "password": "x" and password='x' and X-Auth-Token: x, as error texts and logs quote them
        (
            "pass|secret|token|_key",
            rf"((?<![\w-])(?:{_TEXT_NAMES})[\"']?\s*[:=]\s*[bu]?)(?:\"(?:[^\"\\]|\\.)*(?:\"|\\?\Z)|'(?:[^'\\]|\\.)*(?:'|\\?\Z))",
            re.I,
            r'\1"' + REDACTED + '"',
        ),
        ("-token", r"(X-(?:Auth|Subject|Service)-Token[\"']?\s*[:=]\s*[\"']?)[^\s\"',;*]+", re.I, r"\1" + REDACTED),
    )
)


def is_secret_name(name: str) -> bool:
    """Whether what stands under ``name`` (a key, a header, an option) is a secret."""
    name = name.lower().replace("-", "_")
    return name in _SECRET_NAMES or name.endswith(_SECRET_SUFFIXES)


def secrets_in(value: Any, name: str = "") -> Iterator[str]:
    """Every secret in data of any depth: what stands under names of secrets, passwords in addresses, private keys.

    Of a private key each line is one as well, as output is looked at line by line.

    :param name: what ``value`` itself stands under.
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from secrets_in(item, name if name == SSH_KEYS else str(key))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from secrets_in(item, name)
    elif value is not None and not isinstance(value, bool):
        if is_secret_name(name) or name == SSH_KEYS:
            yield str(value)
        if name == SSH_KEYS:
            yield from _lines_of_key(str(value))
        yield from private_keys_in(str(value))
        yield from userinfo_secrets(str(value))


def private_keys_in(text: str) -> Iterator[str]:
    """The lines of every private key in a text, of one that does not end, too; without those that begin and end it."""
    for block in _KEY_BLOCK.findall(text) if "PRIVATE KEY" in text else ():
        yield from _lines_of_key(block)


def _lines_of_key(text: str) -> Iterator[str]:
    for written in text.replace("\\n", "\n").splitlines():
        line = written.strip(" \t\r\"',\\")
        if _BASE64.fullmatch(line):
            yield line
        else:
            words = _ARMOR.sub(" ", line).split()
            yield from (word for word in words if len(word) >= _MIN_WORD_CHARACTERS and _BASE64.fullmatch(word))


def userinfo_secrets(url: str) -> Iterator[str]:
    """The password in an address (``https://user:password@host``), as it stands there and decoded."""
    if "://" in url and "@" in url:
        try:
            password = urlsplit(url).password
        except ValueError:
            return
        if password:
            yield password
            yield unquote(password)


class Scrubber:
    """Replaces secrets by ``***`` in values of any shape.

    :param secrets: the secrets known so far; more can be added at any time, from any thread.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._forms: tuple[str, ...] = ()
        self._pieces: set[str] = set()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str | None) -> None:
        """Learn a secret. Ones of less than four characters are ignored: they would eat ordinary words.

        So is the first or last line of private keys alone: without it other keys were not known for what they are.
        """
        if not secret or len(secret) < MIN_SECRET_CHARACTERS or _ARMOR.fullmatch(secret.strip()):
            return
        with self._lock:
            if secret not in self._known:
                self._known.add(secret)
                # the longest first, so that no form leaves the rest of a longer one behind
                forms = forms_of(secret)
                self._pieces |= {piece for form in forms for piece in _pieces(form)}
                self._forms = tuple(sorted(forms | set(self._forms), key=len, reverse=True))

    def __call__(self, value: Any) -> Any:
        """``value`` without secrets: a new one where something had to go, else itself or an equal copy.

        Mappings, lists, tuples and sets are searched in depth; values under names of secrets go as a whole. Objects of
        other types become scrubbed text, so that nothing passes unseen.
        """
        return self._scrub(value, 0)

    def text(self, text: str) -> str:
        """``text`` without secrets."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, REDACTED)
        if len(text) >= _MIN_CUT_CHARACTERS and self._forms:
            text = _CUT.join(self._without_pieces(part) for part in text.split(_CUT))
        lower = text.lower()
        for words, pattern, replacement in _SHAPES:
            if any(word in lower for word in words):
                text = pattern.sub(replacement, text)
        return text

    def _without_pieces(self, text: str) -> str:
        """``text`` without a secret's end at its beginning and without a secret's beginning at its end."""
        first, last = len(text) - len(text.lstrip()), len(text.rstrip())
        size = _MIN_PIECE_CHARACTERS
        ends = text[first : first + size] in self._pieces
        begins = text[max(first, last - size) : last] in self._pieces
        for form in self._forms if ends or begins else ():
            found = text.find(form[-size:], first, first + len(form)) if ends else -1
            if found >= 0 and form.endswith(text[first : found + size]):
                return self._without_pieces(f"{text[:first]}{REDACTED}{text[found + size :]}")
            found = text.rfind(form[:size], max(0, last - len(form)), last) if begins else -1
            if found >= 0 and form.startswith(text[found:last]):
                return self._without_pieces(f"{text[:found]}{REDACTED}{text[last:]}")
        return text

    def _scrub(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if depth > _MAX_DEPTH:
            return "…"
        if isinstance(value, Mapping):
            return {
                self.text(key) if isinstance(key, str) else key: self._value_of(key, item, depth + 1)
                for key, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            items = [self._scrub(item, depth + 1) for item in value]
            return items if isinstance(value, list) else tuple(items)
        if isinstance(value, (set, frozenset)):
            return {self._scrub(item, depth + 1) for item in value}
        if isinstance(value, (bytes, bytearray)):
            return self.text(value.decode("utf-8", "replace")).encode()
        return self.text(str(value))

    def _value_of(self, key: Any, value: Any, depth: int) -> Any:
        if not isinstance(key, str) or value is None or isinstance(value, (bool, Mapping)) or not is_secret_name(key):
            return self._scrub(value, depth)  # a mapping under "token" is Keystone's description of one: look into it
        if isinstance(value, (list, tuple)):
            return [self._value_of(key, item, depth + 1) for item in value]
        return REDACTED


def _pieces(form: str) -> set[str]:
    """Every run of a few characters that what is left of a secret can begin or end with."""
    size, most = _MIN_PIECE_CHARACTERS, _MAX_PIECE_CHARACTERS
    places = {*range(min(len(form), most) - size + 1), *range(max(0, len(form) - most), len(form) - size + 1)}
    return {form[place : place + size] for place in places}


def forms_of(secret: str) -> set[str]:
    """How a secret reappears: as it is, escaped for URL, JSON, Python, HTML or a shell, and inside base64.

    None of them has less than four characters.
    """
    forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret)}
    forms |= {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in forms}
    for ensure_ascii in (True, False):
        escaped = json.dumps(secret, ensure_ascii=ensure_ascii)[1:-1]
        forms |= {escaped, escaped.replace("/", "\\/"), json.dumps(escaped)[1:-1]}
    forms |= {repr(secret)[1:-1], ascii(secret)[1:-1], repr("'\"" + secret)[4:-1], secret.replace("'", "'\"'\"'")}
    data = secret.encode("utf-8", "surrogatepass")
    for shift in range(3):  # where in a group of three bytes it begins, as in base64("user:secret")
        inside = base64.b64encode(b"\0" * shift + data).decode().rstrip("=")
        inside = inside[(0, 2, 3)[shift] :]
        if (shift + len(data)) % 3:
            inside = inside[:-1]  # its last character depends on what follows
        if len(inside) >= 8:
            forms |= {inside, inside.replace("+", "-").replace("/", "_")}
    return {form for form in forms if len(form) >= MIN_SECRET_CHARACTERS}
