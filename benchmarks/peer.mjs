// kill-the-clipboard 1.1.0 from the npm registry at the same work, timed inside one Node process.
// Set up as its README shows: keys as PEM texts.
// stdin: one line of JSON {bundle, iss, privatePem, publicPem}, then {work, seconds}; stdout: rates in calls a second, a line a round asked for.
import { createInterface } from "node:readline";
import { SHCIssuer, SHCReader } from "kill-the-clipboard";

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
    const issuer = new SHCIssuer({ issuer: ask.iss, privateKey: ask.privatePem, publicKey: ask.publicPem });
    const reader = new SHCReader({ publicKey: ask.publicPem });
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
