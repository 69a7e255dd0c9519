"""Settings come from the environment alone; an empty variable counts as absent.

| variable | meaning |
|---|---|
| `KAFKA_BOOTSTRAP` | `host:port[,…]`, or `sasl_ssl://user:password@host:port[,…]?ca=FILE`; else the embedded one |
| `SHANZHI_SECURE_KAFKA` | `true`: the embedded Kafka speaks TLS, wants logins and heeds rights; for a new folder |
| `DATABASE_URL` | `postgresql://…` of a PostgreSQL 17 or later of your own; else the embedded one |
| `SHANZHI_MASTER_KEY` | 64 bytes in URL-safe base64, wrap the vault's keys; else made once in the folder |
| `SHANZHI_MASTER_KEY_BEFORE` | the master key of before a rotation, for as long as some keys are still wrapped by it |
| `SHANZHI_FOLDER` | where the embedded servers, keys and logs live, `.shanzhi` here by default |
| `KAFKA_PORT`, `POSTGRES_PORT` | ports of the embedded servers; else those of the last run, else free ones |
| `SHANZHI_REPLICATION` | replicas of the ledger's topic where it is made on a Kafka of your own, 1 by default |
| `SHANZHI_INJECTED_TIME` | a time of the past that stands until it is moved; for new embedded servers only |
| `SHANZHI_LANES` | batches that a worker applies side by side, 2 by default |
| `SHANZHI_GATEWAY_HOST` | where the gateway listens, 127.0.0.1 by default |
| `SHANZHI_GATEWAY_PORT` | 8080 by default; `up` and `demo` take the last run's or a free one where that is taken |
| `SHANZHI_DASHBOARD_HOST` | where pages and read API answer, 127.0.0.1 by default |
| `SHANZHI_DASHBOARD_PORT` | 8090 by default; `up` and `demo` take the last run's or a free one where that is taken |
| `SHANZHI_GATEWAY` | `http(s)://…` of the gateway that forms publish at; else the one that runs in the folder |
| `SHANZHI_PAGES_KEY` | the key of the publisher `pages`, which forms publish as; else made once in the folder |
| `SHANZHI_PROBE_HOST` | where worker and intake answer `/livez`, `/readyz`, `/metrics`, 127.0.0.1 by default |
| `SHANZHI_PROBE_PORT` | the port for these, 0 for a free one, which the log says; they don't answer without it |
| `SHANZHI_NOTICE_WEBHOOK` | `http(s)://…` that notices to workers, liaisons and residents go to; else only the log |
| `SHANZHI_NOTICE_SECRET` | signs what is sent there; has to be given with it |
| `SHANZHI_SEAL_KEY` | 32 bytes in URL-safe base64, sign the seals; else made once in the folder |
| `SHANZHI_SEAL_FILE` | the file that seals are kept in too, best on another disk; else `seals.jsonl` in the folder |
| `SHANZHI_SEAL_RECORDS` | a seal is made after so many new records, 10,000 by default |
| `SHANZHI_SEAL_MINUTES` | and after so many minutes where there are any, 10 by default |
| `SHANZHI_LOG_FORMAT` | `text`, `json`, or `auto`: text on a terminal, JSON otherwise |
| `SHANZHI_LOG_LEVEL` | `debug`, `info`, `warning`, `error` |
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.broker import access
from shanzhi.errors import SettingsRefused

LogFormat = Literal["auto", "text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]
Port = Annotated[int, Field(ge=1, le=65_535)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")]
WebAddress = Annotated[str, Field(pattern=r"^https?://[^\s@]{1,500}$")]  # a name and password would reach the log
_SECRET = (
    "SHANZHI_MASTER_KEY", "SHANZHI_MASTER_KEY_BEFORE", "DATABASE_URL", "SHANZHI_NOTICE_SECRET", "SHANZHI_SEAL_KEY",
    "SHANZHI_PAGES_KEY", "KAFKA_BOOTSTRAP",
)  # fmt: skip
_KAFKA = "例如 · For example kafka:9092, or sasl_ssl://user:password@kafka:9093?ca=/etc/kafka/ca.pem"
_URL_SCHEMES = ("postgresql://", "postgres://")


class Settings(BaseSettings):
    """One field a variable of the table above. Secrets don't show in `repr`."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True)

    kafka_bootstrap: Annotated[str | None, Field(validation_alias="KAFKA_BOOTSTRAP", repr=False)] = None
    secure_kafka: Annotated[bool, Field(validation_alias="SHANZHI_SECURE_KAFKA")] = False
    database_url: Annotated[SecretStr | None, Field(validation_alias="DATABASE_URL")] = None
    master_key: Annotated[SecretStr | None, Field(validation_alias="SHANZHI_MASTER_KEY")] = None
    master_key_before: Annotated[SecretStr | None, Field(validation_alias="SHANZHI_MASTER_KEY_BEFORE")] = None
    folder: Annotated[Path, Field(validation_alias="SHANZHI_FOLDER")] = Path(".shanzhi")
    kafka_port: Annotated[Port | None, Field(validation_alias="KAFKA_PORT")] = None
    postgres_port: Annotated[Port | None, Field(validation_alias="POSTGRES_PORT")] = None
    replication: Annotated[int, Field(ge=1, le=9, validation_alias="SHANZHI_REPLICATION")] = 1
    injected_time: Annotated[AwareDatetime | None, Field(validation_alias="SHANZHI_INJECTED_TIME")] = None
    lanes: Annotated[int, Field(ge=1, le=12, validation_alias="SHANZHI_LANES")] = 2
    gateway_host: Annotated[Host, Field(validation_alias="SHANZHI_GATEWAY_HOST")] = "127.0.0.1"
    gateway_port: Annotated[Port | None, Field(validation_alias="SHANZHI_GATEWAY_PORT")] = None
    dashboard_host: Annotated[Host, Field(validation_alias="SHANZHI_DASHBOARD_HOST")] = "127.0.0.1"
    dashboard_port: Annotated[Port | None, Field(validation_alias="SHANZHI_DASHBOARD_PORT")] = None
    gateway: Annotated[WebAddress | None, Field(validation_alias="SHANZHI_GATEWAY")] = None
    pages_key: Annotated[SecretStr | None, Field(validation_alias="SHANZHI_PAGES_KEY")] = None
    probe_host: Annotated[Host, Field(validation_alias="SHANZHI_PROBE_HOST")] = "127.0.0.1"
    probe_port: Annotated[int | None, Field(ge=0, le=65_535, validation_alias="SHANZHI_PROBE_PORT")] = None
    notice_webhook: Annotated[WebAddress | None, Field(validation_alias="SHANZHI_NOTICE_WEBHOOK")] = None
    notice_secret: Annotated[SecretStr | None, Field(validation_alias="SHANZHI_NOTICE_SECRET")] = None
    seal_key: Annotated[SecretStr | None, Field(validation_alias="SHANZHI_SEAL_KEY")] = None
    given_seal_file: Annotated[Path | None, Field(validation_alias="SHANZHI_SEAL_FILE")] = None
    seal_records: Annotated[int, Field(ge=1, le=1_000_000, validation_alias="SHANZHI_SEAL_RECORDS")] = 10_000
    seal_minutes: Annotated[int, Field(ge=1, le=1_440, validation_alias="SHANZHI_SEAL_MINUTES")] = 10
    log_format: Annotated[LogFormat, Field(validation_alias="SHANZHI_LOG_FORMAT")] = "auto"
    log_level: Annotated[LogLevel, Field(validation_alias="SHANZHI_LOG_LEVEL")] = "info"

    @property
    def given_database(self) -> str | None:
        """The database as given, None for the embedded one."""
        return self.database_url.get_secret_value() if self.database_url else None

    @property
    def replicas(self) -> int:
        """Of the ledger's topic: as asked of a given Kafka; the embedded one is a single broker."""
        return self.replication if self.kafka_bootstrap else 1

    @property
    def seal_file(self) -> Path:
        """Where seals are kept beside the database."""
        return self.given_seal_file or self.folder / "seals.jsonl"

    @property
    def logs(self) -> Path:
        """Where servers and workers write their logs."""
        return self.folder / "logs"


def read_settings(injected_time: str | None = None) -> Settings:
    """`injected_time` goes before its variable.

    Raises `SettingsRefused` with variable, value (never a secret's) and what it has to be.
    """
    try:
        settings = Settings(**({"SHANZHI_INJECTED_TIME": injected_time} if injected_time else {}))  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        variable = str(first["loc"][0])
        raise SettingsRefused(
            f"{variable}={_shown(variable, first['input'])}: {first['msg'].lower()}",
            f"Correct or unset it (unset {variable}).",
        ) from None
    if settings.injected_time and (settings.kafka_bootstrap or settings.given_database):
        raise SettingsRefused(
            "SHANZHI_INJECTED_TIME 只用于内置服务器 · time is injected into embedded servers only",
            "去掉 KAFKA_BOOTSTRAP 和 DATABASE_URL，或不注入时间 · Unset KAFKA_BOOTSTRAP and DATABASE_URL, or this.",
        )
    if settings.kafka_bootstrap:
        try:
            access(settings.kafka_bootstrap)
        except ValueError as error:
            raise SettingsRefused(f"KAFKA_BOOTSTRAP 不对 · is no address of a Kafka: {error}", _KAFKA) from None
    if settings.given_database and not settings.given_database.startswith(_URL_SCHEMES):
        raise SettingsRefused(
            "DATABASE_URL is no PostgreSQL address",
            "Give one like postgresql://user:password@host:5432/name.",
        )
    return settings


def _shown(variable: str, value: object) -> str:
    return "…" if variable in _SECRET else repr(value)
