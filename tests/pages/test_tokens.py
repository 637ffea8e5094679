"""The stylesheet keeps what it promises: contrast, no outside request, both schemes, reduced motion, high contrast."""

import re
from pathlib import Path

import pytest

import pages

CSS = (Path(pages.__file__).parent / "static" / "pages.css").read_text("utf-8")


def _tokens(scheme: str) -> dict[str, str]:
    light, dark = CSS.split("@media (prefers-color-scheme: dark)", 1)
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", light))
    if scheme == "dark":
        found |= dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", dark.split("/* ---- Ground", 1)[0]))
    return found


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground", "at_least"),
    [
        ("ink", "ground", 7),
        ("ink", "panel", 7),
        ("ink", "field", 7),
        ("ink", "card", 7),
        ("muted", "ground", 4.5),
        ("muted", "panel", 4.5),
        ("muted", "card", 4.5),
        ("accent", "ground", 4.5),
        ("accent", "note-ground", 4.5),
        ("accent-strong", "note-ground", 4.5),
        ("accent-ink", "accent", 4.5),
        ("accent-ink", "accent-strong", 4.5),
        ("fault", "ground", 4.5),
        ("fault", "fault-ground", 4.5),
        ("ink", "fault-ground", 7),
        ("done", "done-ground", 4.5),
        ("ink", "done-ground", 7),
        ("ink", "warning-ground", 7),
        ("field-border", "ground", 3),
        ("field-border", "field", 3),
        ("focus", "ground", 3),
        ("focus", "panel", 3),
        ("accepted-ink", "accepted", 4.5),
        ("rejected-ink", "rejected", 4.5),
        ("undecided-ink", "undecided", 4.5),
        ("sample-ink", "sample", 4.5),
        ("sample-ink", "sample-stripe", 4.5),
    ],
)
def test_contrast(scheme: str, ink: str, ground: str, at_least: float) -> None:
    tokens = _tokens(scheme)
    assert contrast(tokens[ink], tokens[ground]) >= at_least


def test_verdict_colours_are_the_same_in_both_schemes() -> None:
    light, dark = _tokens("light"), _tokens("dark")
    for name in ("accepted", "rejected", "undecided", "sample"):
        assert light[name] == dark[name]


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert not re.search(r"@import|url\(|https?:", CSS)


@pytest.mark.parametrize(
    "feature", ["prefers-reduced-motion: reduce", "forced-colors: active", "prefers-color-scheme: dark"]
)
def test_who_sees_or_moves_differently_is_thought_of(feature: str) -> None:
    assert f"({feature})" in CSS


def test_sizes_follow_the_readers_own_text_size() -> None:
    assert not re.search(r"font-size:\s*\d+px", CSS)


def test_motion_stays_under_150_ms() -> None:
    assert all(int(ms) <= 150 for ms in re.findall(r"(\d+)ms", CSS))
