"""The registry: the real directory, publication, rollback, expiry, withdrawal."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import HealthCard, RegistryExpired, RevocationListMissing, Revoked, UntrustedIssuer, WithdrawnKey
from cards.shc.crl import CardRevocationList
from keys import jwks_document
from keys.jose import sign_document
from keys.private import PrivateKey
from tests.shows import vci as show
from trust_registry import Entry, NotADirectory, TrustRegistry
from trust_registry import directory as vci
from trust_registry.entries import entry_document, entry_of
from trust_registry.reading import read_registry
from trust_registry.refresh import directory_read
from trust_registry.snapshot import TYPE, BadRegistry, OlderRegistry, publish, read_published
from trust_registry.store import NewestSeen, StoreError, WorkingCopy, load, save

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
KEYS = [PrivateKey.generate().public for _ in range(3)]
SIGNER = PrivateKey.generate()
ENTRY = Entry(
    "https://a.example/shc", "Clinic A", "https://a.example", source="own", sample=True, keys=tuple(KEYS[:2]),
    withdrawn=frozenset({KEYS[2].kid}), confirmed_at=NOW,
    crls=(CardRevocationList(KEYS[0].kid, 4, ["AAAAAAAAAAA", "timed.1790000000"]),),
)  # fmt: skip


def published(number=7, lifetime=DAY, entries=(ENTRY,), signer=SIGNER, now=NOW) -> str:
    return publish(entries, signer, number=number, now=now, lifetime=lifetime)


def test_the_real_directory(shared):
    entries, findings = show.read(shared / "vectors" / "data")
    assert len(entries) == 637
    assert sum(len(entry.keys) for entry in entries) == 941
    reasons = {finding.reason for finding in findings}
    assert {"coordinate-not-32-octets", "crl-version-not-a-number", "crl-malformed", "not-on-the-list"} <= reasons
    california = next(entry for entry in entries if entry.iss == "https://myvaccinerecord.cdph.ca.gov/creds")
    assert california.name == "California"
    assert show.altered_is_refused(shared / "vectors" / "data")


def test_bad_entries_are_left_out_with_a_reason():
    info = [
        5, {}, {"issuer": 5}, {"issuer": {"iss": 5}}, {"issuer": {"iss": "http://a.example"}},
        {"issuer": {"iss": "https://b.example"}, "keys": 5}, {"issuer": {"iss": "https://c.example"}, "crls": [5], "keys": []},
        {"issuer": {"iss": "https://a.example"}, "keys": jwks_document(KEYS)["keys"], "crls": 7, "lastRetrieved": 5},
        {"issuer": {"iss": "https://a.example"}, "keys": []},
    ]  # fmt: skip
    registry = TrustRegistry.from_vci_snapshot({"issuerInfo": info})
    assert set(registry.issuer("https://a.example").keys) == {key.kid for key in KEYS}
    assert {finding.reason for finding in registry.findings} == {
        "not-an-object", "iss-not-https-url", "keys-not-a-list", "no-usable-key", "crl-malformed", "duplicate-issuer",
    }  # fmt: skip


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda i: (
            st.lists(i, max_size=3) | st.dictionaries(st.sampled_from(["issuer", "iss", "keys", "crls", "kid"]), i)
        ),
        max_leaves=12,
    )
)
def test_only_documented_errors(value):
    for document in (
        {"issuerInfo": value},
        {"issuerInfo": [value]},
        {"issuerInfo": [{"issuer": {"iss": "https://a.example"}, "keys": value, "crls": value}]},
    ):
        try:
            TrustRegistry.from_vci_snapshot(document)
        except NotADirectory:
            pass


def test_canonical_names_lead_one_step_only():
    listing = lambda iss, **more: {"iss": iss, "name": iss} | more
    issuers = {"participating_issuers": [
        listing("https://a.example", canonical_iss="https://b.example"), listing("https://b.example"),
        listing("https://c.example", canonical_iss="https://a.example"), listing("https://d.example", canonical_iss="https://d.example"),
    ]}  # fmt: skip
    entries = [Entry(f"https://{name}.example", name) for name in "abcde"]
    kept, findings = vci.held_against_list(entries, issuers)
    assert [entry.iss for entry in kept] == [f"https://{name}.example" for name in "abcd"]
    assert kept[0].canonical_iss == "https://b.example"
    assert kept[2].canonical_iss == kept[3].canonical_iss == ""
    metadata = {
        "issuer_metadata": [{"canonical_iss": "https://b.example", "label": "B's people", "issuer_type": "x"}, 7]
    }
    assert [entry.name for entry in vci.labelled(kept, metadata)][:2] == ["B's people", "B's people"]
    assert {finding.reason for finding in findings} == {"not-on-the-list", "canonical-iss-leads-nowhere"}


def test_published_and_read_again():
    registry = read_published(published(), [SIGNER.public], NOW)
    issuer = registry.issuer(ENTRY.iss)
    assert (registry.number, registry.issued_at, registry.expires_at) == (7, NOW, NOW + DAY)
    assert (issuer.name, issuer.sample, issuer.confirmed_at) == ("Clinic A", True, NOW)
    assert set(issuer.keys) == {KEYS[0].kid, KEYS[1].kid}
    assert list(issuer.crls[KEYS[0].kid].entries()) == ["AAAAAAAAAAA", "timed.1790000000"]
    with pytest.raises(WithdrawnKey):
        issuer.key(KEYS[2].kid)
    with pytest.raises(UntrustedIssuer):
        registry.issuer("https://A.example/shc")


def test_an_older_number_is_refused_the_same_again_is_not():
    assert read_published(published(7), [SIGNER.public], NOW, newest_seen=7).number == 7
    with pytest.raises(OlderRegistry):
        read_published(published(6), [SIGNER.public], NOW, newest_seen=7)


def test_an_expired_one_is_read_and_says_so():
    registry = read_published(published(), [SIGNER.public], NOW + 2 * DAY)
    registry.check_current_at(NOW)
    with pytest.raises(RegistryExpired):
        registry.check_current_at(NOW + DAY)


def test_what_is_refused():
    text = published()
    header, payload, signature = text.split(".")
    forger = PrivateKey.generate()
    other_type = sign_document(b"{}", SIGNER, "something-else+jws")
    no_content = sign_document(b"{}", SIGNER, TYPE)
    odd = sign_document(json.dumps({"number": "7", "iat": 1, "exp": 2, "issuers": []}).encode(), SIGNER, TYPE)
    changed = payload[:-9] + ("A" if payload[-9] != "A" else "B") + payload[-8:]
    for refused in ("", "x", f"{header}.{changed}.{signature}", f"{header}.{payload}.", other_type, no_content, odd,
                    published(signer=forger), published(now=NOW + DAY)):  # fmt: skip
        with pytest.raises(BadRegistry):
            read_published(refused, [SIGNER.public], NOW)
    with pytest.raises(BadRegistry):
        read_published(text, [], NOW)


def test_removal_is_the_alarm():
    held = [ENTRY, Entry("https://b.example", "B", keys=(KEYS[0],)), Entry("https://c.example", "C", keys=(KEYS[1],))]
    news = [Entry("https://b.example", "B", keys=(KEYS[2],)), replace(ENTRY, name="from the directory", source="vci")]
    after = {entry.iss: entry for entry in directory_read(held, news)}
    assert set(after) == {ENTRY.iss, "https://b.example"}
    assert after[ENTRY.iss].name == "Clinic A"
    assert after["https://b.example"].withdrawn == {KEYS[0].kid}
    again = directory_read(list(after.values()), [Entry("https://b.example", "B", keys=(KEYS[0], KEYS[2]))])
    assert again[1].withdrawn == frozenset()


def test_the_working_copy_survives(tmp_path):
    path = tmp_path / "registry" / "working.json"
    assert load(path) == WorkingCopy()
    save(path, WorkingCopy((ENTRY,), (), 9))
    copy = load(path)
    assert copy.number == 9
    assert copy.entries[0].withdrawn == ENTRY.withdrawn
    assert [key.kid for key in copy.entries[0].keys] == [key.kid for key in ENTRY.keys]
    assert copy.entries[0].sample
    assert [p.name for p in path.parent.iterdir()] == ["working.json"]
    path.write_text("{")
    with pytest.raises(StoreError):
        load(path)


def test_the_highest_number_is_remembered(tmp_path):
    seen = NewestSeen(tmp_path / "newest")
    assert seen.number() == 0
    seen.note(5)
    seen.note(3)
    assert NewestSeen(tmp_path / "newest").number() == 5
    (tmp_path / "newest").write_text("nonsense")
    with pytest.raises(StoreError):
        seen.number()


def test_every_form_of_a_registry_is_opened(tmp_path):
    save(tmp_path / "w.json", WorkingCopy((ENTRY,)))
    snapshot = {"issuerInfo": [{"issuer": {"iss": ENTRY.iss, "name": "A"}, "keys": jwks_document(KEYS)["keys"]}]}
    for data in (published().encode(), (tmp_path / "w.json").read_bytes(), json.dumps(snapshot).encode()):
        assert read_registry(data, [SIGNER.public], NOW).issuer(ENTRY.iss).iss == ENTRY.iss
    for data in (b"{}", b"\xff", b"", b'{"entries":5}', b'{"entries":[5]}', b"{"):
        with pytest.raises((NotADirectory, BadRegistry)):
            read_registry(data, [SIGNER.public], NOW)


def test_with_an_anchor_a_new_key_needs_a_path_to_it():
    from cryptography.hazmat.primitives.serialization import Encoding

    from keys import examine_jwks
    from tests.keys.test_public import GOOD, ISS, KEY, START, chain, public
    from trust_registry.refresh import keys_answered

    x5c, root = chain(public(KEY), ISS)
    other = chain(public(KEY), ISS)[1]
    answer = examine_jwks({"keys": [GOOD | {"x5c": x5c}]}, ISS)
    pem = lambda certificate: certificate.public_bytes(Encoding.PEM).decode()
    entry = Entry(ISS, "A", source="own", anchors=pem(other) + pem(root))
    known, findings = keys_answered(entry, answer, START + DAY)
    assert [key.kid for key in known.keys] == [KEY.kid]
    assert not findings
    # its certificate has run out since: the key still counts, a new one with the same chain would not
    assert keys_answered(known, answer, START + timedelta(days=400))[0].keys
    for anchors, at in ((pem(root), START + timedelta(days=400)), (pem(other), START + DAY)):
        refused, findings = keys_answered(replace(entry, anchors=anchors), answer, at)
        assert refused.keys == ()
        assert findings[0].reason == "x5c-no-path"
    bare = examine_jwks({"keys": [GOOD]}, ISS)
    assert keys_answered(entry, bare, START + DAY)[0].keys == ()


def judged(info: dict) -> TrustRegistry:
    return TrustRegistry.from_vci_snapshot({"issuerInfo": [info]})


@pytest.mark.parametrize("bad", [{"rids": ["abc", "abc.5"]}, {"ctr": "1"}, {"method": "other"}])
def test_a_list_that_cannot_be_read_leaves_its_cards_undecided(bad):
    crl = {"kid": KEYS[0].kid, "method": "rid", "ctr": 1, "rids": ["abc"]} | bad
    issuer = judged({"issuer": {"iss": ENTRY.iss}, "keys": jwks_document(KEYS)["keys"], "crls": [crl]}).issuer(
        ENTRY.iss
    )
    card = HealthCard(ENTRY.iss, KEYS[0].kid, 5, None, (), "4.0.1", {}, "xyz")
    with pytest.raises(RevocationListMissing):
        issuer.check_not_revoked(card, KEYS[0].kid)
    issuer.check_not_revoked(card, KEYS[1].kid)
    again = entry_of(entry_document(Entry(ENTRY.iss, "A", keys=tuple(KEYS), unreadable_lists=frozenset({KEYS[0].kid}))))
    text = publish([again], SIGNER, number=1, now=NOW, lifetime=DAY)
    with pytest.raises(RevocationListMissing):
        read_published(text, [SIGNER.public], NOW).issuer(ENTRY.iss).check_not_revoked(card, KEYS[0].kid)


def test_of_several_lists_the_newest_counts_and_counters_never_go_back():
    lists = [{"kid": KEYS[0].kid, "method": "rid", "ctr": c, "rids": r} for c, r in ((2, ["abc"]), (1, []))]
    info = {"issuer": {"iss": ENTRY.iss}, "keys": jwks_document(KEYS)["keys"]}
    card = HealthCard(ENTRY.iss, KEYS[0].kid, 5, None, (), "4.0.1", {}, "abc")
    for order in (lists, lists[::-1]):
        with pytest.raises(Revoked):
            judged(info | {"crls": order}).issuer(ENTRY.iss).check_not_revoked(card, KEYS[0].kid)
    newer, older, none = (
        vci.read_snapshot({"issuerInfo": [info | {"crls": c}]})[0] for c in (lists[:1], lists[1:], [])
    )
    for later in (older, none):
        with pytest.raises(Revoked):
            directory_read(newer, later)[0].trusted().check_not_revoked(card, KEYS[0].kid)


def test_a_withdrawn_key_counts_nowhere_even_if_it_is_listed():
    issuer = replace(ENTRY, withdrawn=frozenset({KEYS[0].kid})).trusted()
    with pytest.raises(WithdrawnKey):
        issuer.key(KEYS[0].kid)
