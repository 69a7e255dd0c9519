"""浑源 耐心: cards by which residents rate each service, and what became of the items that they rated low."""

from __future__ import annotations

from producers.simulator.reports.script import Script, on

# item, what it is, means of the first and of the second survey
_ITEMS = (("cleaning", "保洁", 52, 81), ("guard", "门岗", 74, 83), ("activities", "文体活动", 92, 94))
CARDS = 40


def survey(script: Script, estate: str, units: dict[str, str]) -> None:
    """居民满意打分卡, twice: a failed and a low item, their remedies, and what these did."""
    property_company, other = units["property"], units["property-2"]
    _survey(
        script, estate, 0, 60, {"cleaning": property_company, "guard": property_company, "activities": units["owners"]}
    )
    _remedies(script, estate, units)
    _survey(script, estate, 1, 240, {"cleaning": other, "guard": property_company, "activities": units["owners"]})


def _survey(script: Script, estate: str, number: int, day: int, providers: dict[str, str]) -> None:
    subject = script.id("survey", number)
    items = [
        {"item": item, "provider": providers[item], "method": method, "form": "日常"} for item, method, _, _ in _ITEMS
    ]
    opened = {"estate": estate, "organiser": estate, "until": on(day + 14), "issued": 60, "items": items}
    script.tell(on(day), "survey.opened", subject, estate, opened)
    for card in range(CARDS):
        scores = [{"item": item, "score": means[number] + card % 5 - 2} for item, _, *means in _ITEMS]
        data = {"card_no": f"{number}-{card}", "scores": scores}
        resident = script.id("person", f"card-{card}")
        script.tell(on(day + 1 + card % 12, 18, card), "card.submitted", subject, resident, data)
    script.tell(on(day + 14), "survey.closed", subject, "urn:shanzhi:clock", {})


def _remedies(script: Script, estate: str, units: dict[str, str]) -> None:
    for number, (item, change) in enumerate((("cleaning", "provider"), ("guard", "method"))):
        topic, first = script.id("topic", f"survey-{item}"), script.id("survey", 0)
        collected = {
            "estate": estate,
            "category": "物业服务",
            "by": first,
            "title": f"打分卡低分项：{item}",
            "survey": first,
            "item": item,
        }
        script.tell(on(75, 9, number), "topic.collected", topic, "urn:shanzhi:decider", collected)
        to = units["property-2"] if change == "provider" else "双人轮岗"
        script.tell(
            on(80, 10, number),
            "remedy.proposed",
            first,
            estate,
            {"item": item, "topic": topic, "change": change, "to": to},
        )
        authority = "owners_vote" if change == "provider" else "conference"
        script.tell(on(95, 10, number), "remedy.adopted", first, estate, {"item": item, "authority": authority})
    replaced = {
        "estate": estate,
        "service": "cleaning",
        "by": units["property-2"],
        "authority": "owners_vote",
        "survey": script.id("survey", 0),
        "item": "cleaning",
    }
    script.tell(on(110), "unit.replaced", units["property"], estate, replaced)
