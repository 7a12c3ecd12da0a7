// How large this screen's pixels are, as somebody measured it with a bank card: kept for this
// screen and ratio; a browser's millimetres are none.
const calibration = (() => {
  const CARD_MM = 85.6; // ISO/IEC 7810, ID-1
  const dialog = document.getElementById("card");
  const bar = dialog.querySelector(".card");
  const input = dialog.querySelector("input");
  const name = () => `ductdicom:mm:${screen.width}x${screen.height}@${devicePixelRatio}`;

  const mmPerPixel = () => {
    try {
      const kept = Number(localStorage.getItem(name()));
      return kept > 0 && kept < 2 ? kept : 0;
    } catch {
      return 0;
    }
  };

  const show = () => { bar.style.width = `${input.value}px`; };
  const open = () => {
    const mm = mmPerPixel();
    if (mm) input.value = CARD_MM / mm / devicePixelRatio;
    show();
    dialog.showModal();
  };
  input.addEventListener("input", show);
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "keep") return;
    const mm = CARD_MM / (Number(input.value) * devicePixelRatio);
    try { localStorage.setItem(name(), String(mm)); } catch { /* it is asked again */ }
    full.trueSize();
  });
  for (const button of dialog.querySelectorAll("button")) {
    button.addEventListener("click", () => dialog.close(button.value));
  }
  return { mmPerPixel, open, words: () => (mmPerPixel() ? "" : "True size: not calibrated.") };
})();
