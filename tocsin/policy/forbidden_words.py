"""How the forbidden grounds are written, in the languages in which somebody listed them. Data for ``grounds``.

The grounds are those of the design's list. English words are matched whole and Chinese ones anywhere, in texts of
every language; those of other languages only in their own: a French *manifestation* is a protest, an English one may be
that of an illness. Each pattern stands within the letters of its script, so write no ``\\b``. Texts are compared in
lower case, with spaces for dashes.
"""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "nationality": {
        "en": r"nationalit\w+|citizenship|foreigners?|foreign nationals?",
        "zh": "国籍|國籍|外国人|外國人|外籍|老外",
        # «à l’étranger» and «en el extranjero» are places; «un étranger», «un extranjero» is somebody.
        "fr": r"nationalités?|citoyennetés?|ressortissante?s?|(?:une?|les|des|aux|ces) étrang(?:ers?|ères?)",
        "es": r"nacionalidad(?:es)?|ciudadanías?|(?:una?|un[oa]s|l[oa]s|es[oa]s|est[oa]s) extranjer[oa]s?",
        "ru": r"национальност\w+|гражданств\w+|иностран(?:ец|ц\w+|к\w+)|иностранн\w+ граждан\w*",
        "ar": "جنسية|جنسيات|جنسيت(?:ه|ها|هم)|[أا]جانب",
    },
    "ethnicity": {
        "en": r"ethnic\w*|races?|racial|tribes?|tribal",
        "zh": "民族|种族|種族|族裔",
        "fr": r"ethni\w+|raciales?|raciaux|racial|tribus?|tribales?",
        "es": r"etnias?|étnic[oa]s?|raciales|racial|tribus?|tribal(?:es)?",
        # «племенной скот» is cattle for breeding.
        "ru": r"этнич\w+|этнос\w*|расов\w+|рас[аыеу]|племя|племени|племена",
        "ar": r"عرقي|عرقية|[أا]عراق|[إا]ثني|[إا]ثنية|قبيلة|قبائل|قبيلت(?:ه|ها|هم)",
    },
    "religion": {
        "en": r"religio\w+|religious faith",
        "zh": "宗教|信仰|信徒",
        "fr": r"religi\w+|confessions? religieuses?|croyances?|croyante?s?",
        "es": r"religi\w+|creencias?|creyentes?",
        "ru": r"религи\w+|вероисповедани\w+|верующ\w+",
        # Not «دين» alone: it is a debt as well.
        "ar": r"ديانة|ديانات|ديانت(?:ه|ها|هم)|ديني|دينية|دين(?:ه|ها|هم)|عقيدة|عقائد|عقيدت(?:ه|ها|هم)",
    },
    "sect": {
        "en": r"sects?|sectarian\w*|cults?",
        "zh": "教派|邪教|异端|異端",
        "fr": r"sectes?|sectaires?|cultes?",
        "es": r"sectas?|sectari[oa]s?|cultos? religiosos?",
        "ru": r"сект(?:а|ы|е|у|ой|ам|ами|ах)?|сектант\w*|культ(?:а|ы|ов)?",
        "ar": "طائفة|طوائف|طائفي|طائفية|مذهب|مذهبي|مذهبية|مذاهب|مذهب(?:ه|ها|هم)",
    },
    "political opinion": {
        "en": r"political (?:\w+ )?(?:opinions?|views?|beliefs?)|politics|dissidents?|ideolog\w+",
        "zh": "政治(?:观点|觀點|见解|見解|立场|立場|倾向|傾向)|政见|政見|意识形态|意識形態",
        "fr": r"(?:opinions?|idées?|convictions?) politiques?|dissidente?s?|idéolog\w+",
        "es": r"(?:opini(?:ón|ones)|ideas?|convicci(?:ón|ones)) políticas?|disidentes?|ideológic[oa]s?",
        "ru": r"политическ\w+ (?:взгляд\w*|убеждени\w+|мнени\w+)|диссидент\w*|идеологи\w+|инакомысл\w+",
        "ar": r"(?:[آا]راء|[آا]راؤ\w*|ر[أا]ي|ر[أا]ي(?:ه|ها|هم)|معتقدات) (?:ال)?سياسية?|[أا]يديولوجي\w*|[إا]يديولوجي\w*",
    },
    "hostile forces": {
        "en": r"hostile (?:\w+ )?(?:forces?|elements?)|subversives?",
        "zh": "敌对(?:势力|分子)|敵對(?:勢力|分子)|反动(?:分子|言论|思想)",
        "fr": r"(?:forces?|éléments?) hostiles?|subversi(?:fs?|ves?)",
        "es": r"(?:fuerzas?|elementos?) hostiles?|subversiv[oa]s?",
        "ru": r"враждебн\w+ (?:сил\w*|элемент\w*)|подрывн\w+ элемент\w*",
        "ar": "(?:قوى|عناصر) (?:ال)?(?:معادية|تخريبية)",
    },
    "extremist views": {
        "en": r"extremis\w+|radicali\w+|radical (?:views?|ideas?)",
        "zh": "极端(?:主义|思想|观点|言论)|極端(?:主義|思想|觀點|言論)",
        "fr": r"extrémis\w+|radicalis\w+|idées radicales",
        "es": r"extremis\w+|radicaliz\w+|ideas radicales",
        "ru": r"экстремис\w+|радикализ\w+|радикальн\w+ (?:взгляд\w*|иде\w+)",
        "ar": r"متطرف\w*|تطرف",
    },
    "petitioning": {
        "en": r"petition\w*",
        "zh": "上访|上訪|信访|信訪|请愿|請願",
        "fr": r"pétition\w*",
        "es": r"petición|peticiones|peticionari[oa]s?",
        "ru": r"петици\w+|обращени\w+ граждан",
        # «عريضة» alone is something broad.
        "ar": "عرائض|(?:توقيع|تقديم|وقع|قدم) عريضة",
    },
    "protest": {
        "en": r"protest\w*|demonstrators?|public demonstrations?|rall(?:y|ies)",
        "zh": "抗议|抗議|示威(?![胁脅力])|集会|集會|游行|遊行",
        "fr": r"manifestante?s?|manifestations?(?! (?:cliniques?|sportives?|culturelles?))|protest\w+",
        "es": r"protest\w+|manifestantes?|manifestaci(?:ón|ones)(?! clínicas?)",
        "ru": r"протест\w*|митинг\w*|демонстрант\w*|демонстраци\w+",
        "ar": r"احتجاج\w*|متظاهر(?:ين|ون|ة|ات)?|مظاهر(?:ة|ات)|تظاهر(?:ة|ات)",
    },
    "strike": {
        "en": r"strikes?|strikers?|striking workers",
        "zh": "罢工|罷工|罢课|罷課|罢市|罷市",
        "fr": r"grèves?|grévistes?",
        "es": r"huelgas?|huelguistas?",
        "ru": r"забастов\w+|бастующ\w+|стачк\w+",
        "ar": r"[إا]ضراب\w*|مضربين|مضربون",
    },
    "journalism": {
        "en": r"journalis\w+|news reporters?|bloggers?|newspapers?",
        "zh": "记者|記者|新闻(?:报道|采访|工作)|新聞(?:報道|採訪|工作)|媒体人|博主",
        "fr": r"journalis\w+|blogueu(?:rs?|ses?)",
        "es": r"periodis\w+|bloguer[oa]s?",
        "ru": r"журналис\w+|блогер\w*",
        "ar": r"صحفي\w*|صحافي\w*|صحافة|مدونين|مدونون",
    },
    "union": {
        # The European Union is a place, and its money is what somebody may have taken.
        "en": r"(?<!european )(?<!customs )(?:trade |labou?r )?unions?(?! europ)(?! douani)|unioni[sz]\w+",
        "zh": "工会|工會",
        "fr": r"syndicats?|syndicalis\w+|syndiquée?s?|syndica(?:le?s?|ux)",
        "es": r"sindicatos?|sindicalis\w+|sindical(?:es)?|sindicad[oa]s?",
        "ru": r"профсоюз\w*",
        "ar": r"نقابة|نقابات|نقابي\w*",
    },
    "migration status": {
        "en": r"(?:im)?migrants?|immigration|migration status|refugees?|asylum"
        r"|undocumented (?:people|persons?|workers?)",
        "zh": "移民|难民|難民|偷渡|居留身份|非法居留",
        "fr": r"(?:im)?migrante?s?|(?:im|é)migrée?s?|immigration|réfugiée?s?"
        r"|demandeu(?:rs?|ses?) d.asile|sans papiers",
        "es": r"(?:in|e)?migrantes?|inmigraci(?:ón|ones)|refugiad[oa]s?|asilo|sin papeles|indocumentad[oa]s?",
        # «миграция птиц» is that of birds.
        "ru": r"(?:им|э)?мигрант\w*|(?:им|э)миграци\w+|бежен(?:ец|ц\w+|к\w+)|нелегал(?:ы|ов)?",
        "ar": r"مهاجرين|مهاجرون|لاجئ\w*|لجوء|هجرة غير \w+",
    },
    "sexuality": {
        "en": r"sexualit\w+|sexual orientation|gays?|lesbians?|homosexual\w*",
        "zh": "性取向|性倾向|性傾向|同性恋|同性戀",
        "fr": r"sexualités?|orientations? sexuelles?|lesbiennes?|homosexu\w+",
        "es": r"sexualidad(?:es)?|orientaci(?:ón|ones) sexual(?:es)?|lesbianas?|homosexual\w*",
        "ru": r"сексуальн\w+ ориентаци\w+|гомосексу\w+|лесбиянк\w+|гей|геи|геев",
        "ar": r"(?:ميول|ميول(?:ه|ها|هم)|توجه|توجه(?:ه|ها|هم)) (?:ال)?جنسية?|مثليين|مثليون|مثلية",
    },
}
