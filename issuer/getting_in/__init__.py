"""How residents come in without an account: one-time links, the birth date, self-service, contacts, the front desk.

    knocks.knock(Asked(name, birth_date, contact, "es"), now, origin)   # the same work and answer, whoever asks
    match ways.enter(token, birth_date, now, origin):                   # opening the link alone changes nothing
        case Begun(cookie, ends_at): ...
    visitor = ways.visitor(cookie, now)                                 # None: the visit is over

It refuses to say who is in the database, where a link went, or that a record is protected; to send anything to a
contact that nobody confirmed; and to let anybody in by name and birth date alone. The rules stand in
docs/getting-in.md.
"""
