"""FHIR dates as words: "20 November 2026". Pure, and without a locale library: the command line loads it each time.

Source: FHIR R4 datatypes `date` and `dateTime`, whole or partial.
"""

import re

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip

_FHIR_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<clock>[0-9]{2}:[0-9]{2})[0-9:.]*(?P<zone>Z|[+-][0-9]{2}:[0-9]{2}))?)?)?"
)


def date_in_words(date: str) -> str:
    """ "1990-05-20" → "20 May 1990", "1990-05" → "May 1990"; a time is told with its zone: a test's hour counts.

    What is no FHIR date comes back unchanged: people at a door are told what the card says.
    """
    match = _FHIR_DATE.fullmatch(date)
    if not match or not 1 <= int(match["month"] or 1) <= len(MONTHS):
        return date
    words = [str(int(match["day"]))] if match["day"] else []
    words += [MONTHS[int(match["month"]) - 1]] if match["month"] else []
    zone = "UTC" if match["zone"] == "Z" or match["zone"] == "+00:00" else f"UTC{match['zone']}"
    return " ".join([*words, match["year"]]) + (f", {match['clock']} {zone}" if match["clock"] else "")
