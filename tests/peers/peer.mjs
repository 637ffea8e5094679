// kill-the-clipboard 1.1.0 from the npm registry reads and verifies cards of ours, and issues cards for us to read.
// stdin: one JSON document; stdout: one JSON document. Nothing is fetched: keys and lists come in the document.
import { Directory, SHCIssuer, SHCReader } from "kill-the-clipboard";
import { importJWK } from "jose";
import { text } from "node:stream/consumers";

globalThis.fetch = () => Promise.reject(new Error("no network in this test"));
console.warn = () => {};

const ask = JSON.parse(await text(process.stdin));
const publicKey = await importJWK(ask.ours.publicJwk, "ES256");
const byKey = new SHCReader({ publicKey });
const byDirectory = new SHCReader({ issuerDirectory: Directory.fromJSON(ask.ours.directory) });

// What a reader says about one text: the bundle, or the class and code of its refusal (never its message: it may quote the card).
async function said(read) {
  try {
    return { bundle: (await read()).getOriginalBundle() };
  } catch (error) {
    return { refused: error.code ?? error.constructor.name };
  }
}

const forms = {
  jws: (reader, card) => reader.fromJWS(card.jws),
  digits: (reader, card) => reader.fromQRNumeric(card.digits),
  file: (reader, card) => reader.fromFileContent(card.file),
  "file as a blob": (reader, card) => reader.fromFileContent(new Blob([card.file], { type: "application/smart-health-card" })),
};

const read = [];
for (const card of ask.ours.cards)
  for (const [form, by] of Object.entries(forms))
    for (const [keys, reader] of [["key", byKey], ["directory", byDirectory]])
      read.push({ name: card.name, form, keys, ...(await said(() => by(reader, card))) });

const changed = [];
for (const jws of ask.ours.changed) changed.push(await said(() => byKey.fromJWS(jws)));
const revoked = await said(() => byDirectory.fromJWS(ask.ours.revoked));

const theirs = new SHCIssuer({
  issuer: ask.theirs.iss,
  privateKey: await importJWK(ask.theirs.privateJwk, "ES256"),
  publicKey: await importJWK(ask.theirs.publicJwk, "ES256"),
});
const issued = [];
for (const { name, bundle, options } of ask.theirs.bundles) {
  const card = await theirs.issue(bundle, options ?? {});
  const chunking = { enableChunking: true, maxSingleQRSize: 500 };
  issued.push({
    name,
    jws: card.asJWS(),
    digits: card.asQRNumeric(),
    chunks: card.asQRNumeric(chunking),
    file: await card.asFileContent(),
    pictures: await card.asQR(),
    chunkPictures: await card.asQR(chunking),
  });
}
process.stdout.write(JSON.stringify({ read, changed, revoked, issued }));
