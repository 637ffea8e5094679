"""The people who work with the issuer, and the programs of their clinics: who they are, how they log in, for how long.

What each may do stands in `issuer.rights`. Everything here is pure: the time, randomness, the network, the key that
seals and the store are arguments.

    accounts = Accounts(store, clients, secret, cost, random)
    opened = accounts.by_password(login, password, origin, now)      # LoginRefused, TooManyAttempts
    opened = accounts.by_code(opened.token, code, origin, now)       # stage "full"
    accounts.session(opened.token, now).actor                        # NoSession
"""
