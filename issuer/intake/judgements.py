"""The part of the table of findings that one proposal alone cannot show: what the person's other doses, the lots, the
signing policy and the use case find. `issuer.intake.findings` has the whole table.
"""

from collections.abc import Mapping

from issuer.intake.proposal import Severity

JUDGED: Mapping[str, tuple[Severity, str, str]] = {
    # Does the dose count? (issuer.plausibility)
    "too-early-age": (
        "warning",
        "The person was too young: the dose does not count in the routine schedule.",
        "Nothing, if the dates are right; the dose is due again.",
    ),
    "too-early-interval": (
        "warning",
        "It came too soon after the dose before: it does not count in the routine schedule.",
        "Nothing, if the dates are right; the dose is due again.",
    ),
    "live-virus-interval": (
        "warning",
        "It came too soon after another live virus vaccine: it does not count.",
        "Nothing, if the dates are right; the dose is due again.",
    ),
    "product-outside-age": (
        "warning",
        "The product is not licensed or recommended at this age: the dose does not count.",
        "Check the product and the dates; if they are right, the dose is due again.",
    ),
    "wrong-product": (
        "warning",
        "This product is not meant for this dose: it does not count in the routine schedule.",
        "Check the product; if it is right, the dose is due again.",
    ),
    "product-unspecified": (
        "warning",
        "The code leaves the product open, and without knowing it the dose cannot count.",
        "Send the product's own code if it is known.",
    ),
    "only-with-indication": (
        "warning",
        "The dose does not count in the routine schedule, only for people with an indication.",
        "Nothing, if the person has the indication; else the dose is due again.",
    ),
    "expired-lot": (
        "warning",
        "The lot had expired before the dose was given: it does not count.",
        "Check the expiry date on the vial; if it is right, the dose is due again.",
    ),
    "recalled-lot": (
        "warning",
        "The lot was recalled: the dose does not count.",
        "Follow the recall notice; the dose may be due again.",
    ),
    "subpotent-dose": (
        "warning",
        "The dose was given in part or was too weak: it does not count.",
        "The dose is due again.",
    ),
    # Questions
    "after-death": (
        "question",
        "The date lies after the person's death.",
        "Check whose record it is, the date, and the date of death: any of them may be wrong.",
    ),
    "second-dose-as-first": (
        "question",
        "It is called the first dose, and an earlier one is on record.",
        "Check whose record it is, and the number. Leave the number out if you are not sure.",
    ),
    "dose-number-not-following": (
        "info",
        "The dose number does not follow from the doses on record.",
        "Send the earlier doses as historical ones if you know of them.",
    ),
    "possible-duplicate": (
        "question",
        "A dose or result like this one is on record for the same days.",
        "Check whether it is the same one; if it is, withdraw this one.",
    ),
    "product-against-age": (
        "question",
        "The product is meant for a very different age.",
        "Check the product, and whose record it is.",
    ),
    # Is it signed? (issuer.plausibility.signing)
    "unsigned-not-given": ("info", "It was not given: no card is made.", "Nothing."),
    "unsigned-no-evidence": (
        "info",
        "It is known by hearsay only: no card is made.",
        "Send it with the record it was taken from, if there is one.",
    ),
    "unsigned-test": (
        "info",
        "Results of this test are not put on cards here.",
        "Nothing; which tests are is the department's decision.",
    ),
    "unsigned-self-test": ("info", "It is a self-test: no card is made.", "Nothing."),
    "unsigned-status": ("info", "The result is not final: no card is made.", "Send it again when it is final."),
    # The use case
    "person-ambiguous": (
        "info",
        "It could not be told whose record it is; it waits on the review page.",
        "Nothing; send identifiers with their assigning authority to avoid this.",
    ),
    "record-unchanged": ("info", "The same was on record before; nothing was changed.", "Nothing."),
    "message-id-reused": (
        "info",
        "A message with this id was received before, with other content; it was taken as a new message.",
        "Give each message an id of its own.",
    ),
    "not-own-record": (
        "error",
        "The dose or result was recorded by another clinic; only that clinic can change it.",
        "Ask the clinic that recorded it, or the health department.",
    ),
    "nothing-to-change": (
        "error",
        "There is no such dose or result on record.",
        "Check the id, the code and the day; send a new one as an addition.",
    ),
    "clinic-not-live": (
        "error",
        "The clinic has not been approved yet: nothing was recorded.",
        "Ask the health department; send it again when the clinic is live.",
    ),
    "facility-not-yours": (
        "error",
        "The sender may not send for this facility: nothing was recorded.",
        "Check the facility; ask the health department to enter it for you.",
    ),
    "protected-person": (
        "info",
        "The person's record is protected: nothing about the person is shown to others.",
        "Nothing; the person can lift the protection.",
    ),
    "clinic-held": (
        "error",
        "The clinic is held for a second look: nothing was recorded. What it recorded before stays.",
        "Ask the health department; send it again when the clinic goes on.",
    ),
}
