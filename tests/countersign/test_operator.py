"""What an operator does on a bad day, and with slips of the hand."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from countersign import samples
from countersign.cli import main

ISS = "https://demo.countersign.example/issuer"


@pytest.fixture
def run(tmp_path):
    def call(*arguments: object, **environ: str):
        environ = {
            "COUNTERSIGN_DATA": str(tmp_path / "data"),
            "COUNTERSIGN_ISS": None,
            "COUNTERSIGN_KEK": None,
        } | environ
        return CliRunner().invoke(main, [str(a) for a in arguments], env=environ)

    return call


@pytest.fixture
def published(run, tmp_path) -> Path:
    """A deployment with one card, trusted by its own registry."""
    (tmp_path / "amara.json").write_bytes(samples.bundles()["amara-okafor"])
    run("keys", "generate")
    run("keys", "--purpose", "registry", "generate")
    run("issue", tmp_path / "amara.json", "--out", tmp_path)
    (tmp_path / "jwks.json").write_text(run("keys", "export-jwks").stdout)
    run("registry", "add", ISS, "--name", "Own", "--jwks", tmp_path / "jwks.json", "--sample")
    assert run("registry", "publish").exit_code == 0
    return tmp_path / "data" / "registry" / "registry.jws"


def outcome(run, tmp_path, registry) -> tuple[str, str | None]:
    verdict = json.loads(run("verify", tmp_path / "amara-1.jws", "--registry", registry, "--json").stdout)[0]
    return verdict["outcome"], verdict["code"]


def test_a_stolen_key_as_the_manual_says(run, tmp_path, published):
    assert outcome(run, tmp_path, published) == ("accepted", None)
    kid = json.loads(run("keys", "list", "--json").stdout)[0]["kid"]
    run("keys", "generate")
    assert run("keys", "rotate").exit_code == 0
    assert run("keys", "compromise", kid, "--yes").exit_code == 0
    assert run("registry", "publish").exit_code == 0
    assert outcome(run, tmp_path, published) == ("rejected", "withdrawn-key")


def test_a_retired_key_goes_on_counting(run, tmp_path, published):
    run("keys", "rotate")
    assert run("registry", "publish").exit_code == 0
    assert outcome(run, tmp_path, published) == ("accepted", None)


def test_a_kid_may_begin_with_a_dash(run):
    for action in ("retire", "compromise"):
        done = run(
            "keys",
            action,
            "-pAsxbY5QBnUJyE0cBmVxVfrkYcZb6r0xg2OaPXmWZQ",
            *(["--yes"] if action == "compromise" else []),
        )
        assert "no such key here" in done.output


def test_naming_an_issuer_again_keeps_its_guards(run, tmp_path):
    run("keys", "generate")
    (tmp_path / "jwks.json").write_text(run("keys", "export-jwks").stdout)

    def sample_after(*more: str) -> bool:
        done = run("registry", "add", "https://a.example", "--name", "A", "--jwks", tmp_path / "jwks.json", *more)
        assert done.exit_code == 0
        return json.loads(run("registry", "list", "--json").stdout)[0]["sample"]

    assert [sample_after("--sample"), sample_after(), sample_after("--no-sample"), sample_after()] == [
        True,
        True,
        False,
        False,
    ]


def test_an_older_directory_is_refused(run, shared, tmp_path):
    folder = shared / "vectors" / "data"
    run("registry", "import-vci", folder / "vci_snapshot.json")
    copy = tmp_path / "data" / "registry" / "working.json"
    copy.write_text(copy.read_text().replace("2026-08-22T04:43:50", "2026-09-22T04:43:50"))
    refused = run("registry", "import-vci", folder / "vci_snapshot.json")
    assert refused.exit_code == 1
    assert "--older" in refused.output
    assert run("registry", "import-vci", folder / "vci_snapshot.json", "--older").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (["keys", "list"], {"COUNTERSIGN_KEK": "abc"}),
        (["keys", "generate"], {"COUNTERSIGN_KEK": "A" * 20}),
        (["serve", "issuer"], {"COUNTERSIGN_ISS": "http://x"}),
        (["serve", "issuer"], {"COUNTERSIGN_LINK_DAYS": "soon"}),
        (["serve", "verifier"], {"COUNTERSIGN_VERIFIER_RATE": "often"}),
        (["registry", "publish"], {}),
        (["registry", "publish"], {"COUNTERSIGN_KEK": "abc"}),
    ],
)
def test_mistakes_are_told_in_a_sentence(run, arguments, environ):
    done = run(*arguments, **environ)
    assert done.exit_code == 1, done.output
    assert done.output.startswith("Error: ")
    assert "Traceback" not in done.output


def test_an_iss_that_is_none_is_wrong_usage(run, tmp_path):
    (tmp_path / "amara.json").write_bytes(samples.bundles()["amara-okafor"])
    run("keys", "generate")
    assert run("issue", tmp_path / "amara.json", "--iss", "http://x", "--out", tmp_path).exit_code == 2
