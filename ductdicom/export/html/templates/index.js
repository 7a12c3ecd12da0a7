"use strict";
// Filters and sorts the studies, makes their cards as they come into view; keys go through them.
(() => {
  const form = document.querySelector("form");
  const main = document.querySelector("main");
  const find = document.getElementById("find");
  const problems = document.getElementById("problems");
  const sort = document.getElementById("sort");
  const count = document.getElementById("count");
  const time = document.querySelector("time");
  const template = document.getElementById("card").content.firstElementChild;
  const mostNeighbours = 100; // of a study, on either side, that its sheet is told of
  const inBlock = 24; // cards that are made at once: whole rows of 1, 2, 3, 4 and 6
  const studies = JSON.parse(document.getElementById("studies").content.textContent);
  for (const study of studies) {
    const { links, link, thumbnail, ...words } = study;
    study.text = [...Object.values(words), ...links.map(([name]) => name)].join(" ").toLowerCase();
    study.day = /^\d/.test(study.date) ? study.date : "";
    study.sheet = links.find(([, target]) => target.endsWith("/sheet.html"))?.[1];
  }
  let shown = []; // the studies that fit, in the order in which they stand
  let blocks = []; // lists of cards, those out of view still empty

  // Filter and order stand in the address, so that they can be sent and come back with the page.
  const wanted = () => new URLSearchParams(Object.entries({
    find: find.value.trim(),
    status: form.elements.status.value,
    problems: problems?.checked ? "1" : "",
    sort: sort.value,
  }).filter(([, value]) => value));
  const take = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    const names = ["find", "status", "problems", "sort"];
    if (location.hash && !names.some((name) => asked.has(name))) return;
    find.value = asked.get("find") ?? "";
    const status = asked.get("status") ?? "";
    const chip = [...form.elements.status].find((input) => input.value === status);
    (chip ?? form.elements.status[0]).checked = true;
    if (problems) problems.checked = asked.has("problems");
    sort.value = asked.get("sort") ?? "";
    if (sort.selectedIndex < 0) sort.value = "";
  };

  // By one word of each study; those that have none stand last, equal ones as the page has them.
  const compare = (word, sign) => ({ [word]: a }, { [word]: b }) => {
    if (a === b) return 0;
    return a && b ? sign * (a < b ? -1 : 1) : Number(!a) - Number(!b);
  };
  const orders = {
    newest: compare("day", -1),
    oldest: compare("day", 1),
    reason: compare("reasons", 1),
  };

  // What a sheet keeps until it is saved and drawn, where this browser lets its pages share that.
  const tellPending = (item) => {
    let kept = {};
    try {
      const name = `ductdicom:${main.dataset.batch}:${item.dataset.key}`;
      kept = JSON.parse(localStorage.getItem(name)) ?? {};
    } catch { /* nothing is kept, or nothing may be */ }
    const imagesOf = (list) => new Set(Array.isArray(list) ? list.map((one) => one?.image ?? "") : []);
    const { drawn } = shown[item.dataset.place];
    const isDrawn = !drawn || kept.drawn !== drawn; // since, or nothing tells
    const said = [
      [imagesOf(kept.steps).size, "PENDING, not saved"],
      [imagesOf(isDrawn ? [] : kept.saved).size, "SAVED, not drawn yet"],
    ].filter(([number]) => number).map(([number, words]) => `${number} ${words}`);
    const note = item.querySelector(".pending");
    note.hidden = !said.length;
    note.textContent = said.join(" · ");
  };

  const linkTo = (target, words) => {
    const link = document.createElement("a");
    link.setAttribute("href", target);
    link.textContent = words;
    return link;
  };
  const make = (study, place) => {
    const item = template.cloneNode(true);
    const part = (name) => item.querySelector(name);
    item.className = study.status;
    Object.assign(item.dataset, { key: study.key, place });
    const title = `${study.date} ${study.words}${study.side ? `, ${study.side}` : ""}`;
    part("h2").append(study.link ? linkTo(study.link, title) : title);
    if (study.thumbnail) {
      part(".picture").setAttribute("href", study.link);
      part("img").setAttribute("src", study.thumbnail);
    } else {
      const none = document.createElement("span");
      none.className = "picture none";
      none.textContent = "no sheet";
      part(".picture").replaceWith(none);
    }
    part(".status").textContent = study.status;
    if (study.reasons) {
      const reasons = document.createElement("span");
      reasons.className = "reasons";
      reasons.textContent = study.reasons;
      part(".status").append(": ", reasons);
    }
    for (const name of ["who", "images", "problems", "key"]) {
      if (study[name]) part(`.${name}`).textContent = study[name];
      else part(`.${name}`).remove();
    }
    for (const [name, target] of study.links) part(".links").append(linkTo(target, name), " ");
    tellPending(item);
    return item;
  };

  const fill = (block) => {
    if (block.firstChild) return;
    const from = blocks.indexOf(block) * inBlock;
    const own = shown.slice(from, from + inBlock);
    block.append(...own.map((study, number) => make(study, from + number)));
    block.style.minHeight = "";
  };
  const watch = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      if (blocks.includes(target)) fill(target);
    }
  }, { rootMargin: "600px" });
  const lay = () => {
    watch.disconnect();
    blocks = Array.from({ length: Math.ceil(shown.length / inBlock) }, () => {
      const block = document.createElement("ul");
      block.className = "studies";
      return block;
    });
    main.replaceChildren(...blocks);
    if (!blocks.length) return;
    fill(blocks[0]);
    // The others keep about the room that they will need, so that the page is as long as it is.
    const height = `${blocks[0].offsetHeight}px`;
    for (const block of blocks.slice(1)) {
      block.style.minHeight = height;
      watch.observe(block);
    }
  };

  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const status = form.elements.status.value;
    shown = studies.filter((study) => (!status || study.status === status)
      && (!problems?.checked || study.problems)
      && words.every((word) => study.text.includes(word)));
    if (orders[sort.value]) shown.sort(orders[sort.value]);
    lay();
    const all = studies.length;
    count.textContent = `${shown.length} of ${all} ${all === 1 ? "study" : "studies"}`;
  };
  const change = () => {
    filter();
    const hash = wanted().toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname);
  };
  const step = (by) => {
    let place = Number(document.activeElement.closest(".studies li")?.dataset.place ?? -1) + by;
    while (shown[place] && !shown[place].link) place += by; // it leads nowhere
    if (shown[place]) {
      const block = blocks[Math.floor(place / inBlock)];
      fill(block);
      block.children[place % inBlock].querySelector("h2 a").focus();
    } else if (by < 0) find.focus();
  };
  const openFirst = () => {
    step(1);
    if (document.activeElement !== find) document.activeElement.click();
  };
  // Tells a sheet which studies come before and after it here; only those that are shown.
  const tellNeighbours = (event) => {
    const link = event.target.closest('.studies a[href*="/sheet.html"]');
    if (!link) return;
    const own = shown[link.closest("li").dataset.place];
    // A study that waits for a person leads to the others that do.
    const waits = (study) => ["review", "partial"].includes(study.status);
    const sheets = shown.filter((study) => study.sheet && (!waits(own) || waits(study)));
    const at = sheets.indexOf(own);
    const near = sheets.slice(Math.max(at - mostNeighbours, 0), at + mostNeighbours + 1);
    const keys = near.map(({ sheet }) => sheet.split("/").at(-2));
    const told = new URLSearchParams({ list: keys.join(","), index: wanted().toString() });
    link.href = `${link.getAttribute("href").split("#")[0]}#${told}`;
  };
  const tellAllPending = () => {
    for (const item of document.querySelectorAll(".studies li")) tellPending(item);
  };

  const tellAge = () => {
    const minutes = Math.floor((Date.now() - Date.parse(time?.dateTime)) / 60e3);
    if (!(minutes >= 0)) return; // it has none, or lies ahead of this computer's clock
    const [number, unit] = minutes < 90 ? [minutes, "minute"]
      : minutes < 48 * 60 ? [Math.round(minutes / 60), "hour"]
        : [Math.floor(minutes / 60 / 24), "day"];
    document.getElementById("age").textContent = ` (${number} ${unit}${number === 1 ? "" : "s"} ago)`;
  };

  form.hidden = false;
  form.addEventListener("input", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("click", tellNeighbours);
  document.addEventListener("auxclick", tellNeighbours);
  window.addEventListener("hashchange", () => { take(); filter(); });
  // A browser that comes back to the page fills the form in again, after scripts have run.
  window.addEventListener("pageshow", () => {
    const before = wanted().toString();
    take();
    if (wanted().toString() !== before) filter();
    tellAllPending();
    tellAge();
  });
  window.addEventListener("storage", tellAllPending);
  window.addEventListener("beforeprint", () => blocks.forEach(fill));
  setInterval(tellAge, 60e3);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    const isTyping = document.activeElement === find;
    const isInList = document.activeElement.closest(".studies");
    if (event.key === "/" && !isTyping) find.focus();
    else if (isTyping && event.key === "Enter") openFirst();
    else if (isTyping && event.key === "Escape" && !find.value) step(1);
    else if (event.key === "j" && !isTyping) step(1);
    else if (event.key === "k" && !isTyping && isInList) step(-1);
    else if (event.key === "ArrowDown" && (isTyping || isInList)) step(1);
    else if (event.key === "ArrowUp" && isInList) step(-1);
    else return;
    event.preventDefault();
  });
  take();
  filter();
})();
