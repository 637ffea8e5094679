"""Puts the door together with the intake of this issuer. The rest of the package knows neither store nor database."""

from issuer.db import StorageBusy, StorageFull
from issuer.hl7.door import Door, Intake
from issuer.hl7.message import USUAL, Reading
from issuer.intake.looking import IdentityIncomplete
from issuer.intake.service import ClinicHeld, ClinicNotLive
from issuer.rights import Forbidden

REFUSALS: dict[type[Exception], str] = {
    Forbidden: "forbidden",
    ClinicHeld: "clinic-held",
    ClinicNotLive: "clinic-not-live",
    IdentityIncomplete: "query-name-missing",
    StorageBusy: "try-again",
    StorageFull: "try-again",
}


def make_door(intake: Intake, reading: Reading = USUAL) -> Door:
    """The HL7 door before this issuer's intake."""
    return Door(intake, reading, REFUSALS)
