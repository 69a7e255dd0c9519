"""The questions with SQL of their own over several families, or over the ledger itself."""

from __future__ import annotations

from projections.read.anomalies import anomalies, anomaly_reasons
from projections.read.cases import cases, funnel
from projections.read.declared import Question
from projections.read.home_services import home_services
from projections.read.ledger import events, quarantined
from projections.read.overview import first_asked, map_of_places, overview
from projections.read.rates import rates
from projections.read.reports import reports
from projections.read.service import duty, volunteers
from projections.read.units import units
from projections.read.workload import grids, workers

QUESTIONS = (
    Question("overview", "一屏知全县", overview),
    Question("map", "社会治理一张图", map_of_places),
    Question("first-asked", "首问负责", first_asked),
    Question("cases", "诉求台账", cases),
    Question("funnel", "诉求漏斗", funnel),
    Question("grids", "网格负荷与得分", grids),
    Question("workers", "网格员负荷", workers),
    Question("units", "驻区单位考核", units),
    Question("duty", "双报到双服务", duty),
    Question("volunteers", "志愿服务", volunteers),
    Question("rates", "三率", rates),
    Question("home-services", "五色党员上门服务", home_services),
    Question("reports", "两份报告的数字", reports),
    Question("anomalies", "异常", anomalies),
    Question("reasons", "异常原因", anomaly_reasons),
    Question("events", "事件索引", events),
    Question("quarantine", "隔离区", quarantined),
)
