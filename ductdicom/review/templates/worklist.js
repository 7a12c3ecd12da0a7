"use strict";
// Filters the work list, says who has a study open, and tells a study its neighbours here.
(() => {
  const LATER_MS = 15e3;
  const form = document.querySelector("form");
  const find = document.getElementById("find");
  const rows = [...document.querySelectorAll("tbody tr")].map((row) => ({
    row,
    link: row.querySelector("a"),
    text: row.textContent.toLowerCase(),
  }));
  const { login } = form.dataset;
  let open = {}; // who has which study open
  const initials = () => {
    try {
      const { by, until } = JSON.parse(localStorage.getItem("ductdicom:by"));
      return until > Date.now() ? by : "";
    } catch { return ""; }
  };
  // What whoever sits here has decided on, or has open: told by the login, else by the initials.
  const isMine = ({ row: { dataset } }, me) => Boolean(me) && (
    (login ? "own" in dataset : dataset.by.split(" ").includes(me))
    || (open[dataset.key] ?? []).some(({ who }) => who === me));
  // What is sought for may be a name, and stands in no address.
  const wanted = () => new URLSearchParams(
    ["group", "side"].map((name) => [name, form.elements[name].value])
      .filter(([name, value]) => value && (name !== "group" || value !== "open")),
  ).toString();
  const take = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    form.elements.group.value = asked.get("group") ?? "open";
    if (!form.elements.group.value) form.elements.group.value = "open";
    form.elements.side.value = asked.get("side") ?? "";
    if (form.elements.side.selectedIndex < 0) form.elements.side.value = "";
  };
  const shown = () => rows.filter(({ row }) => !row.hidden);

  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const group = form.elements.group.value;
    const side = form.elements.side.value;
    const me = login || initials();
    const mine = rows.filter((one) => isMine(one, me));
    form.querySelector('[data-count="mine"]').textContent = mine.length;
    for (const one of rows) {
      const { row, text } = one;
      row.hidden = (group === "mine" ? !mine.includes(one) : group !== "all" && row.dataset.group !== group)
        || !row.dataset.sides.includes(side)
        || !words.every((word) => text.includes(word));
    }
    const keys = shown().map(({ row }) => row.dataset.key);
    const told = new URLSearchParams({ list: keys.join(","), index: wanted() }).toString();
    for (const { link } of rows) link.hash = told;
    const hint = group === "mine" && !me ? ": whose, is known once you have typed initials into a study’s strip" : "";
    document.getElementById("count").textContent = `${keys.length} of ${rows.length}${hint}`;
  };

  const ask = async () => {
    try {
      open = await (await fetch("/open")).json();
      for (const { row } of rows) {
        row.querySelector('[data-part="open"]').textContent = (open[row.dataset.key] ?? [])
          .map((one) => `${one.who || "somebody"} for ${one.for}`).join(", ");
      }
      filter();
    } catch { /* asked again */ }
    setTimeout(ask, LATER_MS);
  };

  const step = (by) => {
    const links = shown().map(({ link }) => link);
    const next = links[links.indexOf(document.activeElement) + by];
    if (next) next.focus();
    else if (by < 0) find.focus();
  };
  const openFirst = () => shown()[0]?.link.click();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = document.activeElement === find;
    if (event.key === "/" && !isTyping) find.focus();
    else if (isTyping && event.key === "Enter") openFirst();
    else if (isTyping && event.key === "Escape" && !find.value) step(1);
    else if (event.key === "ArrowDown" || (event.key === "j" && !isTyping)) step(1);
    else if (event.key === "ArrowUp" || (event.key === "k" && !isTyping)) step(-1);
    else return;
    event.preventDefault();
  });
  form.addEventListener("input", () => {
    filter();
    history.replaceState(null, "", wanted() ? `#${wanted()}` : location.pathname);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const name of ["pageshow", "hashchange"]) {
    window.addEventListener(name, () => { take(); filter(); });
  }
  take();
  filter();
  ask();
  shown()[0]?.link.focus();
})();
