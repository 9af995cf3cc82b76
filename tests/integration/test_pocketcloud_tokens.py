"""Whose token counts: that of the request, whatever else Keystone does at the time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from keystoneauth1.identity.v3 import ApplicationCredential
from keystoneauth1.session import Session
from openstack.connection import Connection
from pocketcloud.cloud import Cloud

from tests.support.clouds import connect

#: Keystone with several threads took one of these with another request's token, now and then.
REQUESTS = 400
OTHERS = 8


@pytest.fixture
def restricted(demo: Connection) -> Iterator[Session]:
    """Logged in with an application credential that may make no other one; those that were made are deleted."""
    user, auth = demo.current_user_id, demo.config.config["auth"]
    made = demo.identity.create_application_credential(user, "restricted", secret="of a test")
    plugin = ApplicationCredential(
        auth["auth_url"], application_credential_id=made.id, application_credential_secret="of a test"
    )
    yield Session(plugin, verify=demo.config.get_requests_verify_args()[0])
    for one in list(demo.identity.application_credentials(user)):
        demo.identity.delete_application_credential(user, one.id)


@pytest.mark.thorough
def test_requests_side_by_side_are_each_judged_by_their_own_token(
    cloud: Cloud, demo: Connection, restricted: Session
) -> None:
    place = f"{demo.config.config['auth']['auth_url']}/users/{demo.current_user_id}/application_credentials"
    ended = threading.Event()

    def ask_with_the_customers_token() -> None:
        customer = connect(cloud.clouds_yaml, "demo").session
        while not ended.is_set():
            customer.get(place)

    with ThreadPoolExecutor(OTHERS) as others:
        asking = [others.submit(ask_with_the_customers_token) for _ in range(OTHERS)]
        try:
            statuses = [
                restricted.post(
                    place, json={"application_credential": {"name": f"further{number}"}}, raise_exc=False
                ).status_code
                for number in range(REQUESTS)
            ]
        finally:
            ended.set()
    for one in asking:
        one.result()
    assert statuses == [403] * REQUESTS
