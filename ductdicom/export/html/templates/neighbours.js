// From a sheet to the next and the previous one of the index's list, and back to that list.
(() => {
  const told = new URLSearchParams(location.hash.slice(1));
  const keys = (told.get("list") ?? "").split(",").filter((key) => /^[\w-]+$/.test(key));
  const own = decodeURIComponent(location.pathname).split("/").at(-2);
  const at = keys.indexOf(own);
  const all = document.querySelector("a.all");
  if (at < 0 || !all) return;
  const back = told.get("index");
  if (back) all.href = `${all.getAttribute("href").split("#")[0]}#${back}`;
  const goTo = { k: keys[at - 1], j: keys[at + 1] };
  for (const [key, words] of [["k", "previous study"], ["j", "next study"]]) {
    if (!goTo[key]) continue;
    const link = document.createElement("a");
    link.href = `../${goTo[key]}/sheet.html#${told}`;
    link.textContent = words;
    link.title = `key ${key}`;
    link.dataset.key = key;
    all.after(" ", link);
  }
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    if (event.target.matches("input, select")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const link = document.querySelector(`a[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (link) link.click();
  });
})();
