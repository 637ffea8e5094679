"""A record as a row of the form, to be corrected. Pure."""

from datetime import datetime, tzinfo

from issuer.clinic_desk.catalogue import NUMBER
from issuer.clinic_desk.patient_form import Row
from issuer.clinic_desk.words import what_of
from issuer.intake.proposal import Dose, Event


def row_of(event: Event, zone: tzinfo) -> Row:
    """What stands on record, as it would be typed."""
    name = what_of(event)
    if isinstance(event, Dose):
        return Row(
            1,
            "dose",
            name,
            event.code,
            name,
            manufacturer=event.manufacturer,
            lot=event.lot,
            expires=event.expires,
            day=event.day,
            dose_number=str(event.dose_number or ""),
            source="" if event.administered else event.evidence or "04",
        )
    day, clock = _day_and_clock(event.time, zone)
    return Row(
        1,
        "result",
        name,
        event.code,
        name,
        day=day,
        outcome=event.value_code or (NUMBER if event.quantity else ""),
        quantity=event.quantity,
        unit=event.unit,
        clock=clock,
    )


def _day_and_clock(moment: str, zone: tzinfo) -> tuple[str, str]:
    try:
        local = datetime.fromisoformat(moment).astimezone(zone)
    except ValueError:  # a leap second: FHIR allows :60, Python does not
        return moment[:10], moment[11:16]
    return local.date().isoformat(), f"{local:%H:%M}"
