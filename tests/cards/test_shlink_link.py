"""`shlink:/`: round trips, every rule of the format, what is a remark and what a refusal."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.encoding import b64url_decode, b64url_encode, write_json
from cards.shlink import LinkError, MalformedLink, NotALink, UnsupportedLink, address, is_link, make, read
from cards.shlink.addresses import is_fit, with_recipient
from cards.shlink.link import MAX_TEXT_CHARACTERS, REMARKS

KEY = bytes(range(32))
URL = "https://shl.example/m/" + b64url_encode(bytes(32))
GOOD = {"url": URL, "key": b64url_encode(KEY)}


def text_of(payload):
    return "shlink:/" + b64url_encode(payload if isinstance(payload, bytes) else write_json(payload))


def refusal(text):
    """The documented error, or None; any other is raised."""
    try:
        read(text)
    except LinkError as error:
        return error
    return None


LABELS = st.text(st.characters(codec="utf-8"), max_size=80)
FLAGS = st.sampled_from(["", "L", "P", "LP", "U", "LU"])


@given(
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    LABELS,
    FLAGS,
    st.none() | st.integers(1, 2**37),
    st.sampled_from(["", "https://v.example/", "https://v.example/x?y#"]),
)
def test_round_trip(key, entropy, label, flags, exp, viewer):
    url = address("https://shl.example/m/", entropy)
    made = make(url, key, label=label, flags=flags, exp=exp, viewer=viewer)
    link = read(made)
    assert (link.url, link.key, link.label, link.flags, link.exp) == (url, key, label, frozenset(flags), exp)
    assert link.remarks == ()
    assert is_link(made)
    assert len(url) <= 128
    assert (link.long_term, link.needs_passcode, link.direct) == tuple(letter in flags for letter in "LPU")


@given(
    st.text(max_size=80).map(lambda text: "shlink:/" + text)
    | st.binary(max_size=200).map(text_of)
    | st.text(max_size=60)
)
def test_only_documented_errors(text):
    said = refusal(text)
    assert said is None or said.code
    assert len(text) < 12 or text not in str(said)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=4), one, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(["url", "key", "flag", "label", "exp", "v", "extension", "_x", "new"]), JSON, max_size=6
    )
)
def test_any_members_are_read_or_refused_in_documented_ways(members):
    try:
        link = read(text_of(GOOD | members))
    except LinkError:
        return
    assert len(link.key) == 32
    assert link.url.startswith(("https://", "http://localhost"))
    assert set(link.remarks) <= set(REMARKS)
    assert link.exp is None or link.exp >= 0


def test_the_example_of_the_specification():
    text = "https://viewer.example.org#shlink:/eyJ1cmwiOiJodHRwczovL2Voci5leGFtcGxlLm9yZy9xci9ZOXh3a1VkdG1OOXd3b0pvTjNmZkpJaFgyVUd2Q0wxSm5sUFZOTDNrRFdNL20iLCJmbGFnIjoiTFAiLCJrZXkiOiJyeFRnWWxPYUtKUEZ0Y0VkMHFjY2VOOHdFVTRwOTRTcUF3SVdRZTZ1WDdRIiwibGFiZWwiOiJCYWNrLXRvLXNjaG9vbCBpbW11bml6YXRpb25zIGZvciBPbGl2ZXIgQnJvd24ifQ"
    link = read(text)
    assert link.flags == {"L", "P"}
    assert link.label == "Back-to-school immunizations for Oliver Brown"
    assert make(link.url, link.key, label=link.label, flags="PL", viewer="https://viewer.example.org") == text


def test_a_made_link_is_minified_and_holds_nothing_that_is_not_needed():
    assert json.loads(b64url_decode(make(URL, KEY).split("/")[1])) == GOOD


@pytest.mark.parametrize(
    "text", ["", "shc:/5676", "https://example.org/", "eyJ.e.x", "see shlink:/abc", "x" * (MAX_TEXT_CHARACTERS + 1)]
)
def test_other_texts_are_no_links(text):
    assert not is_link(text)
    with pytest.raises(NotALink):
        read(text)


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"not json", b"[]", b'"x"', b"\xef\xbb\xbf{}", b"\xff", b'{"url":1,"url":2}',
        {}, {"key": GOOD["key"]}, {"url": URL},
        GOOD | {"key": GOOD["key"][:-1]}, GOOD | {"key": GOOD["key"] + "A"}, GOOD | {"key": 5}, GOOD | {"key": GOOD["key"] + "="},
        GOOD | {"key": "+" + GOOD["key"][1:]}, GOOD | {"key": GOOD["key"][:-1] + "9"},
        GOOD | {"flag": "PU"}, GOOD | {"flag": "LPU"}, GOOD | {"flag": 1}, GOOD | {"flag": ["L"]}, GOOD | {"label": 3},
        GOOD | {"v": 0}, GOOD | {"v": "1"}, GOOD | {"v": True}, GOOD | {"v": None}, GOOD | {"v": -1},
        GOOD | {"url": "http://shl.example/m"}, GOOD | {"url": "file:///etc/passwd"}, GOOD | {"url": "ftp://a/b"},
        GOOD | {"url": "https://"}, GOOD | {"url": "https://u@shl.example/"}, GOOD | {"url": "https://u:p@shl.example/"},
        GOOD | {"url": URL + "#x"}, GOOD | {"url": " " + URL}, GOOD | {"url": URL + "\n"}, GOOD | {"url": "https://shl.example\\@evil.example/"},
        GOOD | {"url": "https://a:99999/"}, GOOD | {"url": "https://a:0/"}, GOOD | {"url": "https://[::1/"}, GOOD | {"url": "https://ü.example/"},
        GOOD | {"url": "javascript:alert(1)"}, GOOD | {"url": "http://localhost.evil.example/"}, GOOD | {"url": "http://127.0.0.1.evil.example/"},
        GOOD | {"url": "https://shl.example/" + "x" * 5000},
    ],
)  # fmt: skip
def test_what_breaks_the_format_is_refused(payload):
    with pytest.raises(MalformedLink):
        read(text_of(payload))


@pytest.mark.parametrize(
    "text",
    [
        "shlink:/",
        "shlink:/a b",
        "shlink:/e30=",
        "shlink:/e30#x",
        "shlink:/+/",
        "SHLINK:/!",
        "shlink:/" + "A" * MAX_TEXT_CHARACTERS,
    ],
)
def test_links_that_are_no_base64url(text):
    assert is_link(text)
    with pytest.raises(MalformedLink):
        read(text)


def test_a_newer_version_is_not_gone_on_with():
    for version in (b"2", b"1.5", b"1e400", b"9" * 99):
        with pytest.raises(UnsupportedLink):
            read(text_of(b'{"v":' + version + b"," + write_json(GOOD)[1:]))
    assert read(text_of(GOOD | {"v": 1})).remarks == ()
    assert read(text_of(b'{"v":1.0,' + write_json(GOOD)[1:])).url == URL


def test_what_nobody_knows_is_left_alone():
    link = read(text_of(GOOD | {"flag": "LZ", "extension": {"a": []}, "_x": 1, "new": None}))
    assert (link.flags, link.remarks) == (frozenset("L"), ())


@pytest.mark.parametrize(
    ("members", "remark"),
    [
        ({"url": "https://shl.example/" + "x" * 110}, "url-too-long"),
        ({"url": "http://localhost:8090/" + "x" * 43}, "not-https"),
        ({"label": "x" * 81}, "label-too-long"),
        ({"flag": "PL"}, "flags-unsorted"),
        ({"exp": 1795219200000}, "exp-in-milliseconds"),
        ({"exp": "1767225600000"}, "exp-unusable"),
        ({"exp": True}, "exp-unusable"),
        ({"exp": -5}, "exp-unusable"),
        ({"exp": 10**30}, "exp-unusable"),
    ],
)
def test_slips_that_leave_no_doubt_are_remarks(members, remark):
    link = read(text_of(GOOD | members))
    assert link.remarks == (remark,)
    assert (link.exp == 1795219200) == (remark == "exp-in-milliseconds")


def test_fractions_of_seconds_are_a_hint_too():
    assert read(text_of(GOOD | {"exp": 1795219200.75})).exp == 1795219200


def test_white_space_around_and_a_scheme_in_capitals_are_forgiven():
    text = make(URL, KEY)
    assert read(f"\n {text}\r\n") == read("SHLINK" + text[6:]) == read(text)


def test_nothing_of_a_link_is_in_its_repr():
    link = read(make(URL, KEY, label="Oliver Brown"))
    assert URL not in repr(link)
    assert "Oliver" not in repr(link)
    assert "\\x01" not in repr(link)


@pytest.mark.parametrize(
    "how",
    [
        {"url": "http://localhost/" + "x" * 43}, {"url": "https://a.example/" + "x" * 128}, {"url": "https://a.example/short"},
        {"key": bytes(31)}, {"key": bytes(33)}, {"flags": "UP"}, {"flags": "X"}, {"label": "x" * 81}, {"exp": 0}, {"exp": 1795219200000},
        {"viewer": "http://v.example/"}, {"viewer": "javascript:"}, {"viewer": "https://v.example/#a#"},
    ],
)  # fmt: skip
def test_makers_keep_the_rules(how):
    given = {"url": URL, "key": KEY} | how
    with pytest.raises(ValueError):
        make(given.pop("url"), given.pop("key"), **given)


def test_an_address_is_made_of_256_bits():
    with pytest.raises(ValueError):
        address("https://a.example", bytes(31))
    assert address("https://a.example/", bytes(32)) == "https://a.example/" + "A" * 43


def test_the_recipient_is_quoted():
    assert (
        with_recipient("https://a.example/f", "Dr. Ä & Co/#")
        == "https://a.example/f?recipient=Dr.%20%C3%84%20%26%20Co%2F%23"
    )
    assert with_recipient("https://a.example/f?x=1", "a").endswith("?x=1&recipient=a")


@given(st.text(max_size=40))
def test_a_fit_address_is_one_to_every_reader(text):
    from urllib.parse import urlsplit

    import urllib3

    url = "https://" + text
    if is_fit(url):
        ours, theirs = urlsplit(url), urllib3.util.parse_url(url)
        assert (ours.hostname or "").strip("[]") == (theirs.host or "").strip("[]").lower()


def test_a_link_of_today_in_one_code():
    """With everything in it, a link fits a QR code of level M that a phone reads from a screen (requirement G13)."""
    text = make(
        URL.replace("shl.example", "health.department.example"),
        KEY,
        label="x" * 80,
        flags="LP",
        exp=int(datetime(2030, 1, 1, tzinfo=UTC).timestamp()),
        viewer="https://verify.department.example/link",
    )
    assert len(text) < 500
