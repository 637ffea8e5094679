"""A scanned vial put into the form. Pure; what a code says is read by `issuer.products`."""

from dataclasses import dataclass, field, replace

from issuer.clinic_desk.patient_form import MAX_ROWS, PatientForm, Row


@dataclass(frozen=True, slots=True)
class Vial:
    """What a vial's code says."""

    code: str
    """CVX; "" where the product is not in our list."""
    name: str
    manufacturer: str = ""
    lot: str = field(default="", repr=False)
    expires: str = ""
    """YYYY-MM-DD or ""."""
    remark: str = ""
    """What could not be read of it, and what to do."""


class Unscannable(ValueError):
    """It was no vial's code. The text says what it was, and what to do."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """The form with the vial in it."""

    form: PatientForm = field(repr=False)
    row: int
    said: str


def put_vial(form: PatientForm, vial: Vial, today: str) -> Scanned:
    """The vial in the first row that is free: blank, or only remembered from the patient before. Else in a new row."""
    form = replace(form, scan="")
    same = next((row for row in form.rows if _is_same(row, vial)), None)
    if same is not None:
        return Scanned(form.put(replace(same, origin="vial")), same.number, f"{vial.name}: it is in the form already.")
    free = next((row for row in form.rows if row.kind == "dose" and (row.origin == "drive" or row.is_blank)), None)
    if free is None:
        if len(form.rows) >= MAX_ROWS:
            return Scanned(form, form.rows[-1].number, "The form is full: record these first.")
        form = form.with_row("dose", today)
        free = form.rows[-1]
    filled = replace(
        free,
        product=vial.name,
        known=vial.name if vial.code else "",
        code=vial.code,
        choice="",
        manufacturer=vial.manufacturer,
        lot=vial.lot,
        expires=vial.expires,
        day=free.day or today,
        origin="vial",
    )
    said = vial.remark or f"Scanned: {vial.name}, {f'lot {vial.lot}' if vial.lot else 'no lot on the code'}."
    return Scanned(form.put(filled), free.number, said)


def _is_same(row: Row, vial: Vial) -> bool:
    return bool(vial.code) and row.kind == "dose" and (row.chosen, row.lot) == (vial.code, vial.lot)
