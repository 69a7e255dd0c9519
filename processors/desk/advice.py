"""What each reason means and what to do about it, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ledger.refusal_rules import RULES


class Advice(NamedTuple):
    """Plain words for staff."""

    meaning_chinese: str
    meaning: str
    remedy_chinese: str
    remedy: str


INTAKE: Mapping[str, Advice] = {
    "no_key": Advice(
        "没有发布方密钥，或密钥无效",
        "no publisher's key, or one that is nobody's",
        "查明是谁写入的；让对方在 authorization 头中带上自己的密钥后重发，或 retry --as 发布方；否则丢弃",
        "Find out who wrote it; it sends again with its key in the header authorization, or retry --as PUBLISHER. "
        "Else drop it.",
    ),
    "not_granted": Advice(
        "发布方无权使用该来源、类型或地点",
        "the publisher may not use this source, type or place",
        "确属其职责的，用 shanzhi publisher 增加授权后重试；否则丢弃",
        "If it ought to, grant it (shanzhi publisher) and retry; else drop it.",
    ),
    "unreadable": Advice(
        "不是 CloudEvents 格式的 JSON",
        "not a CloudEvent in JSON",
        "让发布方检查格式后重发；也可用 --file 提交修好的事件",
        "The publisher corrects its format and sends again; or retry with --file and the repaired event.",
    ),
    "refused": Advice(
        "不符合事件目录的规定",
        "the event breaks a rule of the catalogue",
        "按所列规则改正：retry --set 指针=值，或 --file",
        "Correct it as the rule says: retry --set POINTER=VALUE, or --file.",
    ),
    "person_forgotten": Advice(
        "涉及已被遗忘的人",
        "personal data of somebody who was forgotten",
        "去掉个人信息后重试，或丢弃",
        "Retry without the personal fields, or drop it.",
    ),
    "too_large": Advice(
        "超过大小限制",
        "too large for an event",
        "缩短文字，照片单独上传；由发布方重发",
        "The publisher shortens texts, sends photos apart, and sends again.",
    ),
}
LEDGER: Mapping[str, Advice] = {
    "unreadable": Advice(
        "不是可读的 JSON",
        "no value, not JSON, or cut off",
        "查明写入者；用 --file 补发",
        "Find out who wrote it; publish the event again with --file.",
    ),
    "too_large": Advice("超过 160 KiB", "over 160 KiB", "缩短后用 --file 补发", "Shorten it; retry with --file."),
    "too_deep": Advice(
        "嵌套过深", "nested over 16 levels", "改为扁平结构后用 --file 补发", "Flatten it; retry with --file."
    ),
    "nul_character": Advice(
        "含有空字符 U+0000", "holds the character U+0000", "删除该字符后用 --file 补发", "Remove it; retry with --file."
    ),
    "schema_broken": Advice(
        "字段缺失或类型不符",
        "a field is missing or of the wrong kind",
        "shanzhi describe 查看格式；retry --set 改正",
        "See shanzhi describe TYPE; retry --set POINTER=VALUE.",
    ),
    "key_mismatch": Advice(
        "Kafka 键与主体不符", "the Kafka key is not the subject", "直接 retry 即可改正", "A plain retry sets it right."
    ),
    "partition_mismatch": Advice(
        "写入了错误的分区", "it lies in the wrong partition", "直接 retry 即可改正", "A plain retry sets it right."
    ),
    "time_out_of_bounds": Advice(
        "时间超出范围", "a time before 1970 or from 2200 on", "retry --set /time=…", "retry --set /time=…"
    ),
    "future": Advice(
        "事件时间在未来", "over 24 h in the future", "校准时钟；retry --set /time=…", "retry --set /time=…"
    ),
    "unsealed": Advice(
        "个人信息未加密（泄露）",
        "personal data in plain: a leak",
        "先停止该写入程序，再 retry（会加密）",
        "Stop that writer first; a retry seals it.",
    ),
    "id_reused": Advice(
        "同一来源和编号已用于另一事件",
        "the same source and id stand for another event",
        "retry --set /id=新编号；编号不变则不受理",
        "retry --set /id=ANOTHER; with the same id it is refused",
    ),
    "store_refused": Advice(
        "数据库拒绝", "PostgreSQL refused it", "连同位置报告：这是程序的漏洞", "Report it: a gap in our checks."
    ),
}
UNKNOWN = Advice("未知原因", "a reason that this version does not know", "升级后再看", "See docs/quarantine.md.")


def advice(origin: str, reason: str) -> Advice:
    """For a reason of either quarantine."""
    return (INTAKE if origin == "intake" else LEDGER).get(reason, UNKNOWN)


def rule_remedies(code: str | None) -> tuple[str, str] | None:
    """Remedy of a refusal's rule in Chinese and English, where it needs none of the values that were not kept."""
    rule = RULES.get(code or "")
    if rule is None or "{" in rule.remedy + rule.remedy_chinese:
        return None
    return rule.remedy_chinese, rule.remedy
