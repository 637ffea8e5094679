"""ES256 keys: read what others publish, sign with our own, keep those sealed.

It refuses to show a private key, to publish one, to make one as a side effect, or to use one for two purposes.

    store = KeyStore(folder, kek)                  # keys.store, opened by the issuer and the command line only
    store.generate(now)
    store.active().sign(signing_input)             # 64 octets r ‖ s
    store.jwks()                                   # what stands at /.well-known/jwks.json
    keys.read_jwks(answer)                         # other issuers' keys; unfit ones are left out
"""

from keys.public import KeySet, LeftOut, NotAKeySet, PublicKey, examine_jwks, jwks_document, read_jwks

__all__ = ["KeySet", "LeftOut", "NotAKeySet", "PublicKey", "examine_jwks", "jwks_document", "read_jwks"]
