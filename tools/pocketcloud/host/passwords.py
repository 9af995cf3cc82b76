"""Give a clone secrets of its own."""

# mypy: disable-error-code="import-untyped, import-not-found"
from __future__ import annotations

import sqlite3

import bcrypt

from pocketcloud.layout import Layout, Settings

ROUNDS = 4  # as [identity] password_hash_rounds


def set_passwords(layout: Layout, settings: Settings) -> None:
    """Write the hashes of this cloud's passwords into keystone's database, where it holds users already.

    `service` is the password of all services' users, which talk to each other only.
    """
    with sqlite3.connect(layout.db / "keystone.sqlite") as database:
        query = (
            "select password.id, local_user.name from password"
            " join local_user on local_user.id = password.local_user_id"
        )
        for row, user in database.execute(query).fetchall():
            password = settings.passwords.get(user, settings.passwords["service"])
            hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(ROUNDS)).decode()
            database.execute("update password set password_hash = ? where id = ?", (hashed, row))
    database.close()
