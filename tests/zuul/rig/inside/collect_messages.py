"""Subscribes to everything and writes each message to a file, one a line. Run by the Python of Zuul's venv.

    collect_messages.py HOST PORT FILE

The file appears when the subscription is in force.
"""

import sys
from typing import Any

import paho.mqtt.client


def main(host: str, port: int, file: str) -> None:
    client = paho.mqtt.client.Client()

    def on_connect(*_: Any) -> None:
        client.subscribe("#", qos=1)

    def on_subscribe(*_: Any) -> None:
        open(file, "a").close()

    def on_message(_: Any, __: Any, message: Any) -> None:
        with open(file, "ab", buffering=0) as stream:
            stream.write(message.payload + b"\n")

    client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
    client.connect(host, port)
    client.loop_forever()


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
