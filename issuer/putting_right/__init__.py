"""Put a mistake right everywhere at once: one record by its clinic, or all of a clinic, vaccinator or lot.

    corrections.correct(actor, record_id, event, now)            # one record: new version, cards made anew
    corrections.delete(actor, record_id, "not-given", now)
    found = withdrawals.find(actor, search, now)                  # counts, titles of cards, ids
    withdrawals.take_back(actor, search, "withdrawn", reason, now, found.digest)
    withdrawals.work(clock)                                       # in portions; survives being killed

It lists the `rid` of every card that holds what is not so any more, and of no other; whoever had a card gets one of
what remains valid. It never guesses: what is to be taken back is counted and shown first.
"""
