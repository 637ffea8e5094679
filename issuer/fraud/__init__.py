"""Against cards for doses that nobody got: a ledger of lots, clinics held for a second look, exports that need two.

    Ledger(store, random).receive(actor, clinic_id, Delivery("208", "EW0182", "2027-03-31", 100), now)
    Watch(store, random).watch(now)                      # holds clinics that are unlike themselves; the cases opened
    Cases(store).go_on(actor, hold_id, "a drive nobody had announced", now)

Rules are data (`issuer.fraud.rules.RULES`): a name, limits, and the words that the department reads. They compare a
clinic with its own past and with what it received, never with other clinics, and look at no name. A hold stops what
comes next; it takes nothing back and accuses nobody. It refuses to decide: people of the department do.
"""
