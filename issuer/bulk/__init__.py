"""Files of up to a million rows, in chunks: one chunk function, run by a pool of processes or by procrastinate.

    job_id = begin(imports, actor, clinic_id, path, mapping, "on-demand", new_id, now)     # the file's index of chunks
    worker = ChunkWorker(intake, chunks, clock)
    while worker.run_one("host-1"): ...                                                     # on any number of machines

A chunk's records, cards, audit line and its tick in the books are one transaction: a worker that dies leaves either all
of it or nothing, and another takes the chunk again.
"""
