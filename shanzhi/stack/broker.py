"""Kafka as one KRaft node (broker and controller in one process) on the loopback address."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from ledger.broker import MECHANISM
from ledger.errors import OutcomeUnknown
from ledger.topics import administering
from shanzhi.stack.child import environment
from shanzhi.stack.errors import StackError
from shanzhi.stack.jars import java, kafka_classpath
from shanzhi.stack.ports import HOST, broker_answers, free_port, is_answering
from shanzhi.stack.service import Service
from shanzhi.stack.tls import BROKER, OWNER, Credentials

_LOGIN_SECONDS = 0.5
# The JVM of a small machine: one collector thread, a heap that leaves room for PostgreSQL and the worker.
JVM_OPTIONS: tuple[str, ...] = (
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED",  # zstd and lz4 are native
    "--sun-misc-unsafe-memory-access=allow",
    "-XX:+PerfDisableSharedMem",  # no statistics file in /tmp, whose writes can stall the JVM
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss'Z'",
)
# Voters are static and named here at each start, so the controller's port may differ from run to run:
# with kraft.version 0 the log remembers node ids alone.
PROPERTIES = """\
# Written anew at each start.
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=BROKER://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=BROKER://{host}:{port}
{security}
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs={data}

# The ledger is the truth: nothing is created by a typing error, nothing expires by itself.
auto.create.topics.enable=false
num.partitions=1
log.retention.ms=-1
log.segment.bytes=268435456
# What was deleted from the intake leaves the disk soon.
log.retention.check.interval.ms=10000

# One node, few internal partitions: a fast start and no waiting for members that never come.
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0

# After a kill the node waits for the end of its own earlier session: 3 s instead of 9.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500

# Two cores and half a gigabyte.
num.network.threads=2
num.io.threads=4
background.threads=2
num.recovery.threads.per.data.dir=2
group.coordinator.threads=1
log.cleaner.dedupe.buffer.size=16777216
metadata.max.idle.interval.ms=5000
"""
PLAIN = "listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT"
# The controller's listener can't check passwords (SCRAM lives in its log): there the broker shows its certificate.
SECURED = """\
listener.security.protocol.map=BROKER:SASL_SSL,CONTROLLER:SSL
sasl.enabled.mechanisms={mechanism}
sasl.mechanism.inter.broker.protocol={mechanism}
listener.name.broker.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule \
required username="{owner}" password="{password}";
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
listener.name.controller.ssl.client.auth=required
# Who is named by no rule may do nothing.
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:{owner};User:CN={broker}"""


class Broker(Service):
    """A real Kafka broker in `folder` (data/, server.properties), serving `127.0.0.1:port`.

    `is_secured`: it speaks TLS, wants logins and heeds rights (tls/). What a folder is, it stays.
    """

    key = "kafka"
    name = "Kafka"
    port_option = "Kafka port"
    stop_signal = signal.SIGTERM
    answer_seconds = 120.0  # after a kill it reads the last segment of every partition again
    is_secured = False

    @property
    def bootstrap(self) -> str:
        """The address for clients; of one that wants logins as its owner, with the password."""
        return broker_address(self.folder, self.port)

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    def _prepare(self) -> list[str]:
        classpath = kafka_classpath(self.report, self.cancelled)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        data, controller_port = self.folder / "data", free_port({self.port})
        if "," in str(data):
            raise StackError(f"Kafka takes {data} for a list, since it holds a comma", "Choose a folder without one.")
        is_new = not (self.folder / "data" / "meta.properties").exists()  # written last: a broken format is done again
        text = PROPERTIES.format(
            host=HOST, port=self.port, controller_port=controller_port, data=escaped(str(data)),
            security=self._security(is_new),
        )  # fmt: skip
        self._properties.touch(mode=0o600)
        self._properties.write_text(text, encoding="ascii")
        if is_new:
            self._format(classpath)
        crash = f"-XX:ErrorFile={self.log.with_name('kafka-crash-%p.log')}"
        return [str(java()), *JVM_OPTIONS, crash, "-cp", classpath, "kafka.Kafka", str(self._properties)]

    def _format(self, classpath: str) -> None:
        """Once for a new folder; formatted data is left alone."""
        # "AB" for "-" and "_": a leading dash would be read as an option
        cluster = base64.b64encode(uuid.uuid4().bytes, altchars=b"AB").decode().rstrip("=")
        command = [str(java()), "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classpath]
        command += ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "kafka.tools.StorageTool", "format"]
        command += ["--cluster-id", cluster, "--config", str(self._properties), "--ignore-formatted"]
        with self._first_login() as arguments:
            done = subprocess.run(
                [*command, *arguments], env=environment(), cwd=os.sep, capture_output=True, text=True, timeout=60
            )
        if done.returncode != 0:
            raise StackError(
                f"Kafka can't prepare {self.folder}: {done.stderr[-800:].rstrip()}", "Is it writable, the disk full?"
            )

    def _security(self, is_new: bool) -> str:
        """The settings of its listeners. Raises `StackError` where logins are wanted of data that has none."""
        own = Credentials(self.folder / "tls")
        if not own.are_there:
            if not self.is_secured:
                return PLAIN
            if not is_new:
                raise StackError(
                    f"{self.folder} 没有登录 · was made without logins", "换一个目录 · Choose a new folder."
                )
            own.make()
        return SECURED.format(
            mechanism=MECHANISM, owner=OWNER, broker=BROKER, password=own.password,
            keystore=escaped(str(own.broker)), truststore=escaped(str(own.ca)),
        )  # fmt: skip

    @contextmanager
    def _first_login(self) -> Iterator[list[str]]:
        """What makes the owner's login; in a file, since everybody may read a command line."""
        own = Credentials(self.folder / "tls")
        if not own.are_there:
            yield []
            return
        path = self.folder / "login.arguments"
        path.touch(mode=0o600)
        path.write_text(f"--add-scram\n{MECHANISM}=[name={OWNER},password={own.password}]\n", encoding="ascii")
        try:
            yield [f"@{path}"]
        finally:
            path.unlink()

    def _answers(self) -> bool:
        if not Credentials(self.folder / "tls").are_there:
            return broker_answers(self.port)
        if not is_answering(self.bootstrap):
            return False
        try:
            with administering(self.bootstrap) as admin:
                return bool(admin.describe_cluster()["brokers"])
        except OutcomeUnknown:
            time.sleep(_LOGIN_SECONDS)  # a login costs both sides more than a look at a port
            return False

    def _is_mine(self, process: psutil.Process) -> bool:
        command = process.cmdline()
        return bool(command) and command[-1] == str(self._properties) and "kafka.Kafka" in command


def broker_address(folder: Path, port: int) -> str:
    """The address of the Kafka in a folder, as its owner."""
    own = Credentials(folder / "tls")
    return own.address(port) if own.are_there else f"{HOST}:{port}"


def escaped(value: str) -> str:
    """Java reads properties files as Latin-1, with a backslash as escape; other signs are given by number."""
    units = value.encode("utf-16-be")
    numbers = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return "".join(chr(n) if 32 <= n < 127 and n != ord("\\") else f"\\u{n:04x}" for n in numbers)
