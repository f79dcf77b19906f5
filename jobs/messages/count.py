"""Counts the words of a text, and tells of it by a message channel."""

import json
import os
import socket
import sys

channel = socket.socket(fileno=int(os.environ.pop("NODE_CHANNEL_FD")))


def send(message):
    channel.sendall(json.dumps(message).encode() + b"\n")


with open(sys.argv[1], encoding="utf-8") as text:
    words = len(text.read().split())
send({"sluice": {"progress": 1}})
send({"from": "python", "words": words})
send({"sluice": {"output": {"words": words}}})
