"""The command line, as its users call it."""

import json
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from cards.shc import numeric
from countersign.cli import COMMANDS, main
from keys import jwks_document, read_jwks
from keys.private import PrivateKey
from tests.vectors import make

VECTORS = {vector["id"]: vector["scanned"] for vector in make.vectors()}
AT = datetime.fromtimestamp(make.NOW, UTC).isoformat()


@pytest.fixture
def registry(tmp_path) -> Path:
    path = tmp_path / "registry.json"
    path.write_text(json.dumps(make.registry()))
    return path


@pytest.fixture
def run(tmp_path):
    def call(*arguments: object, data: str = "data", text: str | None = None):
        environ = {"COUNTERSIGN_DATA": str(tmp_path / data), "COUNTERSIGN_ISS": None, "COUNTERSIGN_KEK": None}
        return CliRunner().invoke(main, [str(a) for a in arguments], env=environ, input=text)

    return call


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def verify(run, registry, *inputs, text=None):
    done = run("verify", *inputs, "--registry", registry, "--at", AT, "--json", text=text)
    return done.exit_code, json.loads(done.stdout)


def test_exit_status_and_order(run, registry, tmp_path):
    good, bad = write(tmp_path, "good", VECTORS["good"]), write(tmp_path, "bad", VECTORS["exp-passed"])
    unsure = write(tmp_path, "unsure", VECTORS["iss-unknown"])
    assert verify(run, registry, good)[0] == 0
    assert verify(run, registry, good, unsure)[0] == 3
    status, verdicts = verify(run, registry, unsure, bad, good)
    assert status == 1
    assert [v["outcome"] for v in verdicts] == ["undecided", "rejected", "accepted"]
    assert [v["code"] for v in verdicts] == ["untrusted-issuer", "expired", None]
    assert [v["input"] for v in verdicts] == [str(unsure), str(bad), str(good)]
    assert verdicts[2]["card"]["persons"] == [{"name": "Erika Muster", "birth_date": "1985-02-28"}]
    assert verdicts[0]["card"] is None


def test_every_kind_of_input(run, registry, tmp_path):
    from wallet_export import health_card_file, qr_png

    jws = VECTORS["good"]
    picture = write(tmp_path, "card.png", qr_png(jws))
    file = write(tmp_path, "two.smart-health-card", health_card_file([jws, VECTORS["exp-passed"]]))
    assert verify(run, registry, picture)[0] == 0
    assert [v["outcome"] for v in verify(run, registry, file)[1]] == ["accepted", "rejected"]
    assert verify(run, registry, VECTORS["good-as-digits"])[0] == 0
    assert verify(run, registry, jws)[0] == 0
    assert verify(run, registry, "-", text=numeric.encode(jws))[0] == 0
    chunks = write(tmp_path, "chunks", "\n".join(VECTORS["chunks-in-any-order"]))
    assert [v["outcome"] for v in verify(run, registry, chunks)[1]] == ["accepted"]


def test_pictures_without_a_card(run, registry, tmp_path):
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    Image.new("L", (200, 200), 255).save(buffer, "PNG")
    blank, broken = (
        write(tmp_path, "blank.png", buffer.getvalue()),
        write(tmp_path, "broken.png", buffer.getvalue()[:50]),
    )
    status, verdicts = verify(run, registry, blank, broken)
    assert status == 3
    assert [v["code"] for v in verdicts] == ["no-code-found", "damaged-picture"]


def test_files_are_read_as_the_page_reads_them(run, registry, tmp_path):
    from wallet_export import qr_svg

    jws = VECTORS["good"]
    svg = write(tmp_path, "card-1.svg", qr_svg(jws))
    status, verdicts = verify(run, registry, svg)
    assert (status, [v["code"] for v in verdicts]) == (3, ["svg-picture"])
    digits = numeric.encode(jws)
    for name, content in {
        "bom": "\ufeff" + digits,
        "bom.smart-health-card": "\ufeff" + json.dumps({"verifiableCredential": [jws]}),
        "mailed": digits[:400] + "\r\n" + digits[400:],
        "capitals": digits.replace("shc", "SHC"),
    }.items():
        status, verdicts = verify(run, registry, write(tmp_path, name, content))
        assert (status, len(verdicts)) == (0, 1), name
    note = write(tmp_path, "note", "Dear guest,\nno card today.")
    assert [v["code"] for v in verify(run, registry, note)[1]] == ["not-a-health-card"]
    assert [v["code"] for v in verify(run, registry, "-", text="")[1]] == ["empty-picture"]


def test_chunks_in_several_inputs_are_one_card(run, registry, tmp_path):
    chunks = VECTORS["chunks-in-any-order"]
    files = [write(tmp_path, f"chunk{n}.txt", chunk) for n, chunk in enumerate(chunks)]
    good = write(tmp_path, "good", VECTORS["good"])
    status, verdicts = verify(run, registry, files[0], good, *files[1:])
    assert status == 0
    assert [v["input"] for v in verdicts] == [str(files[0]), str(good)]
    status, verdicts = verify(run, registry, good, files[0])
    assert (status, [v["code"] for v in verdicts]) == (3, [None, "chunks-missing"])
    assert verify(run, registry, *chunks)[1][0]["input"] == "argument 1"


def test_a_file_without_a_card_is_one_answer(run, registry, tmp_path):
    empty = write(tmp_path, "p.json", '{"resourceType": "Parameters"}')
    status, verdicts = verify(run, registry, write(tmp_path, "good", VECTORS["good"]), empty)
    assert (status, [v["code"] for v in verdicts]) == (3, [None, "no-card"])
    assert list(verdicts[0]) == list(verdicts[1])
    assert verdicts[1]["card"] is None
    done = run("verify", empty, "--registry", registry, "--at", AT)
    assert "There is no card in it." in done.stdout


def test_what_never_happened_is_told(run, registry, tmp_path):
    from cards.shc.card import sign

    patient = {"resourceType": "Patient", "name": [{"text": "Erika Muster"}], "birthDate": "1985-02-28"}
    never = {"resourceType": "Immunization", "status": "not-done", "vaccineCode": {"coding": []}}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": patient}, {"resource": never}]}
    key = PrivateKey.generate()
    entry = {"issuer": {"iss": "https://i.example", "name": "I"}, "keys": jwks_document([key.public])["keys"]}
    own = write(tmp_path, "own.json", json.dumps({"issuerInfo": [entry]}))
    card = write(tmp_path, "card", sign(key, iss="https://i.example", nbf=1, bundle=bundle))
    status, (verdict,) = verify(run, own, card)
    assert (status, verdict["outcome"]) == (0, "accepted")
    assert verdict["warnings"] == ["This dose was not given."]
    assert "! This dose was not given" in run("verify", card, "--registry", own, "--at", AT).stdout


def test_people_read_words(run, registry, tmp_path):
    done = run("verify", write(tmp_path, "g", VECTORS["good"]), "--registry", registry, "--at", AT)
    assert "Accepted" in done.stdout
    assert "Erika Muster" in done.stdout
    done = run("verify", write(tmp_path, "s", VECTORS["sample-issuer"]), "--registry", registry, "--at", AT)
    assert "Sample" in done.stdout
    assert "Accepted" not in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify"],
        ["verify", "x"],
        ["verify", "x", "--registry", "missing"],
        ["nonsense"],
        ["verify", "--nonsense"],
        ["keys", "retire"],
    ],
)
def test_wrong_usage_is_2(run, arguments):
    assert run(*arguments).exit_code == 2


def test_a_bad_registry_or_time_is_wrong_usage(run, registry, tmp_path):
    good = write(tmp_path, "good", VECTORS["good"])
    for content in ("{}", "nonsense", "", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA"):
        done = run("verify", good, "--registry", write(tmp_path, "r", content))
        assert done.exit_code == 2, done.output
        assert "Traceback" not in done.output
    assert run("verify", good, "--registry", registry, "--at", "yesterday").exit_code == 2
    assert run("verify", tmp_path / "missing", "--registry", registry).exit_code == 2


def test_keys_through_their_lives(run, tmp_path):
    first = run("keys", "generate").stdout.strip()
    second = run("keys", "generate").stdout.strip()
    assert [k["state"] for k in json.loads(run("keys", "list", "--json").stdout)] == ["active", "next"]
    assert run("keys", "rotate").stdout.strip() == second
    assert "retired" in run("keys", "list").stdout
    assert run("keys", "compromise", first, "--yes").exit_code == 0
    assert [key.kid for key in read_jwks(run("keys", "export-jwks").stdout)] == [second]
    assert '"d"' not in run("keys", "export-jwks").stdout
    assert run("keys", "retire", first).exit_code == 1
    assert "compromised" in run("keys", "retire", first).output
    for path in (tmp_path / "data").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) in (0o600, 0o700, 0o755), path


def test_issue_and_verify_with_a_published_registry(run, tmp_path):
    from countersign import samples

    assert run("issue", write(tmp_path, "r.json", b"{}")).exit_code == 1
    run("keys", "generate")
    for name, bundle in samples.bundles().items():
        write(tmp_path, f"{name}.json", bundle)
    out = tmp_path / "out"
    done = run("issue", *sorted(tmp_path.glob("*-*.json")), "--out", out)
    assert done.exit_code == 0, done.output
    assert len(list(out.glob("*.smart-health-card"))) == 3
    jwks = write(tmp_path, "jwks.json", run("keys", "export-jwks").stdout)
    iss = "https://demo.countersign.example/issuer"
    assert run("registry", "add", iss, "--name", "Demo", "--jwks", jwks, "--sample").exit_code == 0
    assert run("registry", "publish").exit_code == 1
    run("keys", "--purpose", "registry", "generate")
    assert "number 1" in run("registry", "publish").stdout
    assert "number 2" in run("registry", "publish", "--days", "1").stdout
    published = tmp_path / "data" / "registry" / "registry.jws"
    pictures = sorted(out.glob("*.png"))
    done = run("verify", *pictures, "--registry", published, "--json")
    verdicts = json.loads(done.stdout)
    assert done.exit_code == 0
    assert len(verdicts) == len(pictures) > 6
    assert all(v["outcome"] == "accepted" and v["sample"] for v in verdicts)
    later = run("verify", pictures[0], "--registry", published, "--at", "2036-01-01", "--json")
    assert (later.exit_code, json.loads(later.stdout)[0]["code"]) == (3, "registry-expired")
    assert run("registry", "list").stdout.count(iss) == 1
    assert "1 keys count" in run("registry", "explain", iss).stdout
    assert run("registry", "remove", iss).exit_code == 0
    assert run("registry", "explain", iss).exit_code == 1


def test_a_bad_bundle_is_answered_with_paths_and_remedies(run, tmp_path):
    run("keys", "generate")
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "Patient"}}]}
    done = run("issue", write(tmp_path, "b.json", json.dumps(bundle)), "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "Bundle" in done.stderr
    assert "nothing was signed" in done.stderr
    assert not list((tmp_path / "out").glob("*.png"))


def test_the_real_directory_is_imported_and_explained(run, shared):
    folder = shared / "vectors" / "data"
    done = run("registry", "import-vci", folder / "vci_snapshot.json")
    assert "637 issuers, 941 keys in" in done.stdout
    for iss, word in {
        "https://www.hss.gov.nt.ca/covax": "crl-version-not-a-number",
        "https://soap.bassett.org/FHIR/api/epic/2021/Security/Open/EcKeys/32001/SHC": "coordinate-not-32-octets",
        "https://smarthealthcard.iisregistry.net/oklahoma/issuer": "not-on-the-list",
        "https://health.ri.gov/sh.cards/production": "x5c-example-issuer",
        "https://covid19.quebec.ca/PreuveVaccinaleApi/issuer": "revokes 771 cards",
    }.items():
        assert word in run("registry", "explain", iss).stdout, iss
    assert run("registry", "explain", "https://nobody.example").exit_code == 1


def test_an_altered_directory_changes_nothing(run, shared, tmp_path):
    folder = shared / "vectors" / "data"
    for name in ("vci_snapshot.sig", "vci_snapshot.crt", "vci-issuers.json", "vci-issuers-metadata.json"):
        write(tmp_path, name, (folder / name).read_bytes())
    altered = (folder / "vci_snapshot.json").read_bytes().replace(b"California", b"Kalifornia", 1)
    done = run("registry", "import-vci", write(tmp_path, "vci_snapshot.json", altered))
    assert done.exit_code == 1
    assert "Nothing was imported" in done.output
    assert not (tmp_path / "data" / "registry").exists()


def test_the_demo_needs_nothing_and_leaves_nothing(run, tmp_path):
    done = run("demo")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("Rejected") == 3
    assert "Sample" in done.stdout
    assert "Undecided" in done.stdout
    assert not (tmp_path / "data").exists()


def test_every_command_is_listed_and_explains_itself(run):
    listing = run("--help").stdout
    for name in COMMANDS:
        assert f"  {name}" in listing
        assert run(name, "--help").exit_code == 0
    assert run("--version").stdout.startswith("countersign ")


def test_a_cold_verify_imports_nothing_heavy(registry, tmp_path):
    good = write(tmp_path, "good", VECTORS["good"])
    script = (
        "import sys\n"
        "from countersign.cli import main\n"
        f"sys.argv = ['countersign', 'verify', {str(good)!r}, '--registry', {str(registry)!r}, '--at', {AT!r}]\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "heavy = {'flask', 'sqlalchemy', 'PIL', 'zxingcpp', 'fpdf', 'fhir', 'pydantic', 'zopfli', 'urllib3', 'granian'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
