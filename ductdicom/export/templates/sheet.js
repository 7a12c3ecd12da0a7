"use strict";
(() => {
  const pages = [...document.querySelectorAll(".page")];
  const dialog = document.querySelector("dialog");
  const large = document.getElementById("large");
  const words = document.getElementById("words");
  let shown = null;
  const show = (image) => {
    if (!image) return;
    shown = image;
    large.src = image.getAttribute("href");
    large.alt = image.dataset.words;
    words.textContent = image.dataset.words;
    if (!dialog.open) dialog.showModal();
  };
  const inRow = (phase) => {
    const row = shown ? shown.dataset.row : null;
    const page = shown ? shown.closest(".page") : null;
    if (!page) return null;
    return [...page.querySelectorAll("image")].find(
      (image) => image.dataset.row === row && image.dataset.phase === phase);
  };
  const turn = (step) => {
    const middle = window.scrollY + window.innerHeight / 2;
    const here = pages.findIndex((page) => page.offsetTop + page.offsetHeight > middle);
    const next = pages[Math.min(Math.max(here + step, 0), pages.length - 1)];
    if (next) next.scrollIntoView({ block: "start" });
  };
  document.addEventListener("click", (event) => {
    const image = event.target.closest("image");
    if (image) show(image);
    else if (event.target === large) dialog.close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && document.activeElement.matches("image")) show(document.activeElement);
    else if (dialog.open && event.key === "1") show(inRow("pre"));
    else if (dialog.open && event.key === "2") show(inRow("post"));
    else if (dialog.open && event.key === " ") {
      event.preventDefault();
      show(inRow(shown.dataset.phase === "pre" ? "post" : "pre"));
    } else if (!dialog.open && event.key === "ArrowRight") { event.preventDefault(); turn(1); }
    else if (!dialog.open && event.key === "ArrowLeft") { event.preventDefault(); turn(-1); }
  });
})();
