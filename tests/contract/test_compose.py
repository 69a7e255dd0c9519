"""docker-compose.yml and Dockerfile are held to the code: there is no engine here to run them."""

from __future__ import annotations

import re
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from processors.probes import Probes
from projections.store.roles import ROLES
from shanzhi.cli.commands import COMMANDS
from shanzhi.crew import DRAIN_SECONDS
from shanzhi.posts import Ways, all_posts
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ASKED = {name: service for name, service in SERVICES.items() if "profiles" in service}  # runs once, when asked for
OURS = {
    name: service for name, service in SERVICES.items() if service["image"].startswith("shanzhi") and name not in ASKED
}
OWNER = "postgresql://shanzhi:${POSTGRES_PASSWORD:?give a password}@postgres:5432/shanzhi"
KEYS = {"SHANZHI_MASTER_KEY", "SHANZHI_MASTER_KEY_BEFORE"}
KEPT = "/var/lib/shanzhi"


def variables() -> set[str]:
    return {str(field.validation_alias) for field in Settings.model_fields.values()}


def commands() -> set[str]:
    return set(COMMANDS)


def test_every_process_that_up_runs_is_a_service_and_a_command() -> None:
    master_key, seal_key = (SecretStr(urlsafe_b64encode(bytes(size)).decode()) for size in (64, 32))
    settings = Settings(master_key=master_key, seal_key=seal_key)
    posts = all_posts(Endpoints("kafka", "postgres"), settings, 1, Ways(8080, 8090, "http://gateway", "shz_"))
    long_running = {post.command[-1] for post in posts}
    assert long_running == set(OURS) == {service["command"][0] for service in OURS.values()}
    assert long_running <= commands()
    assert set(SERVICES) == {*OURS, *ASKED, "kafka", "postgres"}


def test_each_process_comes_under_a_role_of_its_own_and_the_owner_prepares() -> None:
    for name, service in OURS.items():
        own = f"${{SHANZHI_{name.upper()}_DATABASE_URL:-{OWNER}}}"
        assert service["environment"]["DATABASE_URL"] == own, name
    assert set(OURS) == set(ROLES) - {"auditor"}
    (prepares,) = ASKED.values()
    assert (prepares["command"], prepares["environment"]["DATABASE_URL"]) == (["prepare"], OWNER)
    assert prepares["restart"] == "no"


@pytest.mark.parametrize("name", OURS)
def test_a_service_gives_variables_that_the_settings_know_and_take(name: str) -> None:
    given = SERVICES[name]["environment"]
    assert set(given) <= variables(), set(given) - variables()
    assert set(given) >= {"KAFKA_BOOTSTRAP", "DATABASE_URL", "SHANZHI_LOG_FORMAT"}
    assert given["KAFKA_BOOTSTRAP"] in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    Settings(**{key: value for key, value in given.items() if not str(value).startswith("${")})
    probed = f"SHANZHI_{name.upper()}_PORT" if name in ("gateway", "dashboard") else "SHANZHI_PROBE_PORT"
    assert given[probed.replace("PORT", "HOST")] == "0.0.0.0", "others of the network come from outside"
    assert str(given[probed]) in SERVICES[name]["healthcheck"]["test"][-1]


def test_those_that_open_what_is_sealed_need_the_master_key_and_the_others_get_none() -> None:
    keyed = {"gateway", "dashboard", "intake", "decider"}
    for name in keyed:
        given = SERVICES[name]["environment"]
        assert given["SHANZHI_MASTER_KEY"].startswith("${SHANZHI_MASTER_KEY:?"), "without a key nothing starts"
        assert given["SHANZHI_MASTER_KEY_BEFORE"] == "${SHANZHI_MASTER_KEY_BEFORE:-}"
    for name in OURS.keys() - keyed:
        assert not KEYS & set(SERVICES[name]["environment"]), f"{name} opens nothing that is sealed"


def test_the_sealer_alone_signs_and_keeps_its_file_on_a_volume_of_its_own() -> None:
    signing = {name for name in OURS if "SHANZHI_SEAL_KEY" in SERVICES[name]["environment"]}
    assert signing == {"sealer"}
    given = SERVICES["sealer"]["environment"]
    assert given["SHANZHI_SEAL_KEY"].startswith("${SHANZHI_SEAL_KEY:?"), "without a key nothing starts"
    assert given["SHANZHI_SEAL_FILE"].startswith(f"{KEPT}/")
    made = f"install --directory --owner shanzhi {KEPT}\n"
    assert made in (ROOT / "Dockerfile").read_text(encoding="utf-8"), "a new volume has the owner of the image's folder"


def test_no_secret_is_written_down() -> None:
    for name, service in SERVICES.items():
        for variable, value in service["environment"].items():
            if variable.endswith(("_KEY", "_KEY_BEFORE")) or "PASSWORD" in variable or "SECRET" in variable:
                assert re.fullmatch(r"\$\{\w+:[?-][^}]*\}", value), (name, variable)
        address = service["environment"].get("DATABASE_URL", "")
        assert not address or re.search(r"://\w+:\$\{POSTGRES_PASSWORD\b[^}]*\}@", address), name


def test_ports_are_published_on_the_loopback_address_alone_and_none_where_there_may_be_many() -> None:
    for name, service in SERVICES.items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
    scalable = SERVICES["worker"]
    assert not {"ports", "container_name", "hostname"} & set(scalable), "docker compose up --scale worker=3"


def test_every_service_is_watched_and_started_again() -> None:
    for name in SERVICES.keys() - ASKED.keys():
        service = SERVICES[name]
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"], name
    for name, service in OURS.items():
        assert set(service["depends_on"]) == {"kafka", "postgres"}, name
        assert int(service["stop_grace_period"].removesuffix("s")) > DRAIN_SECONDS, name


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize(("reason", "code"), [(None, 0), ("Kafka does not answer", 1)])
def test_a_health_check_says_what_the_probe_says(name: str, reason: str | None, code: int) -> None:
    kind, python, *arguments, script = SERVICES[name]["healthcheck"]["test"]
    assert (kind, python, arguments) == ("CMD", "python", ["-c"])
    with Probes("127.0.0.1", 0, lambda: reason) as probes:
        here = re.sub(r"\b(9000|8080|8090)\b", str(probes.port), script)
        ran = subprocess.run([sys.executable, "-c", here], capture_output=True, timeout=30, check=False)
    assert (ran.returncode, ran.stderr) == (code, b"")


def test_data_lies_in_named_volumes() -> None:
    used = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert used == set(COMPOSE["volumes"]) == {"kafka", "postgres", "seals"}


def test_our_processes_may_do_little() -> None:
    for name, service in OURS.items():
        assert service["read_only"] is True, name
        assert service["tmpfs"] == ["/tmp"], name
        assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"]), name
        assert "privileged" not in service, name
        assert service.get("volumes", []) == ([f"seals:{KEPT}"] if name == "sealer" else []), name


def test_the_image_is_made_of_the_lock_and_runs_as_a_user_of_its_own() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    (lock,) = re.findall(r"pip install --require-hashes .*-r (\S+)", text)
    assert "pip install --no-deps --no-build-isolation ." in text, "the build backend is the locked one"
    assert (ROOT / lock).exists()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["shanzhi"]
    assert lines.index("USER shanzhi") < lines.index('ENTRYPOINT ["shanzhi"]')
    copied = {part for line in lines if line.startswith("COPY ") for part in line.split()[1:-1]}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{part}" for part in copied} == {line for line in ignored if line.startswith("!")}
    assert all((ROOT / part).exists() for part in copied)
    assert {"ledger", "producers", "processors", "projections", "audit", "readers", "shanzhi"} <= copied
