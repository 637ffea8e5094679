// In a page: draw a picture on a canvas at some size, and read it with zxing-wasm as the door's page does.
window.zxingReady = ZXingWASM.prepareZXingModule({
  overrides: { locateFile: (path, prefix) => (path.endsWith(".wasm") ? "/vendor/" + path : prefix + path) },
  fireImmediately: true,
});

// side: pixels the picture is drawn at; degrees and blur (pixels) make it worse; jpeg: quality to squeeze it with, or 0.
window.readPicture = async ({ url, side, degrees, blur, jpeg }) => {
  await window.zxingReady;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.ceil(side * (degrees ? 1.45 : 1));
  const painter = canvas.getContext("2d", { willReadFrequently: true });
  painter.fillStyle = "#fff";
  painter.fillRect(0, 0, canvas.width, canvas.height);
  painter.translate(canvas.width / 2, canvas.height / 2);
  painter.rotate((degrees * Math.PI) / 180);
  painter.filter = blur ? `blur(${blur}px)` : "none";
  painter.drawImage(await loaded(url), -side / 2, -side / 2, side, side);
  if (jpeg) {
    const squeezed = await loaded(canvas.toDataURL("image/jpeg", jpeg));
    painter.resetTransform();
    painter.filter = "none";
    painter.drawImage(squeezed, 0, 0);
  }
  const frame = painter.getImageData(0, 0, canvas.width, canvas.height);
  const options = { formats: ["QRCode"], textMode: "Plain", tryHarder: true, tryRotate: true, tryInvert: true, tryDownscale: true };
  const found = await ZXingWASM.readBarcodes(frame, options);
  return { texts: found.filter((code) => code.isValid).map((code) => code.text), picture: canvas.toDataURL("image/png") };
};

async function loaded(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}
