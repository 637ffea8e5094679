// kill-the-clipboard 1.1.0 from the npm registry at the same work, timed inside one Node process.
// stdin: one line of JSON {bundle, iss, privateJwk, publicJwk, seconds}; stdout: rates in calls a second, a line a round asked for.
import { createInterface } from "node:readline";
import { SHCIssuer, SHCReader } from "kill-the-clipboard";
import { importJWK } from "jose";

const lines = createInterface({ input: process.stdin });
let setup, card, numeric;

async function rate(work, seconds) {
  const start = process.hrtime.bigint();
  let count = 0;
  while (Number(process.hrtime.bigint() - start) < seconds * 1e9) {
    await work();
    count += 1;
  }
  return count / (Number(process.hrtime.bigint() - start) / 1e9);
}

for await (const line of lines) {
  const ask = JSON.parse(line);
  if (ask.bundle) {
    const privateKey = await importJWK(ask.privateJwk, "ES256");
    const publicKey = await importJWK(ask.publicJwk, "ES256");
    const issuer = new SHCIssuer({ issuer: ask.iss, privateKey, publicKey });
    const reader = new SHCReader({ publicKey });
    setup = {
      issue: () => issuer.issue(ask.bundle),
      verify: () => reader.fromQRNumeric(numeric),
      qr: () => card.asQR({ encodeOptions: { errorCorrectionLevel: "L" } }),
    };
    card = await issuer.issue(ask.bundle);
    numeric = card.asQRNumeric();
    await reader.fromQRNumeric(numeric);
    console.log(JSON.stringify({ ready: true, characters: card.asJWS().length }));
  } else {
    console.log(JSON.stringify({ rate: await rate(setup[ask.work], ask.seconds) }));
  }
}
