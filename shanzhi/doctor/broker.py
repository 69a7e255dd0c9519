"""Kafka: its brokers and disks, the topics and their settings, and whether the log holds what was read of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from ledger.cluster import Disk
from ledger.topics import INTAKE, SETTINGS
from processors.continuity import assert_log_holds
from shanzhi.doctor.check import Finding, bad, check, notice, ok
from shanzhi.doctor.machine import GIB, SKEW_SECONDS, room
from shanzhi.doctor.scene import Scene

OLDEST_METADATA = 25  # Kafka 4.0
INTAKE_NOTICE_SECONDS, INTAKE_SECONDS = 60, 300
_LEDGER_UNSOUND, _UNSOUND, _NO_PROGRESS = 5, 7, 8


@check(
    "brokers",
    "Kafka 节点与版本 · brokers and their version",
    "kafka",
    remedy="升级 Kafka 到 4.0 或更新，再执行 kafka-features.sh upgrade · "
    "Use Kafka 4.0 or newer, then finalise it: kafka-features.sh upgrade --release-version VERSION",
)
def brokers(scene: Scene) -> Finding:
    """No broker is fenced, and the cluster's level is one that this was tried with: Kafka 4.0 or newer."""
    found = scene.cluster
    if found.fenced:
        remedy = "看该节点的日志，重启它 · See the log of that broker, and start it again."
        return bad(f"已隔离 · fenced: {list(found.fenced)}", _NO_PROGRESS, remedy, fenced=list(found.fenced))
    told = f"{len(found.brokers)} 个 brokers, metadata.version {found.metadata_version}"
    figures = {"brokers": list(found.brokers), "metadata_version": found.metadata_version}
    if found.metadata_version is None or found.metadata_version < OLDEST_METADATA:
        return notice(f"{told}: 未试过 · this was never tried with it", **figures)
    if found.newest and found.newest > found.metadata_version:
        return notice(f"{told}，升级未完成 · the upgrade to {found.newest} was not finalised", **figures)
    return ok(told, **figures)


@check(
    "replicas",
    "副本 · replicas",
    "kafka",
    remedy="恢复落后的节点；三节点时用副本 3、min.insync.replicas 2 · "
    "Bring the brokers back that lag; with three of them use replication 3 and min.insync.replicas 2.",
)
def replicas(scene: Scene) -> Finding:
    """Every partition has a leader and all its copies in step; with three brokers, losing one loses nothing."""
    found = scene.cluster
    for topic in found.topics:
        if topic.leaderless:
            told = f"{topic.topic}: 分区 partitions {list(topic.leaderless)} 没有主副本 · have no leader"
            return bad(told, 4, partitions=list(topic.leaderless))
        if topic.lagging:
            told = f"{topic.topic}: 分区 partitions {list(topic.lagging)} 的副本落后 · have copies that lag"
            return notice(told, partitions=list(topic.lagging))
        if len(found.brokers) >= 3 and (topic.replicas < 3 or topic.min_in_sync < 2):
            told = f"{topic.topic}: {topic.replicas} 副本 copies, min.insync.replicas {topic.min_in_sync}"
            return notice(told, replicas=topic.replicas, min_in_sync=topic.min_in_sync)
    told = ", ".join(f"{topic.topic} × {topic.replicas}" for topic in found.topics)
    alone = "；单节点，断电可能丢失最后几条 · one broker: a power cut may lose the last records"
    return ok(f"{told}{alone if len(found.brokers) == 1 else ''}")


@check(
    "topic",
    "总账主题的设置 · the ledger's topic",
    "kafka",
    "migrations",
    remedy="从档案恢复主题 · Restore the topic from its archive, or start over with an empty database.",
)
def topic(scene: Scene) -> Finding:
    """12 partitions, kept for ever, never compacted, stamped by the broker; and by its id the one that was folded."""
    found = scene.topic
    bound = scene.value("select max(topic_id) from shanzhi.index_position where next > 0")
    if bound not in (None, found.id):
        told = f"{found.name} 已被重建 · was made anew: {found.id}, read was {bound}"
        return bad(told, _LEDGER_UNSOUND)
    return ok(f"{found.name}，{found.partitions} 分区 partitions，{found.id}", settings=sorted(SETTINGS))


@check(
    "log",
    "总账是否完整 · the log holds what was read",
    "topic",
    remedy="恢复档案，设 retention.ms=-1 · Restore the archive, set retention.ms=-1: nothing can be rebuilt now.",
)
def log(scene: Scene) -> Finding:
    """The log starts no later than our positions, ends no earlier, and has no gaps that we know of."""
    starts, ends = scene.bounds
    read = {int(one): int(next_) for one, next_ in scene.rows("select partition, next from shanzhi.index_position")}
    assert_log_holds(read, read, starts, ends)
    cut = {number: start for number, start in starts.items() if start}
    if cut:
        return bad(f"开头已被删除 · the beginning is gone in partitions {sorted(cut)}", _LEDGER_UNSOUND)
    gaps = int(scene.value("select coalesce(sum(gaps), 0) from shanzhi.index_position"))
    if gaps:
        remedy = "查清缘由 · Find out why: only our writer writes the ledger, and it leaves none."
        return notice(f"{gaps} 个偏移缺失 · offsets are missing", remedy, gaps=gaps)
    return ok(f"{sum(ends.values()):,} 条 records", records=sum(ends.values()))


@check(
    "stamps",
    "Kafka 的时钟 · the brokers' clock",
    "log",
    remedy="在各节点校时 · Run an NTP client on every broker: its stamp is when a record was recorded.",
)
def stamps(scene: Scene) -> Finding:
    """No newest record of a partition is stamped later than now, by our clock."""
    if scene.is_injected:
        return ok("注入的时间 · injected time")
    newest = (
        max((records[-1].timestamp for found in scene.stretches.values() for records in found[-1:]), default=0) / 1000
    )
    seconds = newest - time.time()
    if seconds > SKEW_SECONDS:
        return bad(f"快 {seconds:.0f} 秒 · ahead of us", _UNSOUND, seconds=round(seconds, 1))
    told = datetime.fromtimestamp(newest, UTC).isoformat(timespec="seconds") if newest else "无 · none"
    return ok(f"最新一条 · newest record {told}", newest=newest)


@check(
    "intake",
    "上报主题的设置 · the intake's topic",
    "kafka",
    remedy="启动 shanzhi intake · Start it: it makes the topic.",
)
def intake(scene: Scene) -> Finding:
    """governance.intake is there, keeps records 7 days at the most, takes 1 MiB and is stamped by the broker."""
    found = scene.intake
    if found is None:
        return notice(f"没有 · there is no {INTAKE}")
    return ok(f"{INTAKE}，{found.topic.partitions} 分区 partitions")


@check(
    "intake_lag",
    "上报滞后 · intake lag",
    "intake",
    remedy="启动 shanzhi intake，或看其日志 · Start it, or see its log.",
)
def intake_lag(scene: Scene) -> Finding:
    """What publishers wrote to governance.intake does not wait: it is deleted once it is in the ledger or set aside."""
    records, oldest = scene.intake_waiting if scene.intake else (0, None)
    if oldest is None:
        return ok("0")
    seconds = time.time() - oldest.timestamp / 1000
    told = f"{records:,} 条，最早 {seconds:.0f} 秒前 · the oldest {seconds:.0f} s ago"
    figures = {"records": records, "seconds": round(seconds, 1)}
    if seconds > INTAKE_SECONDS:
        return bad(told, _NO_PROGRESS, **figures)
    return notice(told, **figures) if seconds > INTAKE_NOTICE_SECONDS else ok(told, **figures)


@check(
    "broker_disk",
    "Kafka 的磁盘 · the brokers' disks",
    "kafka",
    remedy="扩容：总账从不删除 · Make room: a ledger never deletes.",
)
def broker_disk(scene: Scene) -> Finding:
    """Each folder of each broker's logs can be read, and its disk has room."""
    disks = scene.cluster.disks
    unreadable = [f"{one.broker}: {one.folder}" for one in disks if not one.is_readable]
    if unreadable:
        return bad(f"读不到 · can't be read: {', '.join(unreadable)}", 10, "换盘并恢复副本 · Replace the disk.")
    told = [one for one in disks if one.free_bytes is not None and one.total_bytes]
    if not told:
        return ok("节点未说明 · the brokers don't say")
    fullest = min(told, key=_share)
    return room(f"broker {fullest.broker}", fullest.free_bytes or 0, fullest.total_bytes or GIB)


def _share(disk: Disk) -> float:
    return (disk.free_bytes or 0) / (disk.total_bytes or GIB)
