// The scanner: camera -> worker -> texts -> the server's verdict on the screen -> Next.
"use strict";

(() => {
  const { Collector, holdButtons, clearAfter } = window.Countersign;
  const FRAME_EVERY = 100; // milliseconds: ten frames a second
  const LONGEST_SIDE = 1920; // pixels of a frame
  const SETTLE_FRAMES = 2; // looked at after the first find, for further codes in the same sight

  const at = (id) => document.getElementById(id);
  const video = at("video");
  const hint = at("hint");
  const canvas = document.createElement("canvas");
  const painter = canvas.getContext("2d", { willReadFrequently: true });
  const collector = new Collector();

  let worker = null;
  let stream = null;
  let round = 0; // answers of the worker to an earlier round are dropped
  let scanning = false;
  let looking = false; // the worker has a frame
  let settle = -1; // frames left before what was found is sent; below zero: nothing found
  let sent = [];
  let keepShown = () => {};
  let awake = null;

  const views = ["start", "camera", "answer"].map(at);
  const troubles = [...document.querySelectorAll(".trouble")];

  function show(view) {
    for (const one of [...views, ...troubles]) one.hidden = one !== view;
    document.body.dataset.view = view.id;
    scrollTo(0, 0);
  }

  function trouble(name) {
    stopScanning();
    if (name !== "server") closeCamera();
    const view = at(`trouble-${name}`);
    show(view);
    view.focus();
  }

  // ---- Camera

  async function begin() {
    if (!window.isSecureContext || !navigator.mediaDevices) return trouble("insecure");
    startWorker();
    try {
      await openCamera({ facingMode: { ideal: "environment" } });
    } catch (error) {
      if (!worker) return undefined; // the reader failed first, and closed the camera
      return trouble({ NotAllowedError: "refused", SecurityError: "refused", NotReadableError: "busy", AbortError: "busy" }[error.name] || "absent");
    }
    if (!worker) return closeCamera();
    return scan();
  }

  async function openCamera(which) {
    closeCamera();
    stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...which, width: { ideal: 1920 }, height: { ideal: 1080 } } });
    const track = stream.getVideoTracks()[0];
    track.addEventListener("ended", () => { if (stream && stream.getVideoTracks()[0] === track) trouble("absent"); });
    video.srcObject = stream;
    await video.play();
    await offerTorchAndSwitch(track);
  }

  function closeCamera() {
    if (stream) for (const track of stream.getTracks()) track.stop();
    stream = null;
    video.srcObject = null;
  }

  async function offerTorchAndSwitch(track) {
    const can = track.getCapabilities ? track.getCapabilities() : {};
    at("torch").hidden = !can.torch;
    at("torch").setAttribute("aria-pressed", "false");
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
    at("switch").hidden = cameras.length < 2;
  }

  async function toggleTorch() {
    const on = at("torch").getAttribute("aria-pressed") !== "true";
    try {
      await stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });
      at("torch").setAttribute("aria-pressed", String(on));
    } catch { at("torch").hidden = true; }
  }

  async function otherCamera() {
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
    const now = stream.getVideoTracks()[0].getSettings().deviceId;
    const next = cameras[(cameras.findIndex((camera) => camera.deviceId === now) + 1) % cameras.length];
    try { await openCamera({ deviceId: { exact: next.deviceId } }); } catch { trouble("busy"); }
  }

  async function stayAwake() {
    try { awake = await navigator.wakeLock.request("screen"); } catch { awake = null; }
  }

  // ---- Reading

  function startWorker() {
    if (worker) return;
    worker = new Worker(at("answer").dataset.workerUrl);
    worker.onerror = () => noReader();
    worker.onmessage = ({ data }) => {
      if (data.kind === "failed") return noReader();
      if (data.kind === "texts") { looking = false; if (scanning && data.round === round) take(data.texts); }
    };
  }

  function noReader() {
    worker.terminate();
    worker = null;
    trouble("reader");
  }

  function scan() {
    round += 1;
    scanning = true;
    settle = -1;
    show(at("camera"));
    at("camera-title").focus();
    showProgress();
    stayAwake();
    look();
  }

  function stopScanning() {
    scanning = false;
    if (awake) awake.release().catch(() => {});
    awake = null;
  }

  function look() {
    if (!scanning) return;
    if (!looking && !document.hidden && video.readyState >= 2 && video.videoWidth) {
      const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      painter.drawImage(video, 0, 0, canvas.width, canvas.height);
      const pixels = painter.getImageData(0, 0, canvas.width, canvas.height).data.buffer;
      looking = true;
      worker.postMessage({ round, pixels, width: canvas.width, height: canvas.height }, [pixels]);
    }
    setTimeout(look, settle >= 0 ? 20 : FRAME_EVERY);
  }

  function take(texts) {
    const news = collector.add(texts, performance.now());
    if (news) showProgress();
    if (!collector.ready().length) return;
    if (settle < 0) settle = SETTLE_FRAMES;
    else settle -= 1;
    if (settle === 0) judge(collector.ready());
  }

  function showProgress() {
    const { total, parts } = collector;
    at("chunks").hidden = at("forget").hidden = !total;
    hint.textContent = total ? `${parts.size} of ${total} codes scanned. Show the others, in any order.` : "Point the camera at the code";
    at("chunks").replaceChildren(...Array.from({ length: total }, (_, index) => {
      const item = document.createElement("li");
      item.textContent = String(index + 1);
      item.className = parts.has(index + 1) ? "seen" : "";
      return item;
    }));
  }

  // ---- Verdict

  async function judge(texts) {
    stopScanning();
    sent = texts;
    hint.textContent = "Checking …";
    try {
      const response = await fetch(at("answer").dataset.verdictUrl, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/problem+json, text/html;q=0.9" },
        body: JSON.stringify({ codes: texts }),
        cache: "no-store",
        credentials: "omit",
      });
      if (response.ok) return answer(await response.text());
      const problem = await response.json();
      at("server-said").textContent = problem.detail;
    } catch {
      at("server-said").textContent = "The code was scanned, but the verifier did not answer.";
    }
    trouble("server");
  }

  function answer(html) {
    const part = document.createElement("template");
    part.innerHTML = html;
    at("answer-body").replaceChildren(part.content);
    holdButtons(at("answer-body"));
    show(at("answer"));
    const verdict = at("answer").querySelector(".verdict");
    (at("answer").querySelector("[data-first]") || verdict || at("next")).focus({ preventScroll: true });
    const plain = verdict && verdict.dataset.face === "accepted" && !("warned" in verdict.dataset);
    if (navigator.vibrate) navigator.vibrate(plain ? 80 : [80, 80, 80]);
    const warning = at("clear-warning");
    keepShown = clearAfter(Number(warning.dataset.clearSeconds), warning, next);
  }

  function wipe() {
    keepShown();
    at("answer-body").replaceChildren();
    collector.dismiss(sent, performance.now());
    sent = [];
  }

  function next() {
    wipe();
    if (stream) scan();
    else begin();
  }

  function stop() {
    stopScanning();
    closeCamera();
    wipe();
    show(at("start"));
    at("begin").focus();
  }

  at("begin").hidden = false;
  at("other-ways").hidden = false;
  at("no-script").hidden = true;
  at("begin").addEventListener("click", begin);
  at("stop").addEventListener("click", stop);
  at("next").addEventListener("click", next);
  at("torch").addEventListener("click", toggleTorch);
  at("switch").addEventListener("click", otherCamera);
  at("forget").addEventListener("click", () => { collector.forget(); showProgress(); });
  for (const view of troubles) {
    view.querySelector("[data-again]").addEventListener("click", () => {
      if (view.id === "trouble-server" && sent.length) { show(at("camera")); judge(sent); } else begin();
    });
  }
  addEventListener("pagehide", stop);
})();
