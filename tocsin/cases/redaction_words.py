"""Words by which a text may give its teller away, as data: kind → words or phrases of several languages.

Scripts are apart, so one table serves all: Latin, Cyrillic and Arabic words are looked up whole, Han words wherever
they stand. A phrase has at most four words. Nothing here decides; it only makes somebody look.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Why a place in a text is marked. ``redaction.WHY`` says it in words."""

    FIRST_PERSON = "first_person"
    RELATION = "relation"
    NAME = "name"
    NUMBER = "number"
    ADDRESS = "address"
    PLATE = "plate"
    TIME = "time"
    CIRCLE = "circle"
    WORKPLACE = "workplace"
    PLACE = "place"
    LANGUAGE = "language"
    ONLY_ONE = "only_one"
    RARE = "rare"
    REPORTER = "reporter"
    FILE = "file"
    HIDDEN = "hidden"
    OVERLAP = "overlap"


K = Kind
LONGEST_PHRASE = 4

_WORDS: dict[Kind, str] = {
    K.FIRST_PERSON: """
        i i'm i've i'd i'll me my mine myself we we're we've us our ours ourselves
        je j'ai moi nous notre nos yo mí mío mía nosotros nosotras nuestro nuestra
        я мне меня мной мой моя моё мои мы нас нам наш наша наши أنا نحن لي عندي رأيت سمعت
    """,
    K.RELATION: """
        brother brothers sister sisters mother father mum mom dad parents son sons daughter daughters child children
        wife husband partner boyfriend girlfriend fiancé fiancée uncle aunt cousin cousins nephew niece grandmother
        grandfather grandma grandpa stepfather stepmother in-law ex ex-wife ex-husband ex-partner neighbour neighbours
        neighbor neighbors colleague colleagues coworker coworkers co-worker co-workers boss landlord landlady tenant
        flatmate roommate housemate classmate classmates teacher friend friends acquaintance employee apprentice
        frère soeur sœur mère père fils fille mari épouse cousin cousine oncle tante voisin voisine voisins collègue
        collègues patron ami amie
        hermano hermana madre padre hijo hija esposo esposa marido primo prima tío tía vecino vecina vecinos colega
        compañero compañera jefe amigo amiga
        брат сестра мать отец мама папа сын дочь муж жена дядя тётя сосед соседка соседи коллега коллеги начальник
        друг подруга
        أخي أختي أمي أبي ابني ابنتي زوجي زوجتي جاري جارتي جيراني زميلي زميلتي زملائي صديقي صديقتي مديري
    """,
    K.CIRCLE: """
        meeting meetings witness witnesses eyewitness attendees present
        réunion témoin témoins reunión testigo testigos совещание свидетель свидетели اجتماع شاهد شهود
    """,
    K.WORKPLACE: """
        shift shifts night-shift overtime intern internship trainee
        équipe stagiaire turno becario смена смену стажёр مناوبة متدرب
    """,
    K.PLACE: """
        flat apartment doorbell upstairs downstairs stairwell opposite
        appartement palier étage piso portal escalera квартира подъезд этаж شقة الطابق
    """,
    K.LANGUAGE: """
        accent dialect mother-tongue accented interpreter
        dialecte interprète acento dialecto intérprete акцент диалект переводчик لهجة مترجم
    """,
    K.ONLY_ONE: """
        confided confidentially secretly alone
        confié secrètement confió secretamente confidencialmente наедине тайно вдвоём سرا وحدي
    """,
    K.RARE: """
        unique pregnant wheelchair limp limping scar scars tattoo tattoos tattooed twin twins prosthesis deaf blind
        stutter stammer disabled dismissed redundancy surgery chemotherapy
        enceinte cicatrice tatouage jumeau jumelle licencié embarazada cicatriz tatuaje gemelo despedido
        беременна шрам татуировка близнец уволен حامل ندبة وشم توأم
    """,
    K.REPORTER: """
        reporter reporters informant informants whistleblower whistleblowers tipster caller complainant informer
        signaleur lanceur informateur denunciante informante заявитель информатор осведомитель المبلغ المخبر
    """,
}

_PHRASES: dict[Kind, tuple[str, ...]] = {
    K.CIRCLE: (
        "the two of us", "the three of us", "the four of us", "only two people", "only three people", "few people",
        "everyone in the team", "in the room", "at the meeting", "was there", "were there", "on board", "on duty",
    ),
    K.WORKPLACE: (
        "work at", "work in", "work for", "works at", "works in", "works for", "worked at", "worked in", "worked for",
        "working at", "working in", "working for", "at work", "our office", "our team", "our department", "our company",
        "our factory", "our lab", "our laboratory", "our ward", "our school", "our farm", "our shop", "my office",
        "my team", "my department", "my company", "my employer", "my job", "on duty", "night shift", "je travaille",
        "mon travail", "mi trabajo", "на работе",
    ),
    K.PLACE: (
        "next door", "across the street", "across the road", "from the window", "from my window", "back yard",
        "second floor", "third floor", "ground floor", "top floor",
    ),
    K.LANGUAGE: (
        "mother tongue", "native speaker", "broken english", "speaks with", "spoke with an", "in our language",
        "in my language",
    ),
    K.ONLY_ONE: (
        "only i", "only me", "i was alone", "i alone", "nobody else", "no one else", "the only one", "the only person",
        "told me", "said to me", "showed me", "asked me", "wrote to me", "in confidence", "in secret", "between us",
        "just the two", "nobody knows", "no one knows", "moi seul", "personne d'autre", "m'a dit", "sólo yo",
        "solo yo", "nadie más", "me dijo", "только я", "никто не знает", "сказал мне",
    ),
    K.RARE: ("the only", "the first time", "one of a kind", "one-armed", "sick leave", "maternity leave"),
    K.REPORTER: ("our source", "the source", "she told us", "he told us", "they told us", "hot line", "tip line"),
}  # fmt: skip

_HAN: dict[Kind, str] = {
    K.FIRST_PERSON: "我 我们 咱 咱们 本人 俺 笔者 我們 咱們 筆者",
    K.RELATION: """
        哥哥 弟弟 姐姐 妹妹 父亲 母亲 爸爸 妈妈 父母 丈夫 妻子 老公 老婆 儿子 女儿 孩子 爷爷 奶奶 外公 外婆 叔叔 伯伯 舅舅
        姑姑 姨妈 阿姨 堂哥 堂弟 堂姐 堂妹 表哥 表弟 表姐 表妹 侄子 侄女 外甥 女婿 儿媳 岳父 岳母 公公 婆婆 前夫 前妻 亲戚
        男朋友 女朋友 邻居 隔壁 同事 同学 室友 舍友 老板 领导 上司 下属 徒弟 师傅 老师 房东 租客 朋友 熟人 同乡 老乡 战友
        父親 母親 媽媽 兒子 女兒 鄰居 同學 老師 老闆 親戚
    """,
    K.CIRCLE: """
        会议上 开会 在场 当场 只有两个人 只有三个人 只有两人 只有三人 就我们 几个人 值班的 一起的 目击者 會議上 開會 在場
        目擊者
    """,
    K.WORKPLACE: """
        上班 下班 值班 夜班 白班 早班 晚班 加班 实习 车间 科室 班组 工位 办公室 单位里 公司里 厂里 店里 我单位 我公司 实习生
        上夜班 任职 就职 實習 車間 辦公室
    """,
    K.PLACE: "门牌 楼上 楼下 楼道 对面 门口 窗户 阳台 小区 胡同 弄堂 斜对面 門牌 樓上 樓下 對面 陽台",
    K.LANGUAGE: "普通话 方言 口音 母语 翻译 粤语 闽南语 客家话 维吾尔语 藏语 蒙古语 英语 俄语 日语 韩语 口譯 母語 粵語 閩南語",
    K.ONLY_ONE: """
        只有我 只告诉 没人知道 没有人知道 没有别人 别人不知道 私下 悄悄 偷偷 单独 就我一个 我一个人 告诉我 跟我说 对我说
        给我看 秘密 只告訴 沒人知道 告訴我 單獨
    """,
    K.RARE: """
        唯一 怀孕 孕妇 残疾 轮椅 拐杖 疤痕 伤疤 纹身 双胞胎 口吃 失聪 失明 病假 产假 手术 化疗 被开除 被辞退 第一次 罕见
        懷孕 殘疾 輪椅 雙胞胎
    """,
    K.REPORTER: "举报人 举报者 报告人 线人 来电人 提供者 投诉人 知情人 爆料人 舉報人 線人",
}

LANGUAGE_NAMES = frozenset(
    """
    english french german spanish portuguese italian russian ukrainian polish turkish arabic persian farsi kurdish
    pashto dari urdu hindi bengali chinese mandarin cantonese uyghur tibetan mongolian korean japanese vietnamese thai
    tagalog malay indonesian swahili somali amharic hausa romanian romani serbian croatian albanian greek hungarian
    czech dutch danish swedish norwegian finnish
    """.split()
)
SPEAKING = frozenset("speak speaks spoke spoken speaking in".split())
TITLES = frozenset(
    """
    mr mrs ms miss dr prof professor sir madam officer captain father sister director manager
    monsieur madame mme señor señora sr sra don doña господин госпожа السيد السيدة الدكتور
    """.split()
)
NO_NAMES = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december the a an on in at by of for from to with and or but if when while after before
    then there this that these those it he she they his her their our my your we you i one two three some many most
    all no not yes once again since until during about over under near into
    """.split()
)
"""Words that a sentence or a calendar writes with a capital letter."""
CALLED = frozenset("named called name alias aka nickname nicknamed surname nommé appelé llamado llamada".split())
HAN_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文張劉陳楊趙黃吳孫馬羅鄭謝"
    "韓馮蕭鄧許傅呂蘇盧蔣賈葉閻鍾陸顧龍萬錢湯賀賴龔"
)
HAN_TITLES = (
    "先生 女士 小姐 太太 老师 经理 主任 医生 大夫 局长 处长 科长 校长 院长 厂长 董事长 总经理 书记 队长 师傅 教授 博士 "
    "村长 所长 老板 護士 护士 老師 經理 醫生 局長 處長 科長 校長 院長 廠長 書記 隊長"
).split()


def words() -> dict[tuple[str, ...], Kind]:
    """Words and phrases as tuples of folded words. Where two kinds claim one, the later kind of the tables has it."""
    single = {tuple(word.casefold() for word in (told,)): kind for kind, line in _WORDS.items() for told in line.split()}
    phrases = {tuple(told.casefold().split()): kind for kind, listed in _PHRASES.items() for told in listed}
    return {**single, **phrases}


def han() -> dict[str, Kind]:
    """Han words; the longest at a place counts."""
    return {word: kind for kind, line in _HAN.items() for word in line.split()}
