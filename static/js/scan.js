// Reads a QR label with the camera into a field, where the browser can: <button data-scan="#field" hidden>.
(() => {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  const dialog = document.querySelector("#scan"), video = dialog && dialog.querySelector("video");
  if (!video) return;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  const LOOK_MS = 200;
  let stream;

  const reveal = () => { for (const button of document.querySelectorAll("[data-scan][hidden]")) button.hidden = false; };
  const close = () => {
    for (const track of stream ? stream.getTracks() : []) track.stop();
    stream = undefined;
    if (dialog.open) dialog.close();
  };

  const look = async (field) => {
    if (!stream) return;
    const [found] = await detector.detect(video).catch(() => []);
    if (!found) return setTimeout(look, LOOK_MS, field);
    field.value = found.rawValue;
    close();
    field.form.requestSubmit();
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-scan]");
    if (!button) return;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      document.querySelector(button.dataset.scan).focus();
      return;
    }
    dialog.showModal();
    video.srcObject = stream;
    await video.play();
    look(document.querySelector(button.dataset.scan));
  });

  dialog.addEventListener("close", close);
  document.addEventListener("htmx:afterSettle", reveal);
  reveal();
})();
