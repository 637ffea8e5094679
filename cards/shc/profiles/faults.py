"""Every fault the profiles know: what is wrong and what to do. Texts never carry a value out of a record.

A path is written as in FHIRPath: `Bundle.entry[1].resource.lotNumber`.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a bundle. `code` is stable and documented in docs/issuance.md."""

    path: str
    code: str
    severity: Severity
    message: str
    remedy: str


def fault(code: str, path: str) -> Fault:
    """The fault of the table at a place."""
    severity, message, remedy = PROFILE_FAULTS[code]
    return Fault(path, code, severity, message, remedy)


PROFILE_FAULTS: dict[str, tuple[Severity, str, str]] = {
    # The bundle (H1, A16, A17)
    "not-a-bundle": ("error", "This is not a FHIR Bundle.", "Send one JSON object with resourceType Bundle."),
    "bundle-type": ("error", "The type of a card's bundle is not collection.", "Use the type collection."),
    "wrong-type": ("error", "The element does not have the type FHIR gives it.", "Send it as FHIR R4 defines it."),
    "empty-element": ("error", "The element is empty.", "Leave out elements that have no value (requirement A19)."),
    "hidden-character": (
        "error",
        "The text holds control characters or marks that change the direction of writing.",
        "Remove them: they can make a card read differently from what was recorded.",
    ),
    "patient-missing": ("error", "There is no Patient.", "Send exactly one Patient."),
    "patient-several": ("error", "There are several Patients.", "Send one person's record at a time."),
    "nothing-to-certify": (
        "error",
        "There is neither a vaccination nor a test result.",
        "Send at least one Immunization or Observation.",
    ),
    "mixed-card": (
        "error",
        "Vaccinations and test results stand on one card.",
        "Issue them as separate cards: each is shown for its own purpose.",
    ),
    "resource-not-allowed": (
        "error",
        "A resource of this type may not stand on a card.",
        "A card holds one Patient and either Immunizations or Observations.",
    ),
    "full-url-form": (
        "error",
        "fullUrl is not of the form resource:N.",
        "Number the entries resource:0, resource:1 and so on.",
    ),
    "full-url-repeated": (
        "error",
        "Two entries have the same fullUrl.",
        "Number the entries resource:0, resource:1 and so on.",
    ),
    "reference-missing": ("error", "It does not say whom it is about.", "Refer to the Patient."),
    "reference-unresolved": (
        "error",
        "The reference leads to no Patient in the bundle.",
        "Refer to the Patient's fullUrl.",
    ),
    "element-forbidden": (
        "error",
        "The profiles do not allow this element on a card.",
        "Leave it out.",
    ),
    "not-minimized": (
        "warning",
        "The element is not needed on a card.",
        "Leave it out: what a card does not carry nobody can misuse.",
    ),
    "modifier-unknown": (
        "error",
        "The record carries a modifier that changes what it means.",
        "A card cannot carry it; record the fact without the modifier, or issue no card for it.",
    ),
    "identity-assurance": (
        "error",
        "meta.security is not one identity assurance level from IAL1.2, IAL1.4, IAL2, IAL3.",
        "Use the system https://smarthealth.cards/ial and the highest level that applies, or leave it out.",
    ),
    # The patient (H2)
    "name-missing": ("error", "The Patient has no name.", "Send the name as it stands on the person's ID."),
    "name-several": ("warning", "The Patient has several names.", "Send the one that stands on the person's ID."),
    "name-form": (
        "error",
        "A name has neither both family and given, nor text alone.",
        "Send family and given, or only text where a name cannot be divided.",
    ),
    "name-use": (
        "error",
        "A single name carries a use.",
        "Leave out name.use: the name on a card is the official one.",
    ),
    "birth-date-missing": (
        "warning",
        "The Patient has no date of birth: nobody can compare the card with an ID.",
        "Send birthDate as it stands on the person's ID; a year alone will do.",
    ),
    "birth-date-form": ("error", "The date of birth is no date.", "Send YYYY-MM-DD, YYYY-MM or YYYY."),
    "patient-inactive": ("error", "The Patient is marked inactive.", "Send the record that is in use."),
    "patient-replaced": ("error", "The Patient was replaced by another record.", "Send the record that replaced it."),
    "patient-deceased": ("error", "The Patient is recorded as deceased.", "Correct the record if this is wrong."),
    # The vaccination (H3)
    "status-not-completed": (
        "error",
        "The vaccination is not completed.",
        "Send only vaccinations that were given, with the status completed in lower case.",
    ),
    "status-reason": (
        "error",
        "A completed vaccination gives a reason why it was not given.",
        "Correct the status, or leave out statusReason.",
    ),
    "subpotent-form": (
        "error",
        "isSubpotent is there and is not true.",
        "Leave it out for a dose of full strength; true marks a weaker one.",
    ),
    "vaccine-code-missing": ("error", "There is no vaccine code.", "Send vaccineCode.coding with system and code."),
    "vaccine-code-system": (
        "error",
        "The vaccine code is not from CVX, SNOMED CT or ICD-11.",
        "Use http://hl7.org/fhir/sid/cvx, http://snomed.info/sct or http://id.who.int/icd/release/11/mms.",
    ),
    "vaccine-code-form": ("error", "A CVX code has two or three digits.", "Write 08, not 8."),
    "vaccine-code-repeated": ("error", "Two codes of one system name the vaccine.", "Send one code of each system."),
    "vaccine-code-several": (
        "warning",
        "Several codes name the vaccine.",
        "One code is enough; CVX is read most widely.",
    ),
    "vaccine-unknown": (
        "warning",
        "We do not know this vaccine code: cards will show the code instead of a name.",
        "Check the code; if it is new, nothing else is needed.",
    ),
    "vaccine-unspecified": (
        "warning",
        "The code leaves open which product was given.",
        "Send the product's own code if it is known.",
    ),
    "no-vaccine": (
        "error",
        "The code stands for no vaccine (a skin test, nothing given, or unknown).",
        "Send only vaccinations that were given, each with the code of its vaccine.",
    ),
    "date-missing": ("error", "The date of the vaccination is missing.", "Send occurrenceDateTime as YYYY-MM-DD."),
    "date-form": (
        "error",
        "The vaccination is not dated by one occurrenceDateTime that is a date.",
        "Send occurrenceDateTime as YYYY-MM-DD; occurrenceString is not allowed.",
    ),
    "date-not-a-day": ("warning", "The date is not a whole day, or says the time too.", "Send the day as YYYY-MM-DD."),
    "before-birth": (
        "error",
        "The date lies before the Patient's birth.",
        "Correct the date, or the date of birth.",
    ),
    "performer-several": ("error", "Several performers are named.", "Name the one organization that is responsible."),
    "performer-name-missing": (
        "error",
        "The performer has no name.",
        "Send the organization's name in display, or leave the performer out.",
    ),
    "performer-name-long": ("warning", "The performer's name has 30 characters or more.", "Shorten it."),
    "lot-number-long": ("warning", "The lot number has 20 characters or more.", "Send the bare number."),
    "lot-number-words": ("warning", "The lot number contains the word lot.", "Send the bare number."),
    "manufacturer-system": (
        "error",
        "The manufacturer is not named by an MVX or GLN code.",
        "Use http://hl7.org/fhir/sid/mvx or https://www.gs1.org/gln, or leave it out.",
    ),
    "dose-repeated": (
        "error",
        "The same dose stands in the bundle twice.",
        "Send each dose once: whoever reads the card counts doses.",
    ),
    # The test result (H6)
    "status-not-final": (
        "error",
        "The result is not final.",
        "Send results with the status final, amended or corrected.",
    ),
    "not-a-laboratory-result": (
        "error",
        "The observation is in a category other than laboratory.",
        "Send laboratory results only.",
    ),
    "test-code-missing": ("error", "The code of the test is missing.", "Send one LOINC code in code.coding."),
    "test-code-system": ("error", "The code of the test is not LOINC.", "Use a code of http://loinc.org."),
    "test-code-form": ("error", "The code of the test has not the form of a LOINC code.", "Send it as 94500-6."),
    "test-code-several": ("error", "Several codes name the test.", "Send one LOINC code."),
    "test-unknown": (
        "warning",
        "We do not know this test code: cards will show the code instead of a name.",
        "Check that it is a test for an infection or an immunity; if so, nothing else is needed.",
    ),
    "time-missing": ("error", "The time of the test is missing.", "Send effectiveDateTime."),
    "time-form": (
        "error",
        "The time of the test is not one moment or period with time of day and zone.",
        "Send effectiveDateTime as YYYY-MM-DDThh:mm:ss+zz:zz: some venues accept a test for hours only.",
    ),
    "result-missing": ("error", "The result is missing.", "Send one coded result, quantity or text."),
    "result-form": (
        "error",
        "The result is of a kind a card cannot carry, or there are several.",
        "Send one of valueCodeableConcept, valueQuantity, valueString.",
    ),
    "result-code-several": ("error", "Several codes give the result.", "Send one SNOMED CT code."),
    "result-code-system": (
        "error",
        "The code of the result is not SNOMED CT.",
        "Use a code of http://snomed.info/sct.",
    ),
    "result-unknown": (
        "warning",
        "We do not know this result code: cards will show the code instead of words.",
        "Use one of the qualitative results of docs/issuance.md where one fits.",
    ),
    "result-text": (
        "warning",
        "The result is free text: a program cannot read it.",
        "Send a coded result or a quantity if at all possible.",
    ),
    "reference-range-missing": ("warning", "A quantity has no reference range.", "Send referenceRange."),
    "reference-range-unneeded": ("warning", "A coded result has a reference range.", "Leave it out."),
    "component-form": (
        "error",
        "The component is not one known way in which the taking of the specimen was supervised.",
        "Use the code 1208522006 with one of 1208523001, 1208524007, 1208525008, 1208526009, or leave it out.",
    ),
}
