"""Every code that all doors answer with: what is wrong, how bad it is, what to do.

Where FHIR's profiles (`cards.shc.profiles.faults`) or the bundle's reader (`issuer.faults`) know the same fault, it has
the same code here; the words are the ones that hold for every door. The table is documented in docs/plausibility.md.

Severities: `error`: nothing is recorded. `question`: somebody is asked; what was given is recorded meanwhile where
nobody stands at the door. `warning`: recorded, and marked. `info`: recorded; worth knowing. Texts never carry a value.
"""

from collections.abc import Mapping

from issuer.intake.judgements import JUDGED
from issuer.intake.proposal import Finding, Severity

_CHECKED: Mapping[str, tuple[Severity, str, str]] = {
    # The person
    "name-missing": ("error", "The person has no name.", "Send the name as it stands on the person's ID."),
    "name-form": (
        "error",
        "A name has neither a family and a given name, nor one undivided text.",
        "Send family and given name, or only the text where a name cannot be divided.",
    ),
    "name-placeholder": (
        "warning",
        "The name looks like a placeholder.",
        "Send the real name as soon as it is known: a newborn without a name is easily taken for another.",
    ),
    "birth-date-missing": (
        "error",
        "The person has no date of birth.",
        "Send the date of birth as it stands on the person's ID; a year alone will do.",
    ),
    "birth-date-form": ("error", "The date of birth is no date.", "Send YYYY-MM-DD, YYYY-MM or YYYY."),
    "birth-date-partial": (
        "info",
        "The date of birth is not a whole day: ages and intervals could not be checked.",
        "Send the whole date if it is known.",
    ),
    "birth-date-early": (
        "error",
        "By the date of birth the person is older than anybody has been.",
        "Correct the date of birth.",
    ),
    "sex-form": ("error", "The sex is not one of the codes.", "Send male, female, other or unknown, or leave it out."),
    "birth-order-range": (
        "error",
        "The birth order is not a number that children of one birth can have.",
        "Send 1 for the first child of this birth, 2 for the second, or leave it out.",
    ),
    "identifier-empty": ("warning", "An identifier has no value; it was not used.", "Send the value, or leave it out."),
    "identifier-without-authority": (
        "warning",
        "An identifier does not say who assigned it; it was not used to find the person.",
        "Send the assigning authority with it.",
    ),
    "death-date-form": ("error", "The date of death is no date.", "Send YYYY-MM-DD, YYYY-MM or YYYY."),
    "death-before-birth": (
        "error",
        "The date of death lies before the date of birth.",
        "Correct one of the two dates.",
    ),
    # Any text
    "hidden-character": (
        "error",
        "The text holds control characters or marks that change the direction of writing.",
        "Remove them: they can make a card read differently from what was recorded.",
    ),
    "text-too-long": (
        "error",
        "The text is longer than any real one.",
        "Check whether columns or fields have run together.",
    ),
    # The dose
    "status-unknown": (
        "error",
        "The status, or the reason why the dose was not given, is not one of the codes.",
        "Send completed or not-done; for the reason refused or not-administered.",
    ),
    "status-reason": (
        "error",
        "A completed vaccination gives a reason why it was not given.",
        "Correct the status, or leave out the reason.",
    ),
    "vaccine-code-missing": ("error", "There is no vaccine code.", "Send the CVX code of the product."),
    "vaccine-code-system": (
        "error",
        "The vaccine code is not from CVX, SNOMED CT or ICD-11.",
        "Send the CVX code of the product.",
    ),
    "vaccine-code-form": ("error", "A CVX code has two or three digits.", "Write 08, not 8."),
    "vaccine-unknown": (
        "error",
        "There is no vaccine with this CVX code.",
        "Check the code; if CDC has added it lately, tell us: our list needs an update.",
    ),
    "vaccine-not-listed": (
        "warning",
        "We do not know this vaccine code: cards will show the code instead of a name.",
        "Send the CVX code if there is one.",
    ),
    "vaccine-unspecified": (
        "warning",
        "The code leaves open which product was given.",
        "Send the product's own code if it is known.",
    ),
    "no-vaccine": (
        "error",
        "The code stands for no vaccine (a skin test, nothing given, or unknown).",
        "Send the code of the vaccine that was given or refused.",
    ),
    "date-missing": ("error", "The date is missing.", "Send the day as YYYY-MM-DD."),
    "date-form": (
        "error",
        "The date is no date.",
        "Send the day as YYYY-MM-DD; for a historical dose YYYY-MM or YYYY will do.",
    ),
    "date-not-a-day": (
        "warning",
        "The date is not a whole day: ages and intervals could not be checked.",
        "Send the day as YYYY-MM-DD.",
    ),
    "date-in-future": ("error", "The date lies in the future.", "Correct the date; plans cannot be recorded."),
    "before-birth": ("error", "The date lies before the person's birth.", "Correct the date, or the date of birth."),
    "lot-number-long": (
        "warning",
        "The lot number has 20 characters or more: no maker's is so long, and a card may not hold it.",
        "Send the bare number.",
    ),
    "lot-number-words": ("warning", "The lot number contains the word lot.", "Send the bare number."),
    "lot-number-odd": (
        "warning",
        "The lot number looks as if a spreadsheet had changed it, or like a placeholder.",
        "Check it against the vial; format the column as text.",
    ),
    "expiry-form": ("error", "The expiry date is no whole day.", "Send the last day of use as YYYY-MM-DD."),
    "evidence-unknown": (
        "error",
        "What a historical dose was taken from is not one of the codes.",
        "Send a code of CDC's table NIP001 (01 to 08), or provider, record, recall, school, jurisdiction.",
    ),
    "dose-number-range": ("error", "The dose number is out of range.", "Send a number from 1 to 30, or leave it out."),
    "event-unidentified": (
        "error",
        "It cannot be told which dose or result is meant.",
        "Send your own id of it, or its code and its day.",
    ),
    "event-missing": ("error", "There is nothing to correct or delete.", "Send the dose or result that is meant."),
    # The test result
    "status-not-final": (
        "error",
        "The result is not final.",
        "Send results with the status final, amended or corrected.",
    ),
    "test-code-missing": ("error", "The code of the test is missing.", "Send one LOINC code."),
    "test-code-form": ("error", "The code of the test has not the form of a LOINC code.", "Send it as 94500-6."),
    "test-code-mistyped": (
        "error",
        "The check digit of the LOINC code does not fit: it was mistyped.",
        "Check the code of the test.",
    ),
    "test-unknown": (
        "warning",
        "We do not know this test code: cards will show the code instead of a name.",
        "Check that it is a test for an infection or an immunity; if so, nothing else is needed.",
    ),
    "time-missing": ("error", "The time of the test is missing.", "Send the moment the specimen was taken."),
    "time-form": (
        "error",
        "The time of the test is not one moment with time of day and zone.",
        "Send YYYY-MM-DDThh:mm:ss+zz:zz: some venues accept a test for hours only.",
    ),
    "result-missing": ("error", "The result is missing.", "Send one coded result, quantity or text."),
    "result-form": ("error", "There are several results in one.", "Send one of code, quantity or text."),
    "quantity-form": ("error", "The quantity is no number.", "Send a decimal number such as 1.50, and its unit apart."),
    "unit-missing": ("warning", "The quantity has no unit.", "Send the unit as UCUM writes it, such as m[IU]/mL."),
    "result-code-system": ("error", "The code of the result is not SNOMED CT.", "Send a SNOMED CT code."),
    "result-unknown": (
        "warning",
        "We do not know this result code: cards will show the code instead of words.",
        "Use one of the qualitative results of the guide where one fits.",
    ),
    "result-text": (
        "warning",
        "The result is free text: a program cannot read it.",
        "Send a coded result or a quantity if at all possible.",
    ),
}

_DECIDED: Mapping[str, tuple[Severity, str, str]] = {
    "person-mismatch": (
        "error",
        "The date of birth is not that of the person this record was sent for.",
        "Check whose record it is; send a corrected date of birth as a new person.",
    ),
    "person-unknown": ("error", "There is no person with this id.", "Check the id, or send the person's name instead."),
    "event-id-of-another": (
        "warning",
        "The id of this dose or result belongs to another person's; it was recorded without its id.",
        "Give each dose an id of its own. To move a dose to another person, delete it first.",
    ),
    "person-details-kept": (
        "info",
        "The date of birth differs from the one on record; name and date of birth were left as they are.",
        "If yours is right, ask the health department to correct it: other clinics recorded this person before.",
    ),
    "another-record-stands": (
        "error",
        "Another record of the same product and day stands for this person.",
        "Correct or delete that one.",
    ),
}
"""What only the store can tell."""

FINDINGS: Mapping[str, tuple[Severity, str, str]] = {**_CHECKED, **JUDGED, **_DECIDED}


def finding(code: str, place: str, source: str = "") -> Finding:
    """The finding of the table at a place.

    Args:
        place: one of `issuer.intake.proposal.PLACES`.
        source: the rule it comes from: document, table, version.

    Raises:
        KeyError: no such code.
    """
    severity, message, remedy = FINDINGS[code]
    return Finding(code, place, severity, message, remedy, source)
