// kill-the-clipboard 1.1.0 makes links of cards of its own, and opens links of ours over real https.
// stdin: one JSON document; stdout: one JSON document. Node trusts the test's authority by NODE_EXTRA_CA_CERTS.
import { encryptSHLFile, SHCIssuer, SHL, SHLManifestBuilder, SHLViewer } from "kill-the-clipboard";
import { importJWK } from "jose";
import { text } from "node:stream/consumers";

console.warn = () => {};
const ask = JSON.parse(await text(process.stdin));

// What its viewer says about one link: cards and resources, or the class of its refusal (never its message: it may quote).
async function opened({ name, uri, recipient, passcode, embeddedLengthMax }) {
  try {
    const publicKey = await importJWK(ask.publicJwk, "ES256");
    const viewer = new SHLViewer({ shlinkURI: uri });
    const found = await viewer.resolveSHL({ recipient, passcode, embeddedLengthMax, shcReaderConfig: { publicKey } });
    return {
      name,
      label: viewer.shl.label,
      bundles: found.smartHealthCards.map((card) => card.getOriginalBundle()),
      resources: found.fhirResources.length,
    };
  } catch (error) {
    return { name, refused: error.constructor.name };
  }
}

// One of its links, with everything a server needs to answer for it.
async function made({ name, flag, label, compress, fhir, exp, viewer }, jws) {
  const shl = SHL.generate({
    baseManifestURL: ask.base,
    manifestPath: flag?.includes("U") ? "" : "/m",
    ...(flag && { flag }),
    ...(label && { label }),
    ...(exp && { expirationDate: new Date(exp * 1000) }),
  });
  const files = [];
  const keep = async (content, type) => String(files.push([type, content]) - 1);
  const builder = new SHLManifestBuilder({
    shl,
    uploadFile: keep,
    getFileURL: async (path) => `https://files.example/${path}`,
    loadFile: async (path) => files[Number(path)][1],
  });
  if (flag?.includes("U")) {
    const content = JSON.stringify({ verifiableCredential: [jws] });
    const key = { content, key: shl.key, contentType: "application/smart-health-card", enableCompression: compress };
    files.push(["application/smart-health-card", await encryptSHLFile(key)]);
  } else {
    await builder.addHealthCard({ shc: jws, enableCompression: compress });
    if (fhir) await builder.addFHIRResource({ content: { resourceType: "Patient", active: true } });
  }
  const manifest = flag?.includes("U") ? null : await builder.buildManifest();
  return { name, uri: `${viewer ? "https://viewer.example/#" : ""}${shl.toURI()}`, url: shl.url, files, manifest };
}

const theirs = new SHCIssuer({
  issuer: ask.theirs.iss,
  privateKey: await importJWK(ask.theirs.privateJwk, "ES256"),
  publicKey: await importJWK(ask.theirs.publicJwk, "ES256"),
});
const links = [];
for (const wanted of ask.theirs.links) links.push(await made(wanted, (await theirs.issue(ask.theirs.bundle)).asJWS()));
const results = [];
for (const link of ask.links) results.push(await opened(link));
process.stdout.write(JSON.stringify({ opened: results, links }));
