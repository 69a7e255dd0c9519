"""The arrangements 机制 of the two reports, each with its events, the read models that answer for it, and a test.

`docs/arrangements.md` is made from this table; a test holds every name in it to the registries and to the test files.
"""

from __future__ import annotations

from typing import NamedTuple


class Arrangement(NamedTuple):
    """One arrangement. `county` is whose report names it; `test` is a file and a function in it."""

    term: str
    county: str
    events: tuple[str, ...]
    read_models: tuple[str, ...]
    test: str


def _row(county: str, term: str, events: str, read_models: str, test: str) -> Arrangement:
    return Arrangement(term, county, tuple(events.split()), tuple(read_models.split()), test)


_H, _Z = "浑源", "左云"

ARRANGEMENTS = (
    _row(
        _H,
        "红色港湾",
        "facility.opened facility.upgraded facility.closed",
        "facilities facility-board map",
        "tests/integration/test_estate_read_models.py::test_estates_with_a_red_harbour_are_counted_once_each",
    ),
    _row(
        _H,
        "一个核心、四位一体",
        "place.served place.unserved place.staffed",
        "roster service-force-board",
        "tests/integration/test_estate_read_models.py::test_a_roster_names_the_six_parties_and_the_gaps",
    ),
    _row(
        _H,
        "小区治理“六方”联席会议",
        "conference.convened conference.held topic.tabled topic.decided",
        "conferences conferences-by-party topics",
        "tests/unit/folds/test_conference.py::test_a_conference_counts_on_the_day_on_which_it_was_held",
    ),
    _row(
        _H,
        "收集问题、协调解决",
        "topic.collected topic.carried_out topic.solved topic.overdue",
        "topic-board topics-by-party",
        "tests/unit/folds/test_topic.py::test_a_topic_goes_from_collected_to_solved",
    ),
    _row(
        _H,
        "物业经理“服务之家”",
        "facility.opened",
        "facility-board",
        "tests/unit/folds/test_place.py::test_a_facility_counts_on_the_days_of_its_own_opening_upgrade_and_closing",
    ),
    _row(
        _H,
        "立足岗位作贡献、学习身边榜样、我为群众办实事",
        "activity.planned activity.held",
        "activity-board",
        "tests/integration/test_exchange_read_models.py::test_activities_by_kind_campaign_and_brand_and_clinics_by_units",
    ),
    _row(
        _H,
        "医疗义诊、心理辅导",
        "activity.planned activity.held",
        "clinics activities-by-unit",
        "tests/unit/folds/test_activity.py::test_what_units_are_to_provide_counts_as_theirs_once_it_was_held",
    ),
    _row(
        _H,
        "五色模范党员",
        "team.formed team.joined team.left volunteer.acted",
        "teams team-board home-services",
        "tests/integration/test_reports.py::test_a_deed_that_was_told_twice_counts_once",
    ),
    _row(
        _H,
        "楼道党课、掌上服务、上门服务",
        "volunteer.acted volunteer.confirmed volunteer.refused",
        "acts act-board volunteers credits",
        "tests/integration/test_read_models.py::test_one_act_is_credited_once",
    ),
    _row(
        _H,
        "微心愿",
        "wish.made wish.published wish.claimed wish.released wish.granted wish.confirmed wish.overdue",
        "wishes wish-board wishes-by-person",
        "tests/unit/folds/test_wish.py::test_the_first_of_two_claims_holds_and_the_other_is_remembered",
    ),
    _row(
        _H,
        "践诺评诺",
        "pledge.made pledge.kept pledge.reviewed pledge.overdue",
        "pledges pledge-board",
        "tests/unit/folds/test_pledge.py::test_in_time_is_what_was_kept_by_its_due",
    ),
    _row(
        _H,
        "分片包楼入户",
        "visit.paid",
        "visits visit-board",
        "tests/unit/folds/test_visit.py::test_a_visit_counts_at_its_place_and_for_the_person",
    ),
    _row(
        _H,
        "结对帮扶",
        "care.paired care.visited care.ended",
        "care-pairs care-board care-people",
        "tests/unit/folds/test_care.py::test_a_recipient_with_two_helpers_is_one_row_of_two_pairs",
    ),
    _row(
        _H,
        "业主选举专职律师任支部书记",
        "place.staffed place.unstaffed",
        "places roster",
        "tests/unit/folds/test_place.py::test_who_was_elected_with_which_profession_stays_with_the_post",
    ),
    _row(
        _H,
        "心愿邮箱",
        "mediation.opened mediation.met mediation.settled",
        "mediations mediation-board",
        "tests/integration/test_hearts_read_models.py::test_disputes_by_the_level_and_the_channel_that_settled_them",
    ),
    _row(
        _H,
        "综合受理、首问负责、一人跑",
        "case.discovered application.filed mediation.opened",
        "first-asked",
        "tests/integration/test_every_read_model.py::test_a_month_of_a_county_shows_in_every_read_model",
    ),
    _row(
        _H,
        "网格治理运行机制等四项制度",
        "regulation.issued regulation.revised regulation.repealed",
        "regulations regulation-board",
        "tests/integration/test_estate_read_models.py::test_an_estate_has_its_own_regulation_or_that_from_above",
    ),
    _row(
        _H,
        "小区巡查队与工作台账",
        "patrol.made hazard.found hazard.fixed hazard.verified hazard.overdue",
        "patrols patrol-board hazards hazard-board",
        "tests/integration/test_hearts_read_models.py::test_hazards_in_time_are_judged_by_the_stamped_due_or_by_severity",
    ),
    _row(
        _H,
        "读书日、知识竞赛、技能比拼",
        "activity.planned activity.held activity.cancelled",
        "culture activities",
        "tests/unit/folds/test_activity.py::test_campaign_and_brand_are_told_apart_and_so_is_what_units_provide",
    ),
    _row(
        _H,
        "居民满意打分卡、意见卡",
        "survey.opened card.submitted survey.closed",
        "surveys survey-items scores-by-item",
        "tests/unit/folds/test_survey.py::test_the_first_card_of_a_number_counts",
    ),
    _row(
        _H,
        "更换服务者、服务方法、服务形式",
        "remedy.proposed remedy.adopted unit.replaced",
        "survey-items replacements",
        "tests/integration/test_estate_read_models.py::test_the_next_survey_shows_what_a_remedy_did",
    ),
    _row(
        _Z,
        "县、镇、社区三级联动",
        "place.registered place.changed place.closed",
        "places place-levels overview",
        "tests/integration/test_boards.py::test_the_tree_of_then_is_that_of_a_naive_walk",
    ),
    _row(
        _Z,
        "四大班子领导包抓",
        "place.linked place.unlinked visit.paid",
        "leaders leader-board field-studies",
        "tests/integration/test_estate_read_models.py::test_leaders_are_shown_with_what_they_are_in_charge_of",
    ),
    _row(
        _Z,
        "督办重点任务、为民办实事",
        "task.assigned task.progressed task.done task.verified task.overdue case.supervised",
        "tasks task-board",
        "tests/integration/test_exchange_read_models.py::test_tasks_with_what_became_of_them_and_how_late_they_are",
    ),
    _row(
        _Z,
        "镇、社区对驻区单位的协同考核",
        "assessment.scored assessment.contested assessment.ruled rule.adopted period.closed",
        "units assessments assessment-board rules periods",
        "tests/unit/folds/test_assessment.py::test_points_are_hundredths_of_their_quarter_and_the_first_score_holds",
    ),
    _row(
        _Z,
        "党群活动阵地改造升级",
        "facility.upgraded",
        "facilities facility-board",
        "tests/unit/folds/test_place.py::test_a_facility_counts_on_the_days_of_its_own_opening_upgrade_and_closing",
    ),
    _row(
        _Z,
        "窗帘行动（一老一小）",
        "curtain.agreed curtain.seen curtain.missed curtain.checked curtain.unanswered",
        "curtains curtain-board curtain-alarms",
        "tests/integration/test_clocks.py::test_a_curtain_that_stays_shut_is_missed_then_knocked_at_and_unanswered",
    ),
    _row(
        _Z,
        "文教礼、网格联动等品牌",
        "place.changed activity.planned",
        "places activity-board",
        "tests/integration/test_exchange_read_models.py::test_activities_by_kind_campaign_and_brand_and_clinics_by_units",
    ),
    _row(
        _Z,
        "民事7步接办",
        "case.discovered case.whistled case.reported case.deliberated case.handled case.replied case.rated",
        "cases funnel cases-by-kind",
        "tests/integration/test_read_models.py::test_the_funnel_has_two_branches",
    ),
    _row(
        _Z,
        "网格民情处置",
        "case.dispatched case.accepted case.handled",
        "grids workers cases-by-worker",
        "tests/integration/test_decisions.py::test_a_case_goes_to_its_grid_and_the_event_says_why",
    ),
    _row(
        _Z,
        "民情快递",
        "case.discovered",
        "cases-by-kind",
        "tests/unit/folds/test_case_clocks.py::test_a_case_counts_once_in_its_kind_wherever_it_moves",
    ),
    _row(
        _Z,
        "三级七天调解法",
        "mediation.opened mediation.escalated mediation.overdue mediation.paused mediation.extended",
        "mediations mediation-board",
        "tests/integration/test_clocks.py::test_a_mediation_climbs_the_levels_and_is_overdue_after_seven_days",
    ),
    _row(
        _Z,
        "情理法诉",
        "mediation.met mediation.failed mediation.refused mediation.followed_up",
        "mediation-methods mediations-by-mediator",
        "tests/unit/folds/test_mediation.py::test_meetings_count_by_method_on_their_own_day",
    ),
    _row(
        _Z,
        "居民议事会、民情恳谈会",
        "conference.convened conference.held",
        "conferences conference-board",
        "tests/unit/folds/test_conference.py::test_a_conference_that_was_held_first_counts_once_it_was_convened",
    ),
    _row(
        _Z,
        "乡镇吹哨、部门报到",
        "case.whistle_requested case.whistled case.reported case.overdue",
        "whistles-by-unit units rates",
        "tests/integration/test_read_models.py::test_a_late_report_costs_points_and_an_assistant_answers_for_itself",
    ),
    _row(
        _Z,
        "“1+1”“N+1”结对",
        "unit.paired unit.contacted unit.unpaired",
        "pairings pairing-board",
        "tests/integration/test_estate_read_models.py::test_pairings_show_the_last_contact_with_the_community_or_below",
    ),
    _row(
        _Z,
        "联席会议会",
        "council.formed council.seated council.left",
        "councils council-board council-members",
        "tests/unit/folds/test_council.py::test_members_count_while_they_sit",
    ),
    _row(
        _Z,
        "党建联盟",
        "alliance.joined person.registered",
        "alliance-board participants",
        "tests/integration/test_estate_read_models.py::test_a_person_takes_part_once_in_however_many_ways",
    ),
    _row(
        _Z,
        "需求、资源、项目三张清单",
        "listing.posted listing.claimed listing.withdrawn",
        "needs resources projects matches",
        "tests/integration/test_exchange_read_models.py::test_a_need_is_matched_with_what_is_like_it_at_the_time_and_enough_and_pairs_come_first",
    ),
    _row(
        _Z,
        "双向认领、契约化共建",
        "contract.signed contract.delivered contract.accepted contract.refused contract.overdue",
        "contracts contract-items contract-board",
        "tests/integration/test_exchange_read_models.py::test_items_are_on_time_until_their_day_ends_and_a_refused_delivery_is_none",
    ),
    _row(
        _Z,
        "在职党员“双报到”“双服务”",
        "duty.reported duty.served duty.confirmed duty.refused",
        "duty duties duty-board",
        "tests/integration/test_read_models.py::test_duty_against_the_target_and_below_half_of_the_weights_no_rank",
    ),
    _row(
        _Z,
        "573个微网格与责任单位",
        "place.registered place.changed place.staffed",
        "grids places place-levels",
        "tests/unit/folds/test_place.py::test_each_parent_holds_from_its_own_time",
    ),
    _row(
        _Z,
        "点餐式服务（点单、接单、群众监督）",
        "order.placed order.taken order.done order.supervised order.rated order.overdue",
        "orders order-board orders-by-unit",
        "tests/unit/folds/test_order.py::test_the_first_taker_has_it_and_the_others_are_remembered",
    ),
    _row(
        _Z,
        "社会组织参与",
        "unit.registered activity.planned",
        "organisations unit-kinds",
        "tests/integration/test_reports.py::test_every_figure_of_the_reports_is_borne_out",
    ),
    _row(
        _Z,
        "多网合一",
        "place.merged",
        "places",
        "tests/unit/folds/test_place.py::test_lists_of_a_place_are_bounded",
    ),
    _row(
        _Z,
        "请您反映、帮您办事",
        "case.discovered application.filed",
        "cases applications cases-by-kind",
        "tests/unit/folds/test_application.py::test_it_counts_on_the_day_of_filing_in_its_community_and_with_who_took_it_in",
    ),
    _row(
        _Z,
        "五单：点单、派单、落单、查单、评单",
        "case.discovered case.dispatched case.accepted case.looked_up case.rated",
        "five-tickets",
        "tests/integration/test_reports.py::test_every_figure_of_the_reports_is_borne_out",
    ),
    _row(
        _Z,
        "智能派单",
        "case.dispatched case.declined case.reopen_requested case.reopened",
        "workers duplicates",
        "tests/integration/test_decisions.py::test_declined_goes_to_the_next_and_in_the_end_to_the_desk",
    ),
    _row(
        _Z,
        "一门式、全天候；一站受理、全程服务",
        "service.offered service.queried application.filed application.accepted application.returned "
        "application.decided application.delivered application.overdue",
        "window services applications",
        "tests/integration/test_exchange_read_models.py::test_what_was_promised_is_judged_in_working_days_and_waiting_for_papers_does_not_count",
    ),
    _row(
        _Z,
        "一刻钟便民服务区",
        "facility.opened",
        "daily-life",
        "tests/integration/test_estate_read_models.py::test_a_quarter_of_an_hour_reaches_so_far",
    ),
    _row(
        _Z,
        "雪亮工程、公安天网、慧眼工程",
        "camera.registered camera.alerted camera.confirmed camera.dismissed",
        "cameras camera-alerts alert-board",
        "tests/integration/test_estate_read_models.py::test_alerts_by_network_and_who_looked",
    ),
    _row(
        _Z,
        "社会治理一张图；一屏知社区、一网管小区",
        "place.registered facility.opened",
        "map overview",
        "tests/integration/test_every_read_model.py::test_roll_ups_at_every_level_equal_the_whole",
    ),
    _row(
        _Z,
        "一网多格、多员联动",
        "place.staffed place.unstaffed person.away",
        "workers grids",
        "tests/integration/test_decisions.py::test_who_is_away_gets_nothing",
    ),
)
