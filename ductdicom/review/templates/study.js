// A study at the server: saves to it, says who else looks, goes to the next study.
(() => {
  const data = JSON.parse(document.getElementById("review-data").textContent);
  const AGAIN_MS = 20e3;
  const page = Math.random().toString(36).slice(2);
  const folder = `/studies/${data.key}`;

  const initials = () => {
    try { return JSON.parse(localStorage.getItem("ductdicom:by")).by; } catch { return ""; }
  };

  const post = (name, content, more = {}) => fetch(`${folder}/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...more.headers },
    body: typeof content === "string" ? content : JSON.stringify(content),
    keepalive: Boolean(more.keepalive),
  });

  const isOpen = async () => {
    try {
      const { others } = await (await post("presence", { page, by: initials() })).json();
      document.querySelector('.seat [data-part="others"]').textContent = others.length
        ? `Also open: ${others.join(", ")}` : "";
    } catch { /* said again */ }
    setTimeout(isOpen, AGAIN_MS);
  };
  isOpen();
  window.addEventListener("pagehide", () => post("presence", { page, leaves: true }, { keepalive: true }));
})();
