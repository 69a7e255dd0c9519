"""What follows from other streams: a case of a shut door, a case of a confirmed alert, topics of a survey."""

from __future__ import annotations

from processors.decider.answer import Answer, Told
from processors.decider.asked import Asked
from projections.rules.services import Survey


def emergency(asked: Asked) -> Answer:
    """窗帘行动: nobody saw the curtain move and nobody opened; somebody has to go in. The household stays opaque."""
    said = asked.details
    household, watcher = said.get("household"), said.get("watcher")
    data = {
        "channel": "curtain",
        "demand": "help",
        "category": "窗帘行动",
        "urgency": "emergency",
        "class": "h2",
        "place": said.get("grid"),
        "first_responsible": watcher,
        "text": f"窗帘未拉开，敲门无人应答：{household} · no answer at the door ({asked.subject})",
    }
    return _case(asked, data)


def confirmed_alert(asked: Asked) -> Answer:
    """雪亮工程: what a camera alerted to and a grid worker confirmed."""
    said = asked.details
    kind, alert = said.get("kind") or "other", said.get("alert")
    data = {
        "channel": "camera",
        "demand": "report",
        "category": kind,
        "urgency": "urgent",
        "place": said.get("place"),
        "text": f"摄像头告警已核实：{kind} · alert {alert} of {asked.subject} was confirmed",
    }
    return _case(asked, data)


def topics(asked: Asked, rule: Survey) -> Answer:
    """居民满意打分卡: items that failed or scored low go to the six-party conference, the worst first."""
    scored = [
        (one["sum"] / one["scores"], one["item"])
        for one in asked.details["items"]
        if one["scores"] >= rule.fewest_cards
    ]
    wanting = sorted((mean, item) for mean, item in scored if mean < rule.low_below)
    if not wanting:
        return Answer("nothing failed or low" if scored else "too few cards")
    return Answer(f"{len(wanting)} topics", tuple(_topic(asked, item, mean, rule) for mean, item in wanting))


def _topic(asked: Asked, item: str, mean: float, rule: Survey) -> Told:
    verdict = "不及格" if mean < rule.failed_below else "低分"
    data = {
        "estate": asked.details["estate"],
        "category": item,
        "by": asked.subject,
        "title": f"{item[:100]}：居民打分 {mean:.1f}，{verdict}",
        "survey": asked.subject,
        "item": item,
    }
    return Told("topic.collected", f"topic/{asked.answer_id('topic.collected', item)}", data, asked.subject, key=item)


def _case(asked: Asked, data: dict[str, object]) -> Answer:
    new = f"case/{asked.answer_id('case.discovered')}"
    kept = {name: value for name, value in data.items() if value is not None}
    return Answer(f"opened {new}", (Told("case.discovered", new, kept, new),))
