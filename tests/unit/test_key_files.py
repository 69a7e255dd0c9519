"""The folder's master key through a rotation that is cut off anywhere: neither key is ever lost too early."""

from __future__ import annotations

import os
import stat
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ledger.errors import VaultLocked
from shanzhi.errors import SettingsRefused
from shanzhi.keys import master_key, master_key_before, rotating
from shanzhi.settings import Settings

CALLS = ("link", "open", "replace", "unlink", "fsync")
STEPS = 12  # calls of one rotation that change the folder or settle it


class Crash(BaseException):
    """The process is gone: nothing after this runs."""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for variable in ("SHANZHI_MASTER_KEY", "SHANZHI_MASTER_KEY_BEFORE", "DATABASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    return Settings(folder=tmp_path / ".shanzhi")


def text(key: bytes) -> SecretStr:
    return SecretStr(urlsafe_b64encode(key).decode())


def test_a_rotation_has_both_keys_and_leaves_the_new_one(settings: Settings) -> None:
    first = master_key(settings)
    with rotating(settings) as (new, old):
        assert (old, master_key(settings), master_key_before(settings)) == (first, new, first)
        assert new != old
    assert (master_key(settings), master_key_before(settings)) == (new, None)
    assert [path.name for path in settings.folder.iterdir()] == ["master.key"]
    assert stat.S_IMODE((settings.folder / "master.key").stat().st_mode) == 0o600


def test_a_rotation_that_failed_keeps_both_and_goes_on_with_the_same_two(settings: Settings) -> None:
    master_key(settings)
    with pytest.raises(VaultLocked), rotating(settings) as begun:
        raise VaultLocked("not now", "Later.")
    assert (master_key(settings), master_key_before(settings)) == begun
    with rotating(settings) as again:
        assert again == begun


@pytest.mark.parametrize("step", range(1, 15))
def test_a_crash_at_any_step_leaves_the_key_that_wraps_the_vault(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    wraps = master_key(settings)
    crash_at(monkeypatch, step)
    crashed = False
    try:
        with rotating(settings) as (new, _):
            wraps = new
    except Crash:
        crashed = True
    monkeypatch.undo()
    assert crashed == (step <= STEPS), "the steps are others now: count them anew"
    assert wraps in (master_key(settings), master_key_before(settings))
    with rotating(settings) as (new, old):
        assert old == wraps or new == wraps
        assert new != old
        wraps = new
    assert master_key(settings) == wraps
    left = {path.name for path in settings.folder.iterdir()}
    assert left <= {"master.key", f"master.key.next.{os.getpid()}"}, "at most an attempt that wraps nothing"


def crash_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """The process ends before its `step`-th change of the folder."""
    counted = 0

    def before(name: str, real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal counted
            if name != "open" or arguments[1] & os.O_CREAT:
                counted += 1
                if counted == step:
                    raise Crash
            return real(*arguments, **named)

        return call

    for name in CALLS:
        monkeypatch.setattr(os, name, before(name, getattr(os, name)))


def test_two_rotations_of_a_folder_do_not_meet(settings: Settings) -> None:
    master_key(settings)
    with (
        rotating(settings),
        pytest.raises(SettingsRefused, match="another rotation"),
        rotating(settings),
    ):
        raise AssertionError("both are at work")


@pytest.mark.parametrize("before", [None, bytes(64)])
def test_given_keys_have_to_be_two(before: bytes | None) -> None:
    given = Settings(master_key=text(bytes(64)), master_key_before=text(before) if before else None)
    with pytest.raises(SettingsRefused, match="SHANZHI_MASTER_KEY_BEFORE"), rotating(given):
        raise AssertionError("there is no old key")


def test_given_keys_are_taken_as_they_are(tmp_path: Path) -> None:
    given = Settings(master_key=text(bytes(64)), master_key_before=text(bytes(range(64))), folder=tmp_path / "none")
    with rotating(given) as keys:
        assert keys == (bytes(64), bytes(range(64)))
    assert not given.folder.exists()


def test_a_broken_old_key_is_named_by_its_variable() -> None:
    given = Settings(master_key=text(bytes(64)), master_key_before=SecretStr("hush"))
    with pytest.raises(VaultLocked, match="SHANZHI_MASTER_KEY_BEFORE") as caught:
        master_key_before(given)
    assert "hush" not in str(caught.value)
