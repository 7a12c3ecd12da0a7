"use strict";
(() => {
  const find = document.getElementById("find");
  const status = document.getElementById("status");
  const count = document.getElementById("count");
  const items = [...document.querySelectorAll("main li")];
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of items) {
      const text = item.textContent.toLowerCase();
      const fits = (!status.value || item.dataset.status === status.value)
        && words.every((word) => text.includes(word));
      item.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    count.textContent = `${shown} of ${items.length} studies`;
  };
  find.addEventListener("input", filter);
  status.addEventListener("change", filter);
  document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  filter();
})();
