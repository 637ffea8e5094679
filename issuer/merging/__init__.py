"""Two persons who may be one: looked at side by side, put together, kept apart, taken apart again.

    for line in merging.open_reviews(actor): ...
    both = merging.review(actor, line.id, now)           # what agrees and what differs, in words
    merge_id = merging.merge(actor, line.id, both.older.person_id, now)
    merging.keep_apart(actor, line.id, now)              # never asked again for these two
    merging.undo(actor, merge_id, now)                   # as it was before

Nothing merges unseen: every merge is a line of the audit log and of a page with an undo button. What persons have in
common is judged by `issuer.persons`; here people decide.
"""
