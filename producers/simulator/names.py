"""The names of the county: towns, communities, estates, units and people (people are invented)."""

from __future__ import annotations

TOWNS = (("yunxing-town", "云兴镇"), ("dianwan-town", "店湾镇"))
COMMUNITIES = (  # id, name, index of the town
    ("yunxing", "云兴街社区", 0),
    ("west-street", "西街社区", 0),
    ("east-street", "东街社区", 0),
    ("south-street", "南街社区", 0),
    ("north-street", "北街社区", 0),
    ("dianwan", "店湾街社区", 1),
    ("xincheng", "新城社区", 1),
)
_ESTATE_HEADS = ("云泰", "锦绣", "福安", "祥和", "盛世", "龙泉", "新兴", "阳光", "华府", "翠屏", "文苑", "金域")
_ESTATE_TAILS = ("园", "苑", "家园", "花园", "嘉园", "新村", "小镇", "名邸")
ESTATES = tuple(f"{head}{tail}小区" for tail in _ESTATE_TAILS for head in _ESTATE_HEADS)[:89]

_UNITS = (
    ("government", "县财政局 县教育局 县民政局 县人社局 县住房和城乡建设局 县城市管理局 县自然资源局"),
    ("government", "县交通运输局 县水务局 县农业农村局 县文化和旅游局 县卫生健康局 县应急管理局"),
    ("government", "县审计局 县市场监督管理局 县统计局 县医疗保障局 县行政审批局 县司法局 县信访局"),
    ("government", "县退役军人事务局 县能源局 县工信局 县发改局 县生态环境分局 县税务局 县气象局"),
    ("government", "县档案馆 县委组织部 县委宣传部 县委统战部 县委政法委 县委党校 县总工会 团县委"),
    ("government", "县妇联 县残联 县科协 县工商联 县红十字会"),
    ("institution", "县第一中学 县第二中学 县第三中学 县高级中学 县职业中学 县实验小学 县东街小学"),
    ("institution", "县西街小学 县南街小学 县特教学校 县第一幼儿园 县第二幼儿园 县人民医院 县中医院"),
    ("institution", "县妇幼保健院 县疾控中心 县融媒体中心 县图书馆 县文化馆 县博物馆 县体育中心"),
    ("institution", "县环卫服务中心 县园林服务中心 县养老服务中心 县公共就业中心"),
    ("enterprise", "县热力公司 县自来水公司 县供电公司 县燃气公司 县公交公司 县邮政公司 电信公司"),
    ("enterprise", "移动公司 联通公司 工商银行 农业银行 建设银行 邮储银行 农商银行 人寿保险 人保财险"),
    ("enterprise", "新华书店 粮食储备公司 城投公司 文旅公司 煤业公司 烟草公司"),
    ("property_company", "安居物业 恒信物业 锦程物业 万家物业 福临物业 佳园物业 鑫城物业 和顺物业"),
    ("property_company", "东方物业 盛泰物业 康居物业 金盾物业 华云物业 众邦物业"),
    ("social_organisation", "爱心协会 志愿者协会 老年协会 书法协会 义工联合会 蓝天救援队 社工服务中心"),
    ("social_organisation", "心理咨询协会 法律援助中心 武术协会"),
    ("social_enterprise", "助餐服务社 家政合作社 康复辅具社"),
    ("law_enforcement", "县综合行政执法队 县消防救援大队"),
    ("police", "县公安局云兴派出所 县公安局交警大队"),
    ("owners_committee", "云泰园业委会 锦绣园业委会"),
)
UNITS = tuple((kind, f"左云{name}") for kind, names in _UNITS for name in names.split())

COLOURS = (
    ("red", "红色先锋队"),
    ("orange", "橙色帮扶队"),
    ("purple", "紫色文化队"),
    ("blue", "蓝色平安队"),
    ("green", "绿色环保队"),
)
SURNAMES = "张王李赵刘陈杨高孙郭马吴韩冯曹田贾任侯白郝孟段康"
GIVEN = "建国秀英海燕志强丽娟永红晓东玉兰文斌春梅俊峰雪琴立新桂芳宏伟彩云"
ACTIVITIES = (
    ("clinic", "周末义诊进小区"),
    ("counselling", "心理辅导面对面"),
    ("stairway_lecture", "楼道党课"),
    ("mobile_service", "掌上服务教老人用手机"),
    ("reading_day", "社区读书日"),
    ("knowledge_contest", "文明知识竞赛"),
    ("skills_contest", "居民技能大比拼"),
    ("party_day", "主题党日"),
    ("culture", "广场文艺演出"),
    ("practice", "垃圾分类实践"),
)
CAMPAIGNS = ("立足岗位作贡献", "学习身边榜样", "我为群众办实事")
BRANDS = ("文教礼", "网格联动", "服务连心", "管理联网", "窗帘行动", "一老一小")
SERVICES = ("政策宣传", "环境整治", "义诊", "法律咨询", "入户走访", "文明劝导", "家电维修", "助学辅导")
ACTS = ("home_service", "clean_up", "safety_patrol", "elder_meal", "tutoring", "traffic_guidance")
REFUSALS = ("当天未到场", "重复登记", "服务时长不符")
CANCELLATIONS = ("天气原因", "场地维修", "报名人数不足")
