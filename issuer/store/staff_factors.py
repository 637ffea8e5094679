"""Second factors in the store: TOTP secrets (sealed), recovery codes, passkeys, challenges.

What may be used once is used up by one statement: of two requests at once one gets through.
"""

from datetime import datetime

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from issuer.audit.entry import Entry
from issuer.db import reading, writing
from issuer.models.staff import passkey, passkey_challenge, recovery_code, staff
from issuer.staff.passkeys import KnownPasskey, NewPasskey
from issuer.staff.people import Member
from issuer.staff.refusals import UsedUp
from issuer.store.audit import append as append_audit
from issuer.store.staff import Append


class FactorStore:
    """What stands behind a password, or in its place."""

    def __init__(self, engine: Engine, append: Append = append_audit) -> None:
        self.engine = engine
        self._append = append

    # ---- Codes ------------------------------------------------------------------------------------------------------

    def totp(self, staff_id: str) -> tuple[bytes, int] | None:
        """The sealed secret and the last step used; None where none is set up."""
        with reading(self.engine) as connection:
            row = connection.execute(select(staff.c.totp_sealed, staff.c.totp_step).where(staff.c.id == staff_id)).one()
        return None if row.totp_sealed is None else (row.totp_sealed, row.totp_step)

    def set_totp(
        self, member: Member, sealed: bytes, step: int, code_hashes: tuple[str, ...], origin: str, now: datetime
    ) -> None:
        """A new secret in the place of an older one, with new recovery codes."""
        with writing(self.engine) as connection:
            changed = update(staff).where(staff.c.id == member.id)
            connection.execute(changed.values(totp_sealed=sealed, totp_step=step))
            connection.execute(delete(recovery_code).where(recovery_code.c.staff_id == member.id))
            connection.execute(insert(recovery_code), [{"staff_id": member.id, "hash": each} for each in code_hashes])
            self._note(connection, "staff.totp", member, origin, now)

    def use_step(self, staff_id: str, step: int) -> None:
        """No code of this step or an earlier one is good again. Raises UsedUp."""
        later = update(staff).where(staff.c.id == staff_id, staff.c.totp_step < step).values(totp_step=step)
        with writing(self.engine) as connection:
            if connection.execute(later).rowcount != 1:
                raise UsedUp

    def use_recovery_code(self, member: Member, code_hash: str, origin: str, now: datetime) -> None:
        """Raises UsedUp where it is none of theirs, or was used."""
        unused = (recovery_code.c.staff_id == member.id, recovery_code.c.hash == code_hash)
        used = update(recovery_code).where(*unused, recovery_code.c.used_at.is_(None)).values(used_at=now)
        with writing(self.engine) as connection:
            if connection.execute(used).rowcount != 1:
                raise UsedUp
            self._note(connection, "staff.recovery", member, origin, now)

    def recovery_codes_left(self, staff_id: str) -> int:
        """How many were not used yet."""
        left = select(recovery_code.c.hash).where(
            recovery_code.c.staff_id == staff_id, recovery_code.c.used_at.is_(None)
        )
        with reading(self.engine) as connection:
            return len(connection.execute(left).all())

    # ---- Passkeys ---------------------------------------------------------------------------------------------------

    def passkeys(self, staff_id: str) -> tuple[tuple[str, str, datetime, datetime | None], ...]:
        """Credential id, name, when made, when last used; oldest first."""
        shown = select(passkey.c.credential_id, passkey.c.name, passkey.c.created_at, passkey.c.used_at)
        with reading(self.engine) as connection:
            rows = connection.execute(shown.where(passkey.c.staff_id == staff_id).order_by(passkey.c.created_at)).all()
        return tuple((row[0], row[1], row[2], row[3]) for row in rows)

    def passkey(self, credential_id: str) -> KnownPasskey | None:
        """A passkey of somebody who is active."""
        found = select(passkey).join(staff, staff.c.id == passkey.c.staff_id)
        with reading(self.engine) as connection:
            row = connection.execute(
                found.where(passkey.c.credential_id == credential_id, staff.c.active)
            ).one_or_none()
        return None if row is None else KnownPasskey(row.credential_id, row.staff_id, row.public_key, row.sign_count)

    def add_passkey(self, member: Member, new: NewPasskey, name: str, origin: str, now: datetime) -> None:
        """Raises UsedUp where this passkey is somebody's already."""
        row = {"credential_id": new.credential_id, "public_key": new.public_key, "sign_count": new.sign_count}
        with writing(self.engine) as connection:
            try:
                connection.execute(
                    insert(passkey).values(**row, staff_id=member.id, name=name, created_at=now, used_at=None)
                )
            except IntegrityError:
                raise UsedUp from None
            self._note(connection, "staff.passkey", member, origin, now)

    def remove_passkey(self, member: Member, credential_id: str, origin: str, now: datetime) -> None:
        """Take one's own passkey away; nothing happens where there is none of that id."""
        mine = (passkey.c.staff_id == member.id, passkey.c.credential_id == credential_id)
        with writing(self.engine) as connection:
            if connection.execute(delete(passkey).where(*mine)).rowcount:
                self._note(connection, "staff.passkey-removed", member, origin, now)

    def use_passkey(self, known: KnownPasskey, sign_count: int, now: datetime) -> None:
        """Keep the new counter. Raises UsedUp where another login took the old one's place meanwhile."""
        same = (passkey.c.credential_id == known.credential_id, passkey.c.sign_count == known.sign_count)
        with writing(self.engine) as connection:
            changed = update(passkey).where(*same).values(sign_count=sign_count, used_at=now)
            if connection.execute(changed).rowcount != 1:
                raise UsedUp

    def put_challenge(self, challenge_hash: str, ends_at: datetime, now: datetime) -> None:
        """A challenge that may be answered once; those that ended are forgotten."""
        with writing(self.engine) as connection:
            connection.execute(delete(passkey_challenge).where(passkey_challenge.c.ends_at <= now))
            connection.execute(insert(passkey_challenge).values(hash=challenge_hash, ends_at=ends_at))

    def use_challenge(self, challenge_hash: str, now: datetime) -> None:
        """Raises UsedUp."""
        mine = (passkey_challenge.c.hash == challenge_hash, passkey_challenge.c.ends_at > now)
        with writing(self.engine) as connection:
            if connection.execute(delete(passkey_challenge).where(*mine)).rowcount != 1:
                raise UsedUp

    def _note(self, connection: Connection, action: str, member: Member, origin: str, now: datetime) -> None:
        entry = Entry(now, member.actor(origin), action, "staff", member.id, member.clinic_id)
        self._append(connection, [entry])
