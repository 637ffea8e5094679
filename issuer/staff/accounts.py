"""Logging in: password and second factor, passkey, provider, one-time link. Each answers a session, or one refusal.

Unknown login, wrong password, no password and a closed account are refused in the same words, and after the same work:
a hash is verified in each case. An attempt is counted before it is looked at.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from issuer.audit.entry import Entry
from issuer.rights import Actor
from issuer.staff import passkeys, passwords, second_factor
from issuer.staff.attempts import PER_ADDRESS, PER_CODE, PER_LOGIN, Limit
from issuer.staff.oidc import Claimed, NobodyOfOurs
from issuer.staff.passkeys import PasskeyRefused, Site
from issuer.staff.passwords import Cost, WrongPassword
from issuer.staff.people import (
    ABSOLUTE_LIMIT,
    HALF_OPEN_LIMIT,
    SETUP_LINK_LIMIT,
    Link,
    Member,
    NewSession,
    NotAllowed,
    Opened,
    SignedIn,
    Stage,
    plain_login,
)
from issuer.staff.refusals import LoginRefused, NoSession, UsedUp
from issuer.staff.tokens import Random, digest, keyed_digest, new_id, new_token, seal, unseal

if TYPE_CHECKING:
    from issuer.store.staff import StaffStore
    from issuer.store.staff_factors import FactorStore
    from issuer.store.staff_sessions import SessionStore


class Accounts:
    """The use cases of people who log in."""

    def __init__(
        self,
        staff: "StaffStore",
        factors: "FactorStore",
        sessions: "SessionStore",
        secret: bytes,
        random: Random,
        cost: Cost = passwords.STANDARD,
    ) -> None:
        self.staff, self.factors, self.sessions = staff, factors, sessions
        self._secret, self._random, self._cost = secret, random, cost
        self._dummy = ""

    # ---- In ---------------------------------------------------------------------------------------------------------

    def by_password(self, login: str, password: str, origin: str, now: datetime, had: str = "") -> Opened:
        """The first half: what it opens lets nobody further than the second factor.

        Args:
            had: the token of the session this browser had; it ends.
        Raises:
            LoginRefused, TooManyAttempts.
        """
        address = self._key("address", origin)
        found = self._check_password(_spelt(login), password, [Limit(address, PER_ADDRESS)], origin, now)
        self.sessions.forgive([], [address])
        if found.passkeys and not found.has_totp:
            raise LoginRefused  # a password alone must not lead to the set-up page of somebody who has a passkey
        stage: Stage = "code" if found.has_totp else "setup"
        return self._open(found, stage, origin, now, "password", had)

    def by_code(self, token: str, code: str, origin: str, now: datetime) -> Opened:
        """The second half: a code of now, or a recovery code. The session is a new one.

        Raises:
            NoSession, LoginRefused, TooManyAttempts.
        """
        signed_in = self.session(token, now)
        member = signed_in.member
        if signed_in.stage != "code":
            raise NoSession
        person, address = self._key("code", member.id), self._key("address", origin)
        self.sessions.count([Limit(person, PER_CODE), Limit(address, PER_ADDRESS)], now)
        how = self._use_code(member, code, origin, now)
        self.sessions.forgive([person], [address])
        return self._open(member, "full", origin, now, how, token)

    def by_passkey(
        self, site: Site, response: dict[str, Any], challenge: str, origin: str, now: datetime, had: str = ""
    ) -> Opened:
        """A passkey with user verification is both factors at once. Raises LoginRefused, TooManyAttempts."""
        address = self._key("address", origin)
        self.sessions.count([Limit(address, PER_ADDRESS)], now)
        try:
            member = self._check_passkey(site, response, challenge, now)
        except PasskeyRefused:
            raise LoginRefused from None
        self.sessions.forgive([], [address])
        return self._open(member, "full", origin, now, "passkey", had)

    def by_provider(self, claimed: Claimed, origin: str, now: datetime, had: str = "") -> Opened:
        """Somebody an OpenID Connect provider vouches for; the provider asked for the second factor.

        Raises:
            NobodyOfOurs.
        """
        email = _spelt(claimed.email) if claimed.email else ""
        member = self.staff.by_subject(claimed.subject, email, origin, now)
        if member is None:
            raise NobodyOfOurs
        return self._open(member, "full", origin, now, "provider", had)

    def by_link(self, token: str, password: str, origin: str, now: datetime, had: str = "") -> Opened:
        """First login: the link is used up, the password set; the second factor is set up next.

        Raises:
            LinkEnded, PasswordRefused.
        """
        member = self.staff.by_link(digest(token), now)
        passwords.check_choice(password, member.login)
        hashed = passwords.hash_password(password, self._cost, self._random)
        self.staff.use_link(digest(token), hashed, origin, now)
        return self._open(member, "setup", origin, now, "link", had)

    # ---- While logged in --------------------------------------------------------------------------------------------

    def session(self, token: str, now: datetime) -> SignedIn:
        """Whose session this is. Raises NoSession."""
        found = self.sessions.find(digest(token), now) if token else None
        if found is None:
            raise NoSession
        return found

    def confirm(self, member: Member, password: str, origin: str, now: datetime) -> None:
        """Before a factor or the password changes: it is still this person. Raises LoginRefused, TooManyAttempts."""
        self._check_password(member.login, password, [], origin, now)

    def change_password(self, signed_in: SignedIn, old: str, new: str, origin: str, now: datetime) -> None:
        """All other sessions end. Raises LoginRefused (the old one is wrong), PasswordRefused, TooManyAttempts."""
        member = signed_in.member
        self.confirm(member, old, origin, now)
        passwords.check_choice(new, member.login)
        hashed = passwords.hash_password(new, self._cost, self._random)
        self.staff.set_password(member, hashed, signed_in.session.id, origin, now)

    def new_totp(self) -> tuple[bytes, str]:
        """A secret to show, and the same sealed for the form: it is stored once a code proves that it arrived."""
        secret = second_factor.new_secret(self._random)
        return secret, seal(self._secret, secret, "form", self._random).hex()

    def shown_totp(self, form: str) -> bytes:
        """The secret of a form that was shown before. Raises ValueError."""
        return unseal(self._secret, bytes.fromhex(form), "form")

    def set_totp(self, member: Member, secret: bytes, code: str, origin: str, now: datetime) -> tuple[str, ...]:
        """Set up codes from a phone; answers recovery codes, to be shown once. Raises WrongCode, TooManyAttempts."""
        person = self._key("code", member.id)
        self.sessions.count([Limit(person, PER_CODE)], now)
        step = second_factor.step_of(secret, code, now, 0)
        codes = second_factor.recovery_codes(self._random)
        sealed = seal(self._secret, secret, member.id, self._random)
        self.factors.set_totp(member, sealed, step, tuple(digest(each) for each in codes), origin, now)
        self.sessions.forgive([person], [])
        return codes

    def finish_setup(self, token: str, origin: str, now: datetime) -> Opened:
        """From stage "setup" to "full", once there is a second factor. Raises NoSession."""
        signed_in = self.session(token, now)
        if signed_in.stage != "setup" or not (signed_in.member.has_totp or signed_in.member.passkeys):
            raise NoSession
        return self._open(signed_in.member, "full", origin, now, "setup", token)

    def challenge(self, now: datetime) -> str:
        """A challenge for a passkey, good once and for ten minutes."""
        made = new_token(self._random)
        self.factors.put_challenge(digest(made), now + HALF_OPEN_LIMIT, now)
        return made

    def add_passkey(
        self,
        member: Member,
        site: Site,
        response: dict[str, Any],
        challenge: str,
        name: str,
        origin: str,
        now: datetime,
    ) -> None:
        """Register a passkey. Raises PasskeyRefused."""
        if member.passkeys >= passkeys.MAX_PASSKEYS:
            raise PasskeyRefused
        try:
            self.factors.use_challenge(digest(challenge), now)
            new = passkeys.registered(site, response, challenge_octets(challenge))
            self.factors.add_passkey(member, new, name, origin, now)
        except UsedUp:
            raise PasskeyRefused from None

    def setup_link(self, now: datetime) -> tuple[str, Link]:
        """A one-time link's token to hand over, and what is stored of it."""
        token = new_token(self._random)
        return token, Link(digest(token), now + SETUP_LINK_LIMIT)

    def new_id(self) -> str:
        """An id for a new row."""
        return new_id(self._random)

    # ---- Inside -----------------------------------------------------------------------------------------------------

    def _open(self, member: Member, stage: Stage, origin: str, now: datetime, how: str, had: str = "") -> Opened:
        token = new_token(self._random)
        ends_at = now + (ABSOLUTE_LIMIT if stage == "full" else HALF_OPEN_LIMIT)
        new = NewSession(digest(token), new_id(self._random), stage, origin, ends_at)
        self.sessions.open(member, new, now, how, digest(had) if had else "")
        return Opened(token, stage, member.id)

    def _check_password(self, login: str, password: str, limits: list[Limit], origin: str, now: datetime) -> Member:
        """Whose password this is. Raises LoginRefused, TooManyAttempts."""
        person = self._key("login", login)
        self.sessions.count([Limit(person, PER_LOGIN), *limits], now)
        dummy, found = self._dummy_hash(), self.staff.with_password(login)
        try:
            passwords.verify(password, dummy if found is None else found[1])
        except WrongPassword:
            found = None
        if found is None:
            self.staff.note(Entry(now, Actor("nobody", "system", "", origin), "session.refused", "session", "password"))
            raise LoginRefused
        self.sessions.forgive([person], [])
        return found[0]

    def _use_code(self, member: Member, code: str, origin: str, now: datetime) -> str:
        try:
            if "-" in code or len(code.strip()) > second_factor.DIGITS + 1:
                known = digest(second_factor.plain_recovery_code(code))
                self.factors.use_recovery_code(member, known, origin, now)
                return "recovery"
            sealed = self.factors.totp(member.id)
            if sealed is None:
                raise LoginRefused
            step = second_factor.step_of(unseal(self._secret, sealed[0], member.id), code, now, sealed[1])
            self.factors.use_step(member.id, step)
        except (second_factor.WrongCode, UsedUp):
            self.staff.note(Entry(now, member.actor(origin), "session.refused", "session", "code", member.clinic_id))
            raise LoginRefused from None
        return "code"

    def _check_passkey(self, site: Site, response: dict[str, Any], challenge: str, now: datetime) -> Member:
        try:
            self.factors.use_challenge(digest(challenge), now)
            known = self.factors.passkey(passkeys.credential_id(response))
            if known is None:
                raise PasskeyRefused
            count = passkeys.sign_count(site, response, challenge_octets(challenge), known)
            self.factors.use_passkey(known, count, now)
        except UsedUp:
            raise PasskeyRefused from None
        member = self.staff.member(known.staff_id)
        if member is None or not member.active:
            raise PasskeyRefused
        return member

    def _key(self, *parts: str) -> str:
        return keyed_digest(self._secret, *parts)

    def _dummy_hash(self) -> str:
        """A hash nobody's password has, of the same cost; made once."""
        if not self._dummy:
            self._dummy = passwords.hash_password(new_token(self._random), self._cost, self._random)
        return self._dummy


def challenge_octets(challenge: str) -> bytes:
    """A challenge as passkeys sign it."""
    return challenge.encode()


def _spelt(login: str) -> str:
    """A login as it is stored; what nobody can have stays unknown, with the same work done for it."""
    try:
        return plain_login(login)
    except NotAllowed:
        return ""
