// Draws nothing. Sends a click on a citation link to Python, where a plain link would start a new session, copies an
// answer, and scrolls to what has just been asked, answered or unfolded.

const PREFIX = "#cite-";
const COPY = "#copy-";
const COPIED_MS = 2000;
const UNFOLDING_MS = 300;
const DRAWING_MS = 1000;

function keepInView(shown) {
  const scroller = shown.closest('[data-testid="stMain"]') || document.scrollingElement;
  const box = document.querySelector(".st-key-question-box");
  const room = scroller.getBoundingClientRect();
  const place = shown.getBoundingClientRect();
  const bottom = (box ? box.getBoundingClientRect().top : room.bottom) - 24;
  // Its end should be seen, but never at the cost of its beginning.
  const distance = Math.min(place.bottom - bottom, place.top - room.top - 16);
  const behavior = window.matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  if (distance > 0) scroller.scrollBy({ top: distance, behavior });
}

function keepInViewWhileItGrows(shown) {
  const watch = new ResizeObserver(() => keepInView(shown));
  watch.observe(shown);
  setTimeout(() => watch.disconnect(), DRAWING_MS);
}

function whenDrawn(selector, then, ready = () => true, attempts = 40) {
  const found = ready() && document.querySelector(selector);
  if (found) requestAnimationFrame(() => then(found));
  else if (attempts) setTimeout(whenDrawn, 50, selector, then, ready, attempts - 1);
}

const takeKeyboard = (element) => element.focus({ preventScroll: true });
const nobodyHasKeyboard = () => document.activeElement === document.body;

async function copy(link, text) {
  const name = link.textContent;
  try {
    await navigator.clipboard.writeText(text);
    link.textContent = "Copied";
  } catch {
    link.textContent = "Copying was blocked by the browser";
  }
  setTimeout(() => (link.textContent = name), COPIED_MS);
}

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.stopWatching?.();
  const clicked = (event) => {
    const copied = event.target.closest?.(`a.copy[href^="${COPY}"]`);
    if (copied) {
      event.preventDefault();
      copy(copied, data.copies[copied.getAttribute("href").slice(COPY.length)] || "");
      return;
    }
    const link = event.target.closest?.(`a[href^="${PREFIX}"]`);
    if (!link) return;
    event.preventDefault();
    parentElement.opener = `a.${link.classList[0]}`;
    setTriggerValue("clicked", link.getAttribute("href").slice(PREFIX.length));
  };
  const unfolded = (event) => {
    const considered = event.target.open && event.target.closest('[class*="st-key-considered-"]');
    if (considered) setTimeout(keepInView, UNFOLDING_MS, considered);
  };
  document.addEventListener("click", clicked, true);
  document.addEventListener("toggle", unfolded, true);
  parentElement.stopWatching = () => {
    document.removeEventListener("click", clicked, true);
    document.removeEventListener("toggle", unfolded, true);
  };

  const before = parentElement.shown || { step: 0, opened: null, fresh: false };
  if (data.step > before.step) {
    const turn = `.st-key-turn-${data.turn}`;
    whenDrawn(turn, keepInViewWhileItGrows);
    whenDrawn(`${turn} .question`, takeKeyboard, nobodyHasKeyboard);
  }
  if (before.opened && !data.opened) {
    // Wait until it is drawn as closed: drawing a link again takes the focus away from it.
    const link = `${parentElement.opener || "a.cite"}[href="${PREFIX}${before.opened}"]:not([aria-current])`;
    whenDrawn(link, takeKeyboard);
  }
  if (data.fresh && !before.fresh && window.matchMedia("(pointer: fine)").matches) {
    whenDrawn('[data-testid="stChatInputTextArea"]', takeKeyboard, nobodyHasKeyboard);
  }
  parentElement.shown = data;
  return () => parentElement.stopWatching?.();
}
