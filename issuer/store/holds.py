"""Clinics looked at and held, and announced drives, kept. In the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, or_, select, text, update

from issuer.fraud.cases import Hold
from issuer.fraud.drives import ENTERED_WITHIN, Drive
from issuer.fraud.past import region_of
from issuer.fraud.rules import Reason, Recorded, read_reasons, reasons_json
from issuer.fraud.zones import zone_of
from issuer.models import clinic, person, record
from issuer.models.ledger import drive, hold
from issuer.persons import read_demographics
from issuer.store.ledger import GIVEN
from issuer.store.rows import add_rows

MOST_RECENT = 20_000
"""Doses of one clinic that a look reads: more than any clinic gives in two days."""
MOST_PEOPLE = 500
"""Of those, the newest whose regions are looked at; and 2,000 of the past."""
MOST_PAST_PEOPLE = 2_000

# ---- What clinics recorded -------------------------------------------------------------------------------------------


def clinics_at_work(connection: Connection, since: datetime) -> Sequence[Row[Any]]:
    """id, details, latest: live clinics that recorded a dose since, with the moment of the newest."""
    latest = (
        select(func.max(record.c.recorded_at))
        .where(record.c.clinic_id == clinic.c.id, record.c.recorded_at >= since, GIVEN)
        .correlate(clinic)
        .scalar_subquery()
    )
    found = select(clinic.c.id, clinic.c.details, latest.label("latest")).where(clinic.c.state == "live").subquery()
    return connection.execute(select(found).where(found.c.latest.is_not(None)).order_by(found.c.id)).all()


def recent_doses(connection: Connection, clinic_id: str, since: datetime) -> tuple[Recorded, ...]:
    """Doses a clinic recorded as given by itself, in the order of recording; of the newest also the region."""
    columns = (record.c.id, record.c.recorded_at, record.c.code, record.c.lot, record.c.day)
    of_clinic = and_(record.c.clinic_id == clinic_id, record.c.recorded_at >= since, GIVEN)
    newest = record.c.recorded_at.desc(), record.c.id
    rows = connection.execute(select(*columns).where(of_clinic).order_by(*newest).limit(MOST_RECENT)).all()
    regions = _regions(connection, clinic_id, since, None, MOST_PEOPLE)
    return tuple(
        Recorded(row.recorded_at, row.code, row.lot, row.day, regions.get(row.id, "")) for row in reversed(rows)
    )


def last_dose_before(connection: Connection, clinic_id: str, until: datetime) -> datetime | None:
    """When the clinic last recorded one."""
    of_clinic = and_(record.c.clinic_id == clinic_id, record.c.recorded_at < until, GIVEN)
    newest = select(record.c.recorded_at).where(of_clinic).order_by(record.c.recorded_at.desc()).limit(1)
    return connection.scalar(newest)


def doses_by_hour(connection: Connection, clinic_id: str, since: datetime, until: datetime) -> dict[datetime, int]:
    """How many doses were recorded, by the beginning of the hour in UTC."""
    hour = _hour(connection)
    counts = (
        select(hour, func.count())
        .where(record.c.clinic_id == clinic_id, record.c.recorded_at >= since, record.c.recorded_at < until, GIVEN)
        .group_by(hour)
    )
    return {datetime.fromisoformat(f"{row[0]}:00:00+00:00"): row[1] for row in connection.execute(counts)}


def _hour(connection: Connection) -> Any:
    """ "2026-11-20T08", in UTC: so each database has its own words for it."""
    if connection.dialect.name == "postgresql":
        at_utc = func.timezone(text("'UTC'"), record.c.recorded_at)
        return func.to_char(at_utc, text("""'YYYY-MM-DD"T"HH24'"""))
    return func.strftime(text("'%Y-%m-%dT%H'"), record.c.recorded_at)


def past_regions(connection: Connection, clinic_id: str, since: datetime, until: datetime) -> list[str]:
    """Regions of the people to whom the newest doses of a time were given."""
    return list(_regions(connection, clinic_id, since, until, MOST_PAST_PEOPLE).values())


def _regions(
    connection: Connection, clinic_id: str, since: datetime, until: datetime | None, most: int
) -> dict[str, str]:
    """Region by record; those without a postcode left out."""
    of_clinic = [record.c.clinic_id == clinic_id, record.c.recorded_at >= since, GIVEN]
    if until is not None:
        of_clinic.append(record.c.recorded_at < until)
    rows = connection.execute(
        select(record.c.id, person.c.demographics)
        .join_from(record, person, person.c.id == record.c.person_id)
        .where(*of_clinic)
        .order_by(record.c.recorded_at.desc(), record.c.id)
        .limit(most)
    )
    found = {}
    for row in rows:
        address = read_demographics(row.demographics).address
        if address is not None and (region := region_of(address.postcode)):
            found[row.id] = region
    return found


# ---- Holds -----------------------------------------------------------------------------------------------------------


def hold_clinic(connection: Connection, one: Hold) -> bool:
    """Stop a live clinic; whether it was live. Its row is held until the commit; records under way are not kept up."""
    state = connection.scalar(
        select(clinic.c.state).where(clinic.c.id == one.clinic_id).with_for_update(key_share=True)
    )
    if state != "live":
        return False
    connection.execute(update(clinic).where(clinic.c.id == one.clinic_id).values(state="held"))
    values = {
        "id": one.id, "clinic_id": one.clinic_id, "state": one.state, "reasons": reasons_json(one.reasons),
        "since": one.since, "opened_at": one.opened_at, "doses": one.doses, "decided_by": "", "reason": "",
    }  # fmt: skip
    add_rows(connection, hold, [values])
    return True


def decide_hold(connection: Connection, one: Hold, now: datetime) -> None:
    """Keep what was decided; a released clinic is live again, unless it was suspended meanwhile."""
    decided = {"state": one.state, "decided_by": one.decided_by, "decided_at": now, "reason": one.reason}
    connection.execute(update(hold).where(hold.c.id == one.id).values(decided))
    if one.state == "released":
        held = and_(clinic.c.id == one.clinic_id, clinic.c.state == "held")
        connection.execute(update(clinic).where(held).values(state="live"))


def holds(connection: Connection, most: int) -> tuple[Hold, ...]:
    """Those to be decided first, then the newest."""
    ordered = _holds().order_by(case((hold.c.state == "released", 1), else_=0), hold.c.opened_at.desc(), hold.c.id)
    return tuple(map(_hold, connection.execute(ordered.limit(most))))


def hold_of(connection: Connection, hold_id: str, *, lock: bool = False) -> Hold | None:
    """One hold; locked, nobody else decides it until the transaction ends."""
    chosen = _holds().where(hold.c.id == hold_id)
    row = connection.execute(chosen.with_for_update(of=hold) if lock else chosen).first()
    return _hold(row) if row else None


def standing_hold(connection: Connection, clinic_id: str) -> Hold | None:
    """The hold under which a clinic stands."""
    row = connection.execute(_holds().where(hold.c.clinic_id == clinic_id, hold.c.state != "released")).first()
    return _hold(row) if row else None


def released_holds(connection: Connection, clinic_id: str) -> tuple[Hold, ...]:
    """What the department let pass before, newest first."""
    chosen = _holds().where(hold.c.clinic_id == clinic_id, hold.c.state == "released")
    return tuple(map(_hold, connection.execute(chosen.order_by(hold.c.decided_at.desc()).limit(100))))


def _holds() -> Select[Any]:
    return select(hold, clinic.c.name).join_from(hold, clinic)


def _hold(row: Row[Any]) -> Hold:
    reasons: tuple[Reason, ...] = read_reasons(row.reasons)
    return Hold(
        row.id, row.clinic_id, row.name, row.state, reasons, row.since, row.opened_at, row.doses, row.decided_by,
        row.decided_at, row.reason,
    )  # fmt: skip


# ---- Drives ----------------------------------------------------------------------------------------------------------


def add_drive(connection: Connection, one: Drive) -> None:
    """Keep an announcement."""
    values = {name: getattr(one, name) for name in Drive.__slots__ if name not in ("clinic_name", "zone")}
    add_rows(connection, drive, [values])


def change_drive(connection: Connection, one: Drive) -> None:
    """Keep what was decided."""
    values = {name: getattr(one, name) for name in ("state", "decided_by", "decided_at", "reason")}
    connection.execute(update(drive).where(drive.c.id == one.id).values(values))


def drives(connection: Connection, clinic_id: str, most: int) -> tuple[Drive, ...]:
    """Of a clinic, or of all for "": those to be decided first, then the newest."""
    where = [drive.c.clinic_id == clinic_id] if clinic_id else []
    ordered = _drives().where(*where).order_by(case((drive.c.state == "announced", 0), else_=1))
    return tuple(map(_drive, connection.execute(ordered.order_by(drive.c.starts_at.desc(), drive.c.id).limit(most))))


def drive_of(connection: Connection, drive_id: str, *, lock: bool = False) -> Drive | None:
    """One drive; locked, nobody else decides it until the transaction ends."""
    chosen = _drives().where(drive.c.id == drive_id)
    row = connection.execute(chosen.with_for_update(of=drive) if lock else chosen).first()
    return _drive(row) if row else None


def confirmed_drives(connection: Connection, clinic_id: str, since: datetime, until: datetime) -> tuple[Drive, ...]:
    """Those of which doses may have been recorded in a time, in the order they begin."""
    near = and_(drive.c.starts_at <= until, drive.c.ends_at >= since - ENTERED_WITHIN)
    chosen = _drives().where(drive.c.clinic_id == clinic_id, drive.c.state == "confirmed", near)
    return tuple(map(_drive, connection.execute(chosen.order_by(drive.c.starts_at, drive.c.id))))


def doses_before(connection: Connection, drives: Iterable[Drive], since: datetime) -> Mapping[str, int]:
    """How many doses of a drive were recorded before a moment, by its id."""
    found = {}
    for one in drives:
        if one.starts_at < since:
            during = record.c.recorded_at <= one.ends_at
            on_its_days = and_(record.c.day >= one.first_day, record.c.day <= one.last_day)
            soon = record.c.recorded_at <= one.ends_at + ENTERED_WITHIN
            of_it = (record.c.clinic_id == one.clinic_id, record.c.recorded_at >= one.starts_at, GIVEN)
            counted = select(func.count()).select_from(record).where(*of_it, record.c.recorded_at < since)
            found[one.id] = connection.scalar(counted.where(or_(during, and_(soon, on_its_days)))) or 0
    return found


def details_of(connection: Connection, clinic_id: str) -> tuple[str, str] | None:
    """(name, details) of a clinic."""
    row = connection.execute(select(clinic.c.name, clinic.c.details).where(clinic.c.id == clinic_id)).first()
    return (row.name, row.details) if row else None


def _drives() -> Select[Any]:
    return select(drive, clinic.c.name, clinic.c.details).join_from(drive, clinic)


def _drive(row: Row[Any]) -> Drive:
    values = {name: row._mapping[name] for name in Drive.__slots__ if name not in ("clinic_name", "zone")}
    return Drive(clinic_name=row.name, zone=zone_of(row.details), **values)
