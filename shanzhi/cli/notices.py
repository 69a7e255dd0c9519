"""`shanzhi notices`: the process that hands notices to their channel, on servers that run."""

from __future__ import annotations

import typer

from processors.notices.channel import Channel, LogChannel
from processors.notices.webhook import Webhook
from shanzhi.endpoints import find
from shanzhi.errors import SettingsRefused
from shanzhi.settings import Settings, read_settings


def notices() -> None:
    """运行通知进程（通知网格员、联络员和居民，SIGTERM 后退出）· Hand out notices until SIGTERM."""
    settings = read_settings()
    channel = channel_of(settings)
    endpoints = find(settings)
    from processors.notices.process import run  # here: slow to import and needed by no other command

    code = run(
        database_url=endpoints.database_url,
        channel=channel,
        probe_host=settings.probe_host,
        probe_port=settings.probe_port,
    )
    raise typer.Exit(code)


def channel_of(settings: Settings) -> Channel:
    """The webhook where one is given, else the log. Raises `SettingsRefused` for a webhook without a secret."""
    if settings.notice_webhook is None:
        return LogChannel()
    if settings.notice_secret is None:
        raise SettingsRefused(
            "SHANZHI_NOTICE_SECRET 未给出 · the webhook's secret is not given",
            "接收方凭它核对签名 · Receivers check signatures by it: give any long random text.",
        )
    return Webhook(settings.notice_webhook, settings.notice_secret.get_secret_value().encode())
