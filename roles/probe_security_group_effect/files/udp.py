# udp.py answer PORT: every datagram to this port is answered from now on.
# udp.py ask HOST PORT open|closed SILENCE PATIENCE: asks until the port is so (s); each time from another port, so that
# nothing remembers the conversation. Closed is what nobody answers from for SILENCE. Prints JSON; ends with 3 after
# PATIENCE.
import contextlib
import json
import os
import select
import socket
import sys
import time

EVERY_S = 0.1


def answer(port):
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("", port))  # the guest is there to be asked
    if os.fork():
        return
    os.setsid()
    for number in range(3):
        os.dup2(os.open(os.devnull, os.O_RDWR), number)
    while True:
        data, sender = listening.recvfrom(64)
        with contextlib.suppress(OSError):
            listening.sendto(data, sender)


def ask(host, port, wanted, silence, patience):
    began = due = time.monotonic()
    last, flying, asked, answered = None, {}, 0, 0  # last: when the last question was asked that was answered
    while True:
        now = time.monotonic()
        quiet = now - (began if last is None else last + EVERY_S) >= silence
        if (wanted == "open" and last is not None) or (wanted == "closed" and quiet):
            effect = last - began if wanted == "open" else 0 if last is None else last + EVERY_S - began
            print(json.dumps({"asked": asked, "answered": answered, "effect_ms": round(effect * 1000, 3)}))
            return 0
        if now - began >= patience:
            told = "still answers" if wanted == "closed" else "does not answer"
            print(host, "port", port, told, "over UDP, asked", asked, "times", file=sys.stderr)
            return 3
        if now >= due:
            asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                asking.connect((host, port))
                asking.send(b"%d" % asked)
            except OSError:  # what is refused is not answered
                pass
            flying[asking], asked, due = now, asked + 1, now + EVERY_S
        for gone in [one for one, sent in flying.items() if now - sent >= silence]:
            del flying[gone]
            gone.close()
        for asking in select.select(list(flying), [], [], max(0, due - time.monotonic()))[0]:
            sent = flying.pop(asking)
            try:
                asking.recv(64)
                last, answered = max(last or sent, sent), answered + 1
            except OSError:
                pass
            asking.close()


if sys.argv[1] == "answer":
    answer(int(sys.argv[2]))
else:
    sys.exit(ask(sys.argv[2], int(sys.argv[3]), sys.argv[4], float(sys.argv[5]), float(sys.argv[6])))
