"""What shows by its shape: numbers, addresses, plates, times, places, quotations.

Every pattern is bounded, so that none can be made to read a text again and again.
"""

from __future__ import annotations

import re

from tocsin.cases.redaction_words import Kind

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼港澳使领"
_HAN_DIGITS = "零〇一二两三四五六七八九十"
_STREETS = "street|road|lane|avenue|square|alley|drive|close|court|place|way|st|rd|ave"
K = Kind

PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE if folds else 0))
    for kind, folds, pattern in (
        # An account, a card, a telephone: six digits and more, with the usual signs between them.
        (K.NUMBER, False, r"(?<![\d.])\+?\(?\d(?:[ ().\-/\u00a0]{0,2}\d){5,24}(?!\d)"),
        (K.ADDRESS, True, r"[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,5}"),
        (K.ADDRESS, True, r"\bhttps?://[^\s<>\"]{1,300}|\bwww\.[^\s<>\"]{1,300}|\bt\.me/\w{1,64}"),
        (K.ADDRESS, False, r"(?<![\w@.])@\w{3,40}"),
        (K.ADDRESS, True, r"(?:微信|wechat|weixin|qq|telegram|signal|whatsapp)(?:号|id)?\s{0,2}[:：]?\s{0,2}[a-z0-9_\-]{5,30}"),
        (K.PLATE, False, rf"[{_PROVINCES}][A-Z]\s?[·•・]?\s?[A-Z0-9]{{5,6}}"),
        (K.PLATE, False, r"\b[A-Z]{1,3}[- ][A-Z]{0,2}[- ]?\d{2,4}\b|\b[A-Z]{2}\d{2}[ -]?[A-Z]{3}\b"),
        (K.PLATE, False, r"\b\d{1,4}[- ][A-Z]{1,3}[- ]\d{1,4}\b|\b[A-Z]{2}[- ]\d{3}[- ][A-Z]{2}\b"),
        (K.TIME, True, r"\b\d{1,2}[:.h]\d{2}(?:\s{0,2}[ap]\.?m\b\.?)?|\b\d{1,2}\s{0,2}(?:[ap]\.?m\b\.?|o['’]clock)"),
        (K.TIME, False, rf"(?:凌晨|清晨|早上|上午|中午|下午|傍晚|晚上|夜里|深夜)?(?:\d{{1,2}}|[{_HAN_DIGITS}]{{1,3}})[点點时時](?:\d{{1,2}}分?|[{_HAN_DIGITS}]{{1,3}}分|半|一刻)?"),
        (K.TIME, False, r"\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|(?:\d{4}年)?\d{1,2}月\d{1,2}[日号號]"),
        (K.TIME, True, r"\b\d{1,2}(?:st|nd|rd|th)?\s(?:of\s)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b"),
        (K.TIME, True, r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\s\d{1,2}\b"),
        (K.CIRCLE, True, r"\b(?:only|just)\s(?:the\s)?(?:two|three|four|five|\d)\s(?:of\s(?:us|them)|people|persons|men|women|employees|workers)\b"),
        (K.CIRCLE, False, rf"(?:只有|就)(?:\d|[{_HAN_DIGITS}])个?人|我们(?:\d|[{_HAN_DIGITS}])个?人?"),
        (K.WORKPLACE, False, r"(?:我们|我|咱们|咱)(?:的)?(?:公司|单位|部门|厂|工厂|学校|医院|实验室|班|村|农场|养殖场|店|办公室|科室|车间)"),
        (K.WORKPLACE, False, r"在[\u3400-\u9fff]{1,12}(?:工作|上班|任职|实习|打工)"),
        (K.PLACE, True, rf"\b\d{{1,5}}[a-z]?,?\s(?:[^\W\d_]{{2,30}}\s){{1,3}}(?:{_STREETS})\b"),
        (K.PLACE, True, r"\b[^\W\d_]{3,40}(?:straße|strasse|gasse|weg|platz)\s\d{1,5}\b|\b(?:rue|calle|улица|ул\.|شارع)\s[^\W\d_]{2,30}"),
        (K.PLACE, True, r"\b(?:flat|apartment|apt|room|floor|unit|building|block|house|number|no)\.?\s(?:no\.?\s)?\d{1,5}[a-z]?\b"),
        (K.PLACE, False, r"-?\d{1,3}\.\d{3,10}\s{0,2}[,;/ ]\s{0,2}-?\d{1,3}\.\d{3,10}"),
        (K.PLACE, False, rf"(?:\d{{1,5}}|[{_HAN_DIGITS}]{{1,4}})(?:号楼|号院|号|號|单元|室|栋|幢|楼|樓|层|層|弄|巷)|[\u3400-\u9fff]{{1,6}}[路街巷弄]\d{{1,5}}号?"),
        (K.LANGUAGE, False, r"[说說讲講用][\u3400-\u9fff]{1,4}[语語话話](?=$|[^\u3400-\u9fff]|[的地])"),
        (K.RARE, False, r"[“\"«「『][^“”\"«»「」『』\n]{12,400}[”\"»」』]"),
        (K.RARE, False, r"(?:[$€£¥]\s?)\d[\d,. ]{2,20}|\b\d{1,3}(?:[,.]\d{3}){1,5}\b|\d[\d,.]{0,20}\s?(?:元|万元|块钱|rubles?|euros?|dollars?|yuan)"),
        (K.HIDDEN, False, r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]{1,64}"),
    )
)  # fmt: skip


def enough(kind: Kind, found: str) -> bool:
    """Whether what a pattern found is worth a look: a plate needs a digit, a number no date in it."""
    if kind is Kind.NUMBER:
        return not re.fullmatch(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}", found)
    return True
