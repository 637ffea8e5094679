"""Words that no message may hold, whoever writes the texts: what was given, for what, and where. Pure.

Stems, looked for at the beginning of a word (anywhere in Chinese, which does not part words; in Arabic also behind the
article). They guard against a well-meant template ("your vaccination is recorded"), not against malice. English ones
are looked for in every language.
"""

import re
from typing import Final

STEMS: Final = {
    "en": "vaccin immuni dose shot jab covid corona flu hepat hiv measles polio mpox tubercul disease infect "
    "diagnos patient clinic hospital doctor laborator medic titre titer booster",
    "es": "vacun inmun dosis gripe sarampi enferm infecc diagnós pacient clínic hospital médic laborator refuerzo",
    "fr": "vaccin immun dose grippe rougeole malad infect diagnost patient cliniq hôpita médec médic laborat rappel",
    "vi": "tiêm|vắc|vaccine|miễn dịch|liều|cúm|bệnh|nhiễm|chẩn đoán|phòng khám|bác sĩ|xét nghiệm|y tế",
    "zh-Hans": "疫苗 接种 免疫 剂 流感 新冠 病 感染 诊 医 检测 化验 患者",
    "ar": "لقاح تطعيم مناعة جرعة إنفلونزا كورونا مرض مريض عدوى تشخيص عيادة مستشفى طبيب مختبر فحص",
}


def said(language: str, text: str) -> str | None:
    """The first such word of a text; None where there is none."""
    for known in (language, "en"):
        for stem in _stems(known):
            if re.search(_pattern(known, stem), text, re.IGNORECASE):
                return stem
    return None


def _stems(language: str) -> list[str]:
    listed = STEMS.get(language, "")
    return listed.split("|") if "|" in listed else listed.split()


def _pattern(language: str, stem: str) -> str:
    if language == "zh-Hans":
        return re.escape(stem)
    return (r"\b(?:[وبلف]?ال|لل)?" if language == "ar" else r"\b") + re.escape(stem)
