"""Settings from the environment, and the master key that is made once and never silently replaced."""

from __future__ import annotations

import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from ledger.errors import VaultLocked
from ledger.vault import parse_master_key
from shanzhi.errors import SettingsRefused
from shanzhi.keys import HOW_TO_MAKE, master_key
from shanzhi.settings import Settings, read_settings

VARIABLES = [
    "KAFKA_BOOTSTRAP", "DATABASE_URL", "SHANZHI_MASTER_KEY", "SHANZHI_FOLDER", "KAFKA_PORT", "POSTGRES_PORT",
    "SHANZHI_REPLICATION", "SHANZHI_LANES", "SHANZHI_LOG_FORMAT", "SHANZHI_LOG_LEVEL", "SHANZHI_MASTER_KEY_BEFORE",
    "SHANZHI_GATEWAY_HOST", "SHANZHI_DASHBOARD_HOST", "SHANZHI_DASHBOARD_PORT",
    "SHANZHI_GATEWAY", "SHANZHI_PAGES_KEY", "SHANZHI_GATEWAY_PORT", "SHANZHI_PROBE_HOST", "SHANZHI_PROBE_PORT",
    "SHANZHI_NOTICE_WEBHOOK", "SHANZHI_NOTICE_SECRET", "SHANZHI_INJECTED_TIME", "SHANZHI_SEAL_KEY", "SHANZHI_SEAL_FILE",
    "SHANZHI_SEAL_RECORDS", "SHANZHI_SEAL_MINUTES", "SHANZHI_SECURE_KAFKA",
]  # fmt: skip
OURS = "postgresql://us:hush@db.example:5432/county"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    yield Settings(folder=tmp_path / ".shanzhi")


def made_by_hand() -> str:
    """What the remedy of a missing key prints."""
    command = shlex.split(HOW_TO_MAKE)
    return subprocess.run([sys.executable, *command[1:]], capture_output=True, text=True, check=True).stdout.strip()


def test_without_variables_everything_is_embedded_in_a_folder_here() -> None:
    settings = read_settings()
    assert (settings.kafka_bootstrap, settings.given_database, settings.master_key) == (None, None, None)
    assert settings.folder == Path(".shanzhi")
    assert settings.logs == Path(".shanzhi/logs")
    assert (settings.seal_key, settings.seal_file) == (None, Path(".shanzhi/seals.jsonl"))
    assert (settings.gateway_host, settings.gateway_port) == ("127.0.0.1", None)
    assert (settings.probe_host, settings.probe_port, settings.master_key_before) == ("127.0.0.1", None, None)


def test_every_variable_of_the_table_is_read_and_every_field_is_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {
        "KAFKA_BOOTSTRAP": "kafka.example:9092", "DATABASE_URL": OURS, "SHANZHI_MASTER_KEY": "k",
        "SHANZHI_FOLDER": "/srv/shanzhi", "KAFKA_PORT": "20001", "POSTGRES_PORT": "20002",
        "SHANZHI_REPLICATION": "3", "SHANZHI_LANES": "3", "SHANZHI_LOG_FORMAT": "json", "SHANZHI_LOG_LEVEL": "warning",
        "SHANZHI_MASTER_KEY_BEFORE": "b", "SHANZHI_GATEWAY_HOST": "0.0.0.0", "SHANZHI_GATEWAY_PORT": "8081",
        "SHANZHI_PROBE_HOST": "::1", "SHANZHI_PROBE_PORT": "0",
        "SHANZHI_NOTICE_WEBHOOK": "https://notice.example/in", "SHANZHI_NOTICE_SECRET": "s",
        "SHANZHI_SEAL_KEY": "t", "SHANZHI_SEAL_FILE": "/mnt/seals.jsonl", "SHANZHI_SEAL_RECORDS": "7",
        "SHANZHI_SEAL_MINUTES": "8", "SHANZHI_DASHBOARD_HOST": "0.0.0.0", "SHANZHI_DASHBOARD_PORT": "8091",
        "SHANZHI_GATEWAY": "http://gateway.example:8080", "SHANZHI_PAGES_KEY": "shz_p",
        "SHANZHI_SECURE_KAFKA": "true",
    }  # fmt: skip
    for variable, value in values.items():
        monkeypatch.setenv(variable, value)
    settings = read_settings()
    assert settings.given_database == OURS
    assert (settings.kafka_port, settings.postgres_port, settings.lanes) == (20001, 20002, 3)
    assert (settings.log_format, settings.log_level, settings.secure_kafka) == ("json", "warning", True)
    assert (settings.gateway_host, settings.gateway_port) == ("0.0.0.0", 8081)
    assert (settings.probe_host, settings.probe_port) == ("::1", 0)
    assert settings.master_key_before is not None and settings.master_key_before.get_secret_value() == "b"
    assert settings.notice_webhook == "https://notice.example/in"
    assert settings.notice_secret is not None and settings.notice_secret.get_secret_value() == "s"
    assert settings.seal_key is not None and settings.seal_key.get_secret_value() == "t"
    assert (settings.seal_file, settings.seal_records, settings.seal_minutes) == (Path("/mnt/seals.jsonl"), 7, 8)
    assert (settings.replicas, settings.model_copy(update={"kafka_bootstrap": None}).replicas) == (3, 1)
    assert {field.validation_alias for field in Settings.model_fields.values()} == set(VARIABLES)
    document = sys.modules[Settings.__module__].__doc__ or ""
    assert all(f"`{variable}`" in document for variable in VARIABLES)


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "")
    monkeypatch.setenv("KAFKA_PORT", "")
    assert (read_settings().kafka_bootstrap, read_settings().kafka_port) == (None, None)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("KAFKA_PORT", "0"),
        ("POSTGRES_PORT", "nine"),
        ("SHANZHI_LANES", "13"),
        ("SHANZHI_GATEWAY_PORT", "0"),
        ("SHANZHI_PROBE_PORT", "65536"),
        ("SHANZHI_GATEWAY_HOST", "here and there"),
        ("SHANZHI_REPLICATION", "0"),
        ("SHANZHI_SEAL_RECORDS", "0"),
        ("SHANZHI_SEAL_MINUTES", "0"),
        ("SHANZHI_LOG_FORMAT", "xml"),
    ],
)
def test_nonsense_is_refused_with_variable_value_and_remedy(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsRefused, match=rf"{variable}='{value}': .*unset {variable}") as refused:
        read_settings()
    assert refused.value.exit_code == 2


def test_secrets_are_neither_shown_nor_quoted_in_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHANZHI_MASTER_KEY", "hush")
    monkeypatch.setenv("SHANZHI_MASTER_KEY_BEFORE", "hush")
    monkeypatch.setenv("SHANZHI_SEAL_KEY", "hush")
    monkeypatch.setenv("DATABASE_URL", OURS)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "sasl_ssl://us:hush@kafka.example:9093")
    assert "hush" not in repr(read_settings())
    for wrong in ("sasl_ssl://us:hush@kafka.example", "sasl_ssl://us@hush:9093", "kafka://us:hush@kafka.example:9093"):
        monkeypatch.setenv("KAFKA_BOOTSTRAP", wrong)
        with pytest.raises(SettingsRefused, match="KAFKA_BOOTSTRAP") as refused:
            read_settings()
        assert "hush" not in str(refused.value)
    monkeypatch.delenv("KAFKA_BOOTSTRAP")
    monkeypatch.setenv("DATABASE_URL", "mysql://us:hush@db.example/county")
    with pytest.raises(SettingsRefused, match="no PostgreSQL address") as refused:
        read_settings()
    assert "hush" not in str(refused.value)


def test_the_master_key_is_made_once_for_its_owner_alone(settings: Settings) -> None:
    key = master_key(settings)
    assert len(key) == 64
    assert master_key(settings) == key
    path = settings.folder / "master.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in settings.folder.iterdir()] == ["master.key"]


def test_a_given_master_key_is_used_and_nothing_is_made(tmp_path: Path) -> None:
    text = made_by_hand()
    settings = Settings(folder=tmp_path / ".shanzhi", master_key=SecretStr(text), database_url=SecretStr(OURS))
    assert master_key(settings) == parse_master_key(text)
    assert not settings.folder.exists()


def test_a_given_database_without_a_key_says_how_to_make_one(settings: Settings) -> None:
    with pytest.raises(VaultLocked, match="SHANZHI_MASTER_KEY is not") as locked:
        master_key(settings.model_copy(update={"database_url": SecretStr(OURS)}))
    assert HOW_TO_MAKE in locked.value.remedy
    assert len(parse_master_key(made_by_hand())) == 64


def test_a_lost_key_is_never_replaced_by_a_new_one(settings: Settings) -> None:
    (settings.folder / "postgres" / "data").mkdir(parents=True)
    with pytest.raises(VaultLocked, match="Put it back from a copy"):
        master_key(settings)
    assert not (settings.folder / "master.key").exists()


def test_a_spoilt_key_file_is_refused(settings: Settings) -> None:
    settings.folder.mkdir()
    (settings.folder / "master.key").write_text("too short\n")
    with pytest.raises(VaultLocked):
        master_key(settings)


def test_a_time_is_injected_into_embedded_servers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHANZHI_INJECTED_TIME", "2024-05-01T08:00+08:00")
    assert read_settings().injected_time == datetime(2024, 5, 1, tzinfo=UTC)
    assert read_settings("2024-06-01T08:00+08:00").injected_time == datetime(2024, 6, 1, tzinfo=UTC), "the word wins"
    for wrong in ("2024-05-01T08:00", "soon"):
        with pytest.raises(SettingsRefused, match="SHANZHI_INJECTED_TIME='"):
            read_settings(wrong)
    for given, address in (("KAFKA_BOOTSTRAP", "kafka.example:9092"), ("DATABASE_URL", OURS)):
        with monkeypatch.context() as patched, pytest.raises(SettingsRefused, match="embedded servers only"):
            patched.setenv(given, address)
            read_settings()
