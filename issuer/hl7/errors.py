"""What the HL7 door itself finds, each with its code, its place in HL7 table 0357, and words for people.

What the intake finds (a date in the future, an unknown product) has codes of its own; `table_0357` places those. Texts
never carry a value out of a message.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

Letter = Literal["E", "W", "I"]
"""HL7 table 0516: E not taken in, W and I taken in."""

NOTHING = "Nothing of this message was recorded."

ERRORS: Mapping[str, tuple[str, Letter, str, str]] = {
    # Octets and framing
    "no-start-block": ("100", "E", "The octets stand outside an MLLP block.", "Begin each message with the octet 0B."),
    "no-end-block": (
        "100",
        "E",
        "The message stopped before its end block (octets 1C 0D). Nothing of it was recorded.",
        "Send it again, whole.",
    ),
    "message-too-large": (
        "207",
        "E",
        "A message may have 1 MiB, a batch 20 MiB. Nothing of it was recorded.",
        "Send one person's doses in a message, and large files in parts.",
    ),
    "not-hl7": (
        "100",
        "E",
        "The content does not begin with an MSH, BHS or FHS segment. Nothing was recorded.",
        "Send HL7 v2.5.1 in its pipe-and-hat form.",
    ),
    "byte-order-mark": ("0", "I", "A byte order mark stood before the message; we left it out.", "Send none."),
    "character-set-unknown": (
        "103",
        "E",
        "We do not read the character set that MSH-18 names. " + NOTHING,
        "Send UNICODE UTF-8, or 8859/1 with MSH-18 saying so.",
    ),
    "character-set-wrong": (
        "102",
        "E",
        "The octets are not in the character set that MSH-18 names (UTF-8 where it names none). " + NOTHING,
        "Send UTF-8, or say 8859/1 in MSH-18 where the text is latin-1.",
    ),
    "control-character": (
        "102",
        "E",
        "The message contains a control character that HL7 does not allow. " + NOTHING,
        "Take it out; a line break inside a field is sent as \\.br\\.",
    ),
    # Structure
    "separators": (
        "102",
        "E",
        "The separators are not | and ^~\\&. " + NOTHING,
        "Begin the message with MSH|^~\\&| as CDC's guide demands.",
    ),
    "segment-unreadable": (
        "100",
        "E",
        "A line does not begin with the name of a segment and |. " + NOTHING,
        "Send a line break inside a field as \\.br\\.",
    ),
    "segment-repeated": (
        "100",
        "E",
        "The message has this segment more than once. " + NOTHING,
        "Send one person a message.",
    ),
    "person-missing": ("100", "E", "The message has no PID segment. " + NOTHING, "Send who the person is."),
    "order-without-dose": ("100", "E", "This order has no RXA segment.", "Send the dose with its ORC."),
    "order-without-result": ("100", "E", "This order has no result (OBX).", "Send the result with its OBR."),
    "batch-too-long": (
        "207",
        "E",
        "A batch may have 10,000 messages. Nothing of it was recorded.",
        "Send it in parts.",
    ),
    "batch-structure": (
        "100",
        "E",
        "A segment stands before the first message of the batch. Nothing of the batch was recorded.",
        "Begin each message with MSH.",
    ),
    # Header
    "control-id-missing": (
        "101",
        "E",
        "MSH-10 is empty. " + NOTHING,
        "Number your messages, so that answers find them.",
    ),
    "control-id-long": ("102", "E", "MSH-10 is longer than 199 characters. " + NOTHING, "Shorten the number."),
    "message-type-unsupported": (
        "200",
        "E",
        "We do not take this type of message. " + NOTHING,
        "Send VXU^V04, QBP^Q11, ORU^R01 or ADT^A40.",
    ),
    "event-unsupported": (
        "201",
        "E",
        "We do not take this event of that type. " + NOTHING,
        "Send VXU^V04, QBP^Q11, ORU^R01 or ADT^A40.",
    ),
    "processing-id-unsupported": (
        "202",
        "E",
        "MSH-11 says that this message is not for this system: tests and training never reach production. " + NOTHING,
        "Send tests to the test system, and P here.",
    ),
    "version-unsupported": ("203", "E", "We read HL7 2.5 and 2.5.1. " + NOTHING, "Send 2.5.1."),
    # Who sends
    "sender-unknown": (
        "207",
        "E",
        "We do not know the system that sends this. " + NOTHING,
        "Ask the health department to enter your certificate.",
    ),
    "facility-missing": ("101", "E", "MSH-4 is empty. " + NOTHING, "Send the facility that you were given."),
    "place-not-yours": (
        "204",
        "E",
        "RXA-11.4 names a facility that is not one of this sender's. This dose was not recorded.",
        "Send your own facility; doses given elsewhere are sent as historical (RXA-9).",
    ),
    "place-other-clinic": (
        "204",
        "E",
        "RXA-11.4 belongs to another clinic than MSH-4. This dose was not recorded.",
        "Send it in a message of its own, with that facility in MSH-4.",
    ),
    "forbidden": ("207", "E", "This sender may not do this for that clinic. " + NOTHING, "Ask the health department."),
    "try-again": (
        "207",
        "E",
        "We cannot store anything at the moment. " + NOTHING,
        "Send the same message again in a minute.",
    ),
    "fault-of-ours": (
        "207",
        "E",
        "Something went wrong here, not with your message. We cannot say whether it was recorded.",
        "Send the same message again: what stands already is not recorded twice.",
    ),
    # The person
    "birth-order-unreadable": (
        "102",
        "W",
        "The birth order is not a number; it was left out.",
        "Send 1, 2, 3 and so on.",
    ),
    # The dose
    "action-unknown": (
        "103",
        "E",
        "RXA-21 is not in HL7 table 0323. This dose was not recorded.",
        "Send A, U or D.",
    ),
    "source-missing": (
        "101",
        "W",
        "RXA-9 does not say who gave the dose; it was recorded as historical, without evidence.",
        "Send 00 for a dose you gave, 01 to 08 for a historical one.",
    ),
    "dose-number-unreadable": (
        "102",
        "W",
        "The dose number is not a number; it was left out.",
        "Send 1, 2, 3 and so on.",
    ),
    "immunity-not-recorded": (
        "207",
        "W",
        "Evidence of immunity (59784-9) is not kept here; it was left out.",
        "Send the laboratory's result instead.",
    ),
    "not-recorded": ("207", "E", "This was not recorded.", "Ask the health department why."),
    # Queries and merges
    "query-unknown": (
        "103",
        "E",
        "We do not answer this query.",
        "Ask with Z34 (history) or Z44 (evaluated history) in QPD-1.",
    ),
    "query-tag-missing": ("101", "E", "QPD-2 is empty.", "Send a tag, so that the answer finds your question."),
    "query-name-missing": ("101", "E", "QPD-4 has no family and given name.", "Ask with the person's full name."),
    "query-birth-date-missing": (
        "101",
        "E",
        "QPD-6 has no full date of birth.",
        "Ask with the year, month and day of birth.",
    ),
    "query-missing": ("100", "E", "The message has no QPD segment.", "Send whom you ask about."),
    "forecast-not-made": (
        "0",
        "I",
        "The history is complete; this system neither evaluates it nor forecasts the next doses.",
        "Ask the immunization registry for a forecast.",
    ),
    "merge-identifier-missing": (
        "101",
        "E",
        "An identifier with its assigning authority is missing. Nothing was merged.",
        "Send the identifier that goes in MRG-1 and the one that stays in PID-3.",
    ),
}

SHARED: Mapping[str, Letter] = {"facility-not-yours": "E", "clinic-not-live": "E", "clinic-held": "E"}
"""What this door finds under a code, and in the words, that all doors use (`issuer.intake.findings`)."""
REJECTIONS = frozenset({"message-type-unsupported", "event-unsupported", "processing-id-unsupported"})
"""Answered with AR (CDC's guide, MSA-1): the message will never be taken as it is. Everything else is AE, a full disk
and a busy database too: there ERR-3 is 207, and the same message goes in when it is sent again."""
IGNORED = frozenset({"birth-order-unreadable", "dose-number-unreadable", "immunity-not-recorded"})
"""Warnings that say that something sent was left out: answered with AE. The guide, MSA-1 AE: "may range from data that
are ignored because they are not wanted to rejection of the entire message"."""


class Spot(NamedTuple):
    """A place in a message, as ERR-2 (ERL) says it; 0 leaves a part out."""

    segment: str
    sequence: int = 1
    field: int = 0
    repetition: int = 0
    component: int = 0
    subcomponent: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that the door found, and where."""

    code: str
    spot: Spot

    @property
    def stops(self) -> bool:
        """Whether it keeps out what it stands in."""
        return letter_of(self.code) == "E"


def letter_of(code: str) -> Letter:
    """ERR-4 of what this door found."""
    return SHARED[code] if code in SHARED else ERRORS[code][1]


def table_0357(code: str, severity: str) -> str:
    """ERR-3 for a code of the intake: 0 where all was taken in, 207 where table 0357 has nothing that fits."""
    if severity not in ("error", "warning", "question"):
        return "0"
    endings = ((("-missing",), "101"), (("-form", "-range", "-partial", "-not-a-day"), "102"), (_TABLE, "103"))
    fitting = next((number for ends, number in endings if code.endswith(ends)), None)
    if fitting is None and code in ("nothing-to-change", "facility-not-yours", "person-unknown"):
        return "204"
    return fitting or ("205" if code == "possible-duplicate" else "207" if severity == "error" else "0")


_TABLE = ("-unknown", "-system", "-not-listed", "-mistyped", "no-vaccine")
