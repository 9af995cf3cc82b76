"""The secret of a CI: a clouds.yaml in one of several wrappings, and what belongs to it.

No error shows any of the text: at most its line, and names of clouds, regions and keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from cryptography import x509

from stackprobe.ci import ci_system
from stackprobe.cloud import Sources
from stackprobe.errors import UsageError
from stackprobe.suggest import did_you_mean, listed
from stackprobe.yamlfile import MAX_BYTES, Document

CA_FILE = "ca.pem"
_SECRET = "the secret"  # noqa: S105 - what errors call it
_TO_PASS_IT = {
    "zuul": "put `secrets: [{name: probe_clouds, secret: …, pass-to-parent: true}]` into your job",
    "github": "add it to the repository as a secret of Actions, CLOUDS_YAML, and pass it on in the workflow: "
    "`secrets: {CLOUDS_YAML: ${{ secrets.CLOUDS_YAML }}}`; a fork has none of the secrets of what it was forked from",
    "gitlab": "add it to the project as a CI/CD variable of type File; a protected one exists for protected branches",
    "": "pipe a clouds.yaml in",
}
_FORMS = "it holds `clouds`, as a clouds.yaml does, or the text of a clouds.yaml as `clouds_yaml`"
_PEM = "-----BEGIN "


@dataclass(frozen=True)
class Secret:
    """What a CI's secret holds.

    :param clouds: clouds.yaml.
    :param secure: secure.yaml, which is merged into it.
    :param ca_pem: certificates of a private certificate authority.
    """

    clouds: Document
    secure: Document | None = None
    ca_pem: str | None = None

    @classmethod
    def parse(cls, raw: bytes) -> Secret:
        """Read a secret: a mapping like clouds.yaml, one with the text of it under ``clouds_yaml``, or that text.

        :raises UsageError: it is missing or malformed.
        """
        if len(raw) > MAX_BYTES:
            raise UsageError(f"the secret is larger than {MAX_BYTES >> 20} MiB", remedy=_FORMS)
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UsageError("the secret is not UTF-8 text", remedy=_FORMS) from None
        document = _document(_yaml_of_json(text), _SECRET)
        if isinstance(document.data, str) and document.data.strip():
            document = _document(document.data, _SECRET)
        data = document.data
        if data in (None, "", {}, []) or (isinstance(data, str) and not data.strip()):
            raise UsageError("the secret is missing: nothing came on standard input", remedy=_TO_PASS_IT[ci_system()])
        if not isinstance(data, dict):
            raise UsageError("the secret is no mapping", remedy=_FORMS)
        secure = _part(data, "secure_yaml")
        ca_pem = data.get("cacert")
        if ca_pem is not None:
            ca_pem = certificates(ca_pem)
        if "clouds_yaml" in data:
            if "clouds" in data:
                raise UsageError("the secret holds both `clouds` and `clouds_yaml`", remedy="keep one of them")
            return cls(_part(data, "clouds_yaml") or document, secure, ca_pem)
        _check_clouds(document, _SECRET)
        return cls(document, secure, ca_pem)

    def choose(self, name: str | None) -> str:
        """The name of the wanted cloud.

        :param name: what was asked for; None: the only one there is.
        :raises UsageError: it is not in the secret.
        """
        names = [str(one) for one in self.clouds.data["clouds"]]
        if name is None:
            if len(names) == 1:
                return names[0]
            raise UsageError("the secret holds several clouds", remedy=f"choose one of {listed(names)} with --cloud")
        if name not in names:
            raise UsageError(
                f"the secret has no cloud `{name}`{did_you_mean(name, names)}",
                remedy=f"the clouds there are {listed(names)}",
            )
        return name

    def entry(self, name: str) -> dict[str, Any]:
        """What clouds.yaml and secure.yaml say of a cloud, merged; empty where they say no mapping."""
        merged: dict[str, Any] = {}
        for document in (self.clouds, self.secure):
            found = (document.data.get("clouds") or {}).get(name) if document else None
            if isinstance(found, Mapping):
                merged = _merged(merged, found)
        return merged

    def sources(self, name: str, entry: Mapping[str, Any]) -> Sources:
        """For :func:`stackprobe.cloud.open_cloud`: the cloud ``name`` as ``entry`` says."""
        return Sources(self.clouds, self.secure, entries={name: entry})


def certificates(pem: Any) -> str:
    """The certificates of a PEM text, if it holds nothing else.

    :raises UsageError: it is no such text.
    """
    remedy = "`cacert` of the secret is the text of a PEM file: -----BEGIN CERTIFICATE----- and so on"
    if not isinstance(pem, str):
        raise UsageError("`cacert` of the secret is no text", remedy=remedy)
    if re.search(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY", pem):
        raise UsageError(
            "`cacert` of the secret holds a private key", remedy="only the certificate of the CA belongs there"
        )
    try:
        x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        raise UsageError("`cacert` of the secret holds no certificate that can be read", remedy=remedy) from None
    return pem if pem.endswith("\n") else f"{pem}\n"


def is_pem(value: Any) -> bool:
    """Whether a ``cacert`` is the text of certificates and not the path of a file."""
    return isinstance(value, str) and _PEM in value


def _part(data: Mapping[str, Any], key: str) -> Document | None:
    """The document that stands under ``key``: a text, or the same already parsed."""
    if key not in data:
        return None
    label, value = f"{key} of the secret", data[key]
    document = _document(value if isinstance(value, str) else yaml.safe_dump(value), label)
    if document.data in (None, ""):
        raise UsageError(f"`{key}` of the secret is empty", remedy=_FORMS)
    if not isinstance(document.data, dict):
        raise UsageError(f"`{key}` of the secret is no mapping", remedy="it begins with `clouds:`")
    _check_clouds(document, label)
    return document


def _check_clouds(document: Document, label: str) -> None:
    clouds = document.data.get("clouds")
    if "clouds" not in document.data:
        raise UsageError(f"there is no `clouds` in {label}", remedy=_FORMS)
    if isinstance(clouds, str):
        raise UsageError(f"`clouds` in {label} is a text", remedy="call the text of a clouds.yaml `clouds_yaml`")
    if not clouds or not isinstance(clouds, dict):
        raise UsageError(f"`clouds` in {label} holds no cloud", remedy="it maps names to clouds")


def _document(text: str, label: str) -> Document:
    """A document that shows its errors, and only its errors, by line; and no line where there is only one."""
    try:
        return _Document(text, label)
    except UsageError as error:  # its message may quote what it stumbled over
        several = text.strip().count("\n") > 0
        raise UsageError(
            f"{label} is no valid YAML",
            remedy="mind indentation, quotes and tabs there or in the line before (its text is not shown)",
            file=label if several and error.line else None,
            line=error.line if several else None,
        ) from None


class _Document(Document):
    def error(self, *args: Any, **kwargs: Any) -> UsageError:
        error = super().error(*args, **kwargs)
        if self._root is not None and self._root.start_mark.line == self._root.end_mark.line:
            error.line = error.column = None
        return error


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(one)
    for key, value in other.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _yaml_of_json(text: str) -> str:
    """JSON as YAML understands it, which knows no surrogate pairs; any other text unchanged."""
    if text.lstrip()[:1] not in ("{", '"'):
        return text
    try:
        json.loads(text)
    except ValueError:
        return text

    def joined(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        character = json.loads(f'"{match[0]}"')
        return f"\\U{ord(character):08x}"

    return re.sub(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|\\.", joined, text, flags=re.IGNORECASE).replace(
        "\t", " "
    )
