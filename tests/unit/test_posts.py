"""Who runs beside whom, what each process is told, and where the gateway is to be found."""

from __future__ import annotations

import socket
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from ledger.errors import VaultLocked
from processors.probes import Probes
from shanzhi.address import announce, answers, choose_port, dashboard_door, gateway_door, running_at, url_of
from shanzhi.errors import SettingsRefused
from shanzhi.keys import rotating
from shanzhi.pages_key import PAGES_KEY
from shanzhi.posts import Post, Ways, all_posts, worker_posts
from shanzhi.seal_key import seal_key, written
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints, StackError
from shanzhi.stack.owner import State, hold, read_state, write_state
from shanzhi.stack.ports import free_port

KEY, BEFORE = (urlsafe_b64encode(bytes([number]) * 64).decode() for number in (1, 2))
SEAL_KEY = urlsafe_b64encode(bytes(32)).decode()
WAYS = Ways(8081, 8091, "http://127.0.0.1:8081", "shz_pages")
SERVERS = Endpoints("127.0.0.1:1", "postgresql://us:hush@127.0.0.1:2/county")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SHANZHI_MASTER_KEY", KEY)
    monkeypatch.setenv("SHANZHI_MASTER_KEY_BEFORE", BEFORE)
    monkeypatch.setenv("SHANZHI_PROBE_PORT", "7")
    return Settings(folder=tmp_path, probe_port=None)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with closing(socket.create_server(("127.0.0.1", free_port()))) as server:
        yield server.getsockname()[1]


def by_name(posts: list[Post]) -> dict[str, Post]:
    return {post.name: post for post in posts}


def test_those_that_seal_get_the_master_key_and_the_others_never_see_it(settings: Settings) -> None:
    posts = by_name(all_posts(SERVERS, settings, 2, WAYS))
    names = ["worker-1", "worker-2", "gateway", "dashboard", "intake", "clock", "decider", "relay", "notices", "sealer"]
    assert list(posts) == names
    for name, post in posts.items():
        assert post.command[-1] == name.partition("-")[0]
        wanted = {"SHANZHI_MASTER_KEY": KEY, "SHANZHI_MASTER_KEY_BEFORE": BEFORE}
        assert post.keys() == (wanted if name in {"gateway", "dashboard", "intake", "decider"} else {})
        assert not {KEY, BEFORE} & set(post.environment.values()), "nor are they inherited"
        assert post.environment["KAFKA_BOOTSTRAP"] == SERVERS.kafka_bootstrap
        assert post.environment["DATABASE_URL"] == SERVERS.database_url
        assert post.environment["SHANZHI_LOG_FORMAT"] == "json"
        assert post.environment["SHANZHI_REPLICATION"] == "1", "the embedded Kafka is a single broker"
        assert not any(KEY in part or "hush" in part for part in post.command), "others can see a command line"
    assert posts["gateway"].environment["SHANZHI_GATEWAY_PORT"] == "8081"
    assert posts["dashboard"].environment["SHANZHI_DASHBOARD_PORT"] == "8091"
    assert posts["dashboard"].environment["SHANZHI_GATEWAY"] == "http://127.0.0.1:8081"
    assert [name for name, post in posts.items() if PAGES_KEY in post.environment] == ["dashboard"]


def test_a_folders_new_master_key_is_given_to_those_that_lack_it(settings: Settings) -> None:
    given = settings.model_copy(update={"master_key": None, "master_key_before": None})
    posts = by_name(all_posts(SERVERS, given, 1, WAYS))
    before = {name: post.keys() for name, post in posts.items()}
    assert not any(post.is_locked_out(before[name]) for name, post in posts.items())
    with rotating(given) as (new, old):
        during = {name: post.keys() for name, post in posts.items()}
        assert during["gateway"].values() and during["gateway"] == during["intake"] != before["gateway"]
        assert set(during["gateway"].values()) == {urlsafe_b64encode(new).decode(), urlsafe_b64encode(old).decode()}
        locked_out = {name: post.is_locked_out(before[name]) for name, post in posts.items()}
        assert {name for name, is_locked_out in locked_out.items() if is_locked_out} == {
            "gateway", "dashboard", "intake", "decider"
        }  # fmt: skip
    assert not any(post.is_locked_out(during[name]) for name, post in posts.items()), "one start anew is enough"


def test_the_sealer_alone_gets_the_key_that_signs_and_is_told_where_the_file_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHANZHI_SEAL_KEY", SEAL_KEY)
    given = settings.model_copy(update={"seal_key": SecretStr(SEAL_KEY)})
    posts = all_posts(SERVERS, given, 1, WAYS)
    assert [post.name for post in posts if SEAL_KEY in post.environment.values()] == ["sealer"]
    assert posts[-1].environment["SHANZHI_SEAL_FILE"] == str(given.folder.resolve() / "seals.jsonl")
    lacking = settings.model_copy(update={"database_url": SecretStr(SERVERS.database_url)})
    with pytest.raises(VaultLocked, match="SHANZHI_SEAL_KEY"):
        all_posts(SERVERS, lacking, 1, WAYS)


def test_a_folder_makes_its_own_key_to_sign_with_once_and_for_its_owner_alone(settings: Settings) -> None:
    key = seal_key(settings)
    assert len(key) == 32
    assert seal_key(settings) == key == seal_key(settings.model_copy(update={"seal_key": SecretStr(written(key))}))
    path = settings.folder / "seal.key"
    assert path.stat().st_mode & 0o777 == 0o600
    for wrong in ("", "short", written(key) + "==AA", "é"):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(VaultLocked, match=r"seal\.key"):
            seal_key(settings)


def test_the_secret_of_the_webhook_is_told_to_the_notices_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHANZHI_NOTICE_SECRET", "hush")
    given = settings.model_copy(update={"notice_secret": SecretStr("hush")})
    knowing = [post.name for post in all_posts(SERVERS, given, 1, WAYS) if "hush" in post.environment.values()]
    assert knowing == ["notices"]


def test_every_probe_has_a_port_of_its_own(settings: Settings) -> None:
    def ports(probe_port: int | None) -> list[str | None]:
        asked = settings.model_copy(update={"probe_port": probe_port})
        posts = by_name(all_posts(SERVERS, asked, 2, WAYS))
        names = ("worker-1", "worker-2", "intake", "clock", "decider", "relay", "notices", "sealer")
        return [posts[name].environment.get("SHANZHI_PROBE_PORT") for name in names]

    assert ports(9100) == [str(9100 + number) for number in range(8)]
    assert ports(0) == ["0"] * 8
    assert ports(None) == [None] * 8, "not inherited either: two would want the same"
    with pytest.raises(SettingsRefused, match="SHANZHI_PROBE_PORT=65530"):
        ports(65_530)


def test_workers_alone_need_no_master_key(settings: Settings) -> None:
    given = settings.model_copy(update={"master_key": None, "database_url": SecretStr(SERVERS.database_url)})
    assert [post.name for post in worker_posts(SERVERS, given, 2)] == ["worker-1", "worker-2"]


def test_the_gateways_port_is_the_usual_one_else_the_last_runs_else_a_free_one(settings: Settings, taken: int) -> None:
    free, last = free_port(), free_port()
    assert (gateway_door(settings).default_port, dashboard_door(settings).default_port) == (8080, 8090)
    door = replace(gateway_door(settings), default_port=free)
    write_state(settings.folder, State({"gateway": last}))
    assert choose_port(door, settings.folder) == free
    crowded = replace(door, default_port=taken)
    assert choose_port(crowded, settings.folder) == last
    write_state(settings.folder, State({"gateway": taken}))
    assert choose_port(crowded, settings.folder) not in (taken, free, last, 8080)
    assert choose_port(replace(crowded, asked_port=free), settings.folder) == free
    with pytest.raises(StackError, match="SHANZHI_GATEWAY_PORT"):
        choose_port(replace(crowded, asked_port=taken), settings.folder)


def test_others_find_the_gateway_for_as_long_as_its_owner_lives(settings: Settings) -> None:
    assert running_at(gateway_door(settings), settings.folder) is None
    lock = hold(settings.folder)
    write_state(settings.folder, State({"kafka": 3}, running=("kafka",)))
    assert running_at(gateway_door(settings), settings.folder) is None
    announce(settings.folder, "gateway", 8081)
    announce(settings.folder, "gateway", 8082)
    assert running_at(gateway_door(settings), settings.folder) == "http://127.0.0.1:8082"
    assert read_state(settings.folder) == State({"kafka": 3, "gateway": 8082}, ("kafka", "gateway"))
    lock.close()
    assert running_at(gateway_door(settings), settings.folder) is None


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:8080"), ("0.0.0.0", "http://127.0.0.1:8080"), ("::", "http://[::1]:8080"),
     ("county.example", "http://county.example:8080")],
)  # fmt: skip
def test_the_address_is_one_that_this_machine_can_call(settings: Settings, host: str, url: str) -> None:
    assert url_of(gateway_door(settings.model_copy(update={"gateway_host": host})), 8080) == url


def test_the_gateway_answers_once_it_is_alive_and_not_when_it_only_listens(settings: Settings, taken: int) -> None:
    door = gateway_door(settings)
    said: list[str | None] = [None]
    with Probes("127.0.0.1", 0, lambda: None, alive=lambda: said[0]) as gateway:
        assert answers(door, gateway.port)
        said[0] = "no turn of the loop"
        assert not answers(door, gateway.port)
    assert not answers(door, taken)
    assert not answers(door, free_port())
