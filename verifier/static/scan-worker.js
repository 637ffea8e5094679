// Finds QR codes in camera frames, off the page's own thread. Frames come in, texts go out; nothing is kept.
"use strict";

const VENDOR = new URL("../static/vendor/", self.location.href).href;

async function start() {
  importScripts(`${VENDOR}zxing-reader.js`);
  await ZXingWASM.prepareZXingModule({
    overrides: { locateFile: (path, prefix) => (path.endsWith(".wasm") ? VENDOR + path : prefix + path) },
    fireImmediately: true,
  });
}

const options = { formats: ["QRCode"], textMode: "Plain", tryHarder: true, tryRotate: true, tryInvert: true, tryDownscale: true, maxNumberOfSymbols: 16 };
const started = start();
started.then(() => postMessage({ kind: "ready" }), () => postMessage({ kind: "failed" }));

onmessage = async ({ data }) => {
  try {
    await started;
    const frame = new ImageData(new Uint8ClampedArray(data.pixels), data.width, data.height);
    const found = await ZXingWASM.readBarcodes(frame, options);
    postMessage({ kind: "texts", round: data.round, texts: found.filter((code) => code.isValid).map((code) => code.text) });
  } catch {
    postMessage({ kind: "texts", round: data.round, texts: [] });
  }
};
