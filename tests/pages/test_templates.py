"""The components as HTML: labels, errors at the field and in the summary; a stranger's text breaks nothing."""

import pytest
from flask import Flask, render_template_string

import pages


@pytest.fixture
def app() -> Flask:
    app = Flask("example")
    pages.install(app, service=pages.Service("Example", links=(("Start", "/"), ("Other", "/other"))))
    return app


def render(app: Flask, source: str, path: str = "/", **values: object) -> str:
    with app.test_request_context(path):
        return render_template_string('{% import "pages/components.html" as ui %}' + source, **values)


def test_base_page(app: Flask) -> None:
    html = render(app, '{% extends "pages/base.html" %}{% block main %}<h1>Here</h1>{% endblock %}', "/other")
    assert '<html lang="en" dir="ltr">' in html
    assert 'href="#main"' in html
    assert '<a href="/other" aria-current="page">' in html
    assert "<script" not in html
    assert "style=" not in html


def test_another_language_and_direction(app: Flask) -> None:
    html = render(app, '{% extends "pages/base.html" %}', lang="ar", dir="rtl")
    assert '<html lang="ar" dir="rtl">' in html


def test_question_page_names_its_question_in_the_title(app: Flask) -> None:
    source = '{% extends "pages/question.html" %}{% block question %}When were you born?{% endblock %}'
    html = render(app, source)
    assert "<title>When were you born? – Example</title>" in html
    assert "<h1>When were you born?</h1>" in html


def test_a_field_tells_its_hint_and_error_to_those_who_cannot_see_them(app: Flask) -> None:
    html = render(app, '{{ ui.field("born", "Birth date", hint="As on your ID", error="Enter a year") }}')
    assert 'for="born"' in html
    assert 'aria-describedby="born-hint born-error"' in html
    assert 'aria-invalid="true"' in html


def test_required_optional_either(app: Flask) -> None:
    one, other, third = (
        render(app, f'{{{{ ui.field("x", "X", required={v}) }}}}') for v in ("true", "false", '"either"')
    )
    assert " required" in one
    assert "(optional)" not in one
    assert " required" not in other
    assert "(optional)" in other
    assert " required" not in third
    assert "(optional)" not in third


def test_the_error_summary_leads_to_the_fields(app: Flask) -> None:
    html = render(app, '{{ ui.error_summary([("born", "Enter a year")]) }}')
    assert 'role="alert"' in html
    assert '<a href="#born">Enter a year</a>' in html
    assert render(app, "{{ ui.error_summary([]) }}").strip() == ""


def test_a_strangers_text_stays_text(app: Flask) -> None:
    evil = '"><script>alert(1)</script>'
    html = render(
        app,
        "{{ ui.field('x', evil, evil, hint=evil, error=evil) }}{{ ui.error_summary([('x', evil)]) }}"
        "{% call ui.card(evil, evil, evil) %}{{ evil }}{% endcall %}"
        "{% call ui.banner('note', evil) %}{{ evil }}{% endcall %}"
        "{{ ui.summary_list([(evil, evil)]) }}{{ ui.choice('y', evil, [(evil, evil)], evil) }}"
        "{{ ui.progress(1, 2, evil) }}",
        evil=evil,
    )
    assert "<script" not in html


def test_the_card_says_the_birth_date_in_words(app: Flask) -> None:
    html = render(app, '{% call ui.card("Clinic", "Amara", "1987-03-14") %}{% endcall %}')
    assert '<time datetime="1987-03-14">14 March 1987</time>' in html
