"""Kafka and PostgreSQL with pip and nothing else: `Stack` takes one folder, fetches Kafka's archives the first time,
starts a real KRaft broker and a real PostgreSQL on loopback ports, and hands back the `Endpoints` that every other
part of the program is given; it says what it does through a callable and fails with `StackError`, which names the
remedy. A second terminal finds the same servers through `running_endpoints`."""

from shanzhi.stack.errors import StackError
from shanzhi.stack.stack import Endpoints, Stack, running_endpoints

__all__ = ["Endpoints", "Stack", "StackError", "running_endpoints"]
