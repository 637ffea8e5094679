"""Events sent to other systems as signed webhooks (Standard Webhooks 1.0): no health data, no name, at least once.

    run_deliverer(EventStore(engine), unseal, Poster().post, clock, stopping.wait, failed)

A message says what happened to which id; whoever may know more asks the API. Only https, only public addresses.
"""
