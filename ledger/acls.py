"""Who may do what in Kafka: our writers the ledger, publishers the intake, and everybody else reads or nothing.

Where a Kafka wants logins and heeds rights, the owner grants all of it with `install_acls`; what stands in no line of
`RIGHTS` is refused. The owner is a super user of the broker, and is asked for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from ledger.broker import MECHANISM, access
from ledger.errors import OutcomeUnknown
from ledger.logins import login_name, publisher_login
from ledger.topics import INTAKE, LEDGER, administering


class Right(NamedTuple):
    """What may be done with a topic, or with the groups of consumers whose names begin so (`is_group`)."""

    name: str
    operations: str
    is_group: bool = False


_READS = Right(LEDGER, "describe describe_configs read")
_WRITES = Right(LEDGER, "describe describe_configs write")
RIGHTS: Mapping[str, tuple[Right, ...]] = {
    "worker": (_READS, Right("shanzhi-", "read", is_group=True)),
    "gateway": (_WRITES, _READS),
    "intake": (
        _WRITES,
        Right(INTAKE, "describe describe_configs read write delete"),  # what is done is deleted; markers close segments
        Right("shanzhi-intake-", "read", is_group=True),
    ),
    "relay": (_WRITES,),
    "clock": (Right(LEDGER, "describe"),),  # asks how far the ledger reaches
    "sealer": (_READS,),
    "dashboard": (_READS,),
    "auditor": (_READS,),
    "decider": (),
    "notices": (),
}
PUBLISHER: tuple[Right, ...] = (Right(INTAKE, "describe write"),)
"""Of every publisher that has a login of its own."""


def install_acls(kafka: str) -> None:
    """Grants the processes what stands above and nothing else. Raises `OutcomeUnknown` where Kafka is away, or the
    address is not the owner's."""
    with administering(kafka) as admin:
        for process, rights in RIGHTS.items():
            _set(admin, login_name(process), rights)


def set_logins(kafka: str, passwords: Mapping[str, str]) -> None:
    """The passwords of the processes, by kind of process."""
    with administering(kafka) as admin:
        _keep(admin, {login_name(process): password for process, password in passwords.items()})


def admit_publisher(kafka: str, publisher: str, password: str) -> str:
    """A login for a publisher, which may write the intake and nothing else; another password where it has one.

    Gives its name.
    """
    user = publisher_login(publisher)
    with administering(kafka) as admin:
        _set(admin, user, PUBLISHER)
        _keep(admin, {user: password})
    return user


def dismiss_publisher(kafka: str, publisher: str) -> None:
    """Ends a publisher's login; without one nothing happens."""
    if access(kafka).user is None:
        return
    user = publisher_login(publisher)
    with administering(kafka) as admin:
        _set(admin, user, ())
        if user in admin.describe_user_scram_credentials():
            _done(admin.alter_user_scram_credentials([UserScramCredentialDeletion(user, MECHANISM)]))


def _keep(admin: Any, passwords: Mapping[str, str]) -> None:
    told = [UserScramCredentialUpsertion(user, MECHANISM, password) for user, password in passwords.items()]
    _done(admin.alter_user_scram_credentials(told))


def _done(errors: Mapping[str, str | None]) -> None:
    if wrong := {user: error for user, error in errors.items() if error}:
        raise OutcomeUnknown("Kafka did not change a login", "Is the address the owner's?", str(wrong))


def _set(admin: Any, user: str, rights: Iterable[Right]) -> None:
    """Adds what is missing, then takes away what is too much."""
    wanted = {acl_: acl for right in rights for acl in _acls(user, right) if (acl_ := _key(acl))}
    found, _ = admin.describe_acls(_everything_of(user))
    there = {_key(acl): acl for acl in found}
    if missing := [acl for key, acl in wanted.items() if key not in there]:
        failed = admin.create_acls(missing)["failed"]
        if failed:
            raise OutcomeUnknown("Kafka did not grant a right", "Is the address the owner's?", str(failed))
    if surplus := [acl for key, acl in there.items() if key not in wanted]:
        admin.delete_acls([_exactly(acl) for acl in surplus])


def _acls(user: str, right: Right) -> list[Any]:
    kind = ResourceType.GROUP if right.is_group else ResourceType.TOPIC
    pattern = ACLResourcePatternType.PREFIXED if right.is_group else ACLResourcePatternType.LITERAL
    return [
        ACL(
            f"User:{user}", "*", ACLOperation[operation.upper()], ACLPermissionType.ALLOW,
            ResourcePattern(kind, right.name, pattern),
        )
        for operation in right.operations.split()
    ]  # fmt: skip


def _everything_of(user: str) -> Any:
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    return ACLFilter(f"User:{user}", None, ACLOperation.ANY, ACLPermissionType.ANY, anything)


def _exactly(acl: Any) -> Any:
    pattern = acl.resource_pattern
    exact = ResourcePatternFilter(pattern.resource_type, pattern.resource_name, pattern.pattern_type)
    return ACLFilter(acl.principal, acl.host, acl.operation, acl.permission_type, exact)


def _key(acl: Any) -> tuple[Any, ...]:
    pattern = acl.resource_pattern
    return pattern.resource_type, pattern.resource_name, pattern.pattern_type, acl.operation, acl.permission_type
