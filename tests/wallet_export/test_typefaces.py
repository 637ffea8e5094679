"""Which face draws what, and what becomes of characters that none can draw."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wallet_export import typefaces
from wallet_export.typefaces import REPLACEMENT, SANS, SANS_BOLD, drawable, face_of, runs

pytestmark = pytest.mark.usefixtures("typefaces")

SCRIPTS = {
    "María Łukasz Ştefănescu Nguyễn Thị Hồng": SANS,
    "Ελένη": SANS,
    "Ольга": SANS,
    "محمد": "NotoSansArabic_400Regular",
    "Ժիրայր": "NotoSansArmenian_400Regular",
    "তানভীর": "NotoSansBengali_400Regular",
    "श्रीकृष्ण": "NotoSansDevanagari_400Regular",
    "ዓለሙ": "NotoSansEthiopic_400Regular",
    "გიორგი": "NotoSansGeorgian_400Regular",
    "שרה": "NotoSansHebrew_400Regular",
    "លក្ខណា": "NotoSansKhmer_400Regular",
    "ကျော်": "NotoSansMyanmar_400Regular",
    "கௌரி": "NotoSansTamil_400Regular",
    "น้ำ": "NotoSansThai_400Regular",
    "王小明": "NotoSansSC_400Regular",
    "龍門": "NotoSansTC_400Regular",
    "陳大文": "NotoSansTC_400Regular",
    "たなか": "NotoSansJP_400Regular",
    "渡辺さくら": "NotoSansJP_400Regular",
    "ਗੁਰਪ੍ਰੀਤ": "NotoSansGurmukhi_400Regular",
    "ગુજરાતી": "NotoSansGujarati_400Regular",
    "ಕನ್ನಡ": "NotoSansKannada_400Regular",
    "ສົມພອນ": "NotoSansLao_400Regular",
    "ശ്രീജ": "NotoSansMalayalam_400Regular",
    "ශ්‍රීමත්": "NotoSansSinhala_400Regular",
    "కృష్ణ": "NotoSansTelugu_400Regular",
    "བསྟན་འཛིན": "NotoSerifTibetan_400Regular",
    "김민수": "NotoSansKR_400Regular",
}


@pytest.mark.parametrize(("text", "face"), SCRIPTS.items())
def test_each_script_has_its_face(text: str, face: str) -> None:
    assert drawable(text) == unicodedata.normalize("NFC", text)
    assert {run.face for run in runs(text)} == {face}


@pytest.mark.parametrize("text", ["مُحَمَّد بْنُ عَبْدِ اللَّهِ", "می\u200cخواهم", "क्\u200dष", "ក្\u200cក", "x\u0308y"])
def test_a_mark_or_joiner_never_tears_a_run(text: str) -> None:
    assert len(list(runs(drawable(text)))) == 1


def test_scripts_of_one_face_are_shaped_apart() -> None:
    assert [run.text for run in runs("Ольга Olga")] == ["Ольга ", "Olga"]


def test_bold_replaces_the_sans_alone() -> None:
    faces = [run.face for run in runs("Ana محمد", sans=SANS_BOLD)]
    assert faces == [SANS_BOLD, "NotoSansArabic_400Regular"]


@pytest.mark.parametrize("char", ["\U00012000", "ꦗ", "😀", "\ud800", "\ue000"])
def test_a_character_without_a_face_is_shown_as_such(char: str) -> None:
    assert face_of(char) is None
    assert drawable(f"a{char}b") == f"a{REPLACEMENT}b"
    assert face_of(REPLACEMENT) == SANS


def test_what_could_disguise_a_name_is_left_out() -> None:
    assert drawable("Ana\u202egnorw\u202c \u200bX\u00ad\u2066Y\u2069\ufeff王\U000e0100\x00") == "Anagnorw XY王"


def test_lines_and_tabs_become_spaces() -> None:
    assert drawable(" Ana\n\tMaria\u2028 ") == "Ana Maria"


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_runs_lose_nothing_and_have_every_glyph(text: str) -> None:
    shown = drawable(text)
    pieces = list(runs(shown))
    assert "".join(piece.text for piece in pieces) == shown
    assert all(ord(char) in typefaces._coverage(piece.face) for piece in pieces for char in piece.text)


def test_direction_is_the_first_strong_characters() -> None:
    assert typefaces.runs_right_to_left("12 محمد Ana")
    assert typefaces.runs_right_to_left("שרה")
    assert not typefaces.runs_right_to_left("Ana محمد")
    assert not typefaces.runs_right_to_left("")


def test_a_missing_face_says_what_to_do() -> None:
    with pytest.raises(typefaces.TypefacesMissing, match="make setup"):
        typefaces.path_of("NotoSansNowhere")
