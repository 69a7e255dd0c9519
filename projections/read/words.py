"""What staff read where rows have codes: kinds, channels, states, reasons. Answers keep them, tables show these."""

from __future__ import annotations

from ledger.event import latest
from projections.read.reasons import reason_in_chinese


def word(value: str, column: str = "") -> str:
    """A code in Chinese, an event type with its term, the rest as it is. `column`: where a code means another thing."""
    if found := IN_COLUMN.get((column, value)) or WORDS.get(value):
        return found
    if column == "reason" and (told := reason_in_chinese(value)):
        return told
    return f"{kind.term} {value}" if (kind := latest.get(value)) else value


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


IN_COLUMN = {
    ("clock", "report"): "报到",
    ("indicator", "report"): "报到",
    ("indicator", "satisfaction"): "满意",
    ("mark", "failed"): "不及格",
    ("body", "government"): "政府",
}
"""Codes that mean something of their own in a column."""

_PLACES = _pairs("""
    county=县 town=镇 community=社区 estate=小区 building=楼栋 grid=微网格 party_household=党员中心户
    party=党建 public_security=综治 human_resources=人社 city=城管
    red_harbour=红色港湾 party_mass_centre=党群服务中心 service_home=服务之家 service_window=服务窗口
    activity_room=活动室 square=广场 daily_life=便民点
    party_branch=小区党支部 two_committees=社区“两委” owners_committee=业委会 property_company=物业公司
    law_enforcement=综合执法队 police=公安民警
    party_committee=党委 peoples_congress=人大 cppcc=政协
    grid_mechanism=网格治理运行机制 owners_committee_routine=业委会日常工作制度 branch_duties=党支部工作职责
    branch_liaison=党支部联系制度 elected_by_owners=业主选举 appointed=任命 hired=聘用
    building_chief=楼栋长 branch_secretary=支部书记 household_head=中心户户主
""")
_PARTIES = _pairs("""
    government=政府机关 institution=事业单位 enterprise=企业 social_enterprise=社会企业 social_organisation=社会组织
    in_service_member=在职党员 retired_member=退休党员 grid_worker=网格员 volunteer=志愿者 resident=居民
    residents=居民 delegate=两代表一委员 social_worker=社工 property_manager=物业经理 police_officer=民警
    law_enforcement_officer=执法队员 leader=领导 enthusiastic_resident=热心居民 alliance_cadre=联盟干部 unit=单位
    chair=主任 deputy=副主任 secretary=秘书 member=委员 branch=支部
    five_colour=五色模范党员 patrol=巡查 red=红色 orange=橙色 purple=紫色 blue=蓝色 green=绿色
    alliance=党建联盟 council=联席会议会 conference=会议
""")
_CASES = _pairs("""
    app_reflect=请您反映 app_service=帮您办事 app=网上 window=窗口 express=民情快递 hotline=热线 visit=走访
    camera=视频 curtain=窗帘行动 open311=Open311 import=导入 self_service=自助终端 call_back=回访
    consultation=咨询 help=求助 suggestion=建议 complaint=投诉 report=举报
    emergency=紧急 urgent=加急 ordinary=一般 h2=2小时 h24=24小时 d7=7天 d15=15天
    lead=牵头 assist=协办 joint_enforcement=联合执法
    satisfied=满意 fairly=基本满意 dissatisfied=不满意 jurisdiction=职责 rating=评价 deadline=时限
    dispatch=派单 sign_in=签收 handle=办理 unit_handle=单位办理
    late_closing=压线办结又重办 burst=短时间内自报自结 many_ratings=一人多评 merged_overdue=超期并案 same_photo=照片重复
""")
_ACTIVITIES = _pairs("""
    clinic=义诊 counselling=心理辅导 stairway_lecture=楼道党课 mobile_service=掌上服务 reading_day=读书日
    knowledge_contest=知识竞赛 skills_contest=技能比拼 party_day=主题党日 culture=文化活动 practice=实践活动
    home_service=上门服务 clean_up=环境清洁 safety_patrol=安全巡防 elder_meal=助老送餐 tutoring=助学辅导
    traffic_guidance=文明交通 same_deed=同一件事 overlap=时间重叠
    six_party=六方联席会议 joint=联席会 residents_council=居民议事会 heart_to_heart=民情恳谈会
    lone_elder=独居老人 hardship=困难家庭 migrant_tenant=外来租户 child=儿童 elder=老人 other=其他
    household=入户 field_study=调研
""")
_DISPUTES = _pairs("""
    wish_mailbox=心愿邮箱 sentiment=情 reason=理 law=法 litigation_guidance=诉
    litigation=诉讼 arbitration=仲裁 administrative=行政途径 none=无
    serious=重大 moderate=较大 minor=一般 snow_bright=雪亮工程 sky_net=公安天网 wise_eye=慧眼工程
    fire=火情 blocked_passage=占堵通道 thrown_object=高空抛物 crowd=人员聚集 fall=跌倒 intrusion=闯入 littering=乱扔垃圾
    safe=平安 without_consent=未同意 watched=守望中 seen=已看到 missed=未拉开 unanswered=无应答 waiting=待核实
""")
_EXCHANGES = _pairs("""
    need=需求 resource=资源 project=项目 talent=人才 technology=技术 venue=场地 facility=设施 funds=资金 service=服务
    provider=更换服务者 method=更换方法 form=更换形式 owners_vote=业主表决
    too_few=样本不足 low=偏低 passed=合格 no_adopted_remedy=无已通过的整改 another_remedy=与通过的整改不符
    no_owners_vote=未经业主表决 too_few_cards=样本不足
    apply=申请 query=查询 supervised=督办 livelihood=为民办实事
    points=打分 bonus=加分 deduction=扣分 duty_reporting=双报到 duty_service=双服务 contracts=契约兑现
""")
_STATES = _pairs("""
    unknown=不明 made=已许下 published=已发布 claimed=已认领 granted=已实现 confirmed=属实 dismissed=已排除
    withdrawn=已撤回 planned=计划中 held=已开展 cancelled=已取消 convened=已召集
    discovered=已发现 refused=不予受理 dispatched=已派单 accepted=已受理 declined=已退单 whistled=已吹哨
    reported=已报到
    deliberated=已会商 handled=已办理 replied=已反馈 rated=已评价 reopened=重办中 merged=已并案 closed=已办结
    collected=已收集 tabled=已上会 decided=已办结 agreed=同意办理 deferred=暂缓 referred=转交 rejected=不予办理
    carried_out=已落实 solved=已解决 opened=已受理 met=调解中 paused=已暂停 settled=调解成功 failed=调解不成
    open=开放中 filled=已认领完 ended=已结束 placed=待接单 taken=已接单 done=已完成 helped=已施助
    filed=已申请 returned=待补正 delivered=已送达 assigned=已交办 progressed=进行中 verified=已核验 sent_back=已退回
    found=待整改 fixed=已整改 intake=入口 ledger=总账
""")
_FAMILIES = _pairs("""
    act=志愿服务 activity=活动 application=申办 assessment=协同考核 care=结对帮扶 case=诉求 contract=契约
    duty=双报到双服务 hazard=隐患 listing=三张清单 mediation=矛盾纠纷
    notice=通知 order=点单 period=考核期 person=人员 place=地点
    pledge=践诺 publisher=发布方 rule=规则 survey=打分卡 task=督办 team=队伍 topic=议题 wish=微心愿
    clocks=时限 credit=一事一记 duplicates=疑似重复 gaming=刷分迹象
    three_rates=三率 unit_assessment=单位考核 workload=工作量
""")
WORDS = _PLACES | _PARTIES | _CASES | _ACTIVITIES | _DISPUTES | _EXCHANGES | _STATES | _FAMILIES
"""Chinese by code. What a code of an event's field may be is here; a test holds both together."""
