// The reader next to the chat. All content arrives as plain text and is set as textContent; markup is never parsed.

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function heading(data) {
  const head = element("header");
  head.append(element("h2", data.title ? "" : "untitled", data.title || "No headline"));
  if (data.authors) head.append(element("p", "authors", `By ${data.authors}`));
  const address = webAddress(data.address);
  if (address) {
    const link = element("a", "original", `Read the original at ${address.host}`);
    Object.assign(link, { href: address.href, target: "_blank", rel: "noopener noreferrer nofollow" });
    head.append(link);
  } else if (data.file) {
    head.append(element("p", "file", `From ${data.file}`));
  }
  return head;
}

function webAddress(text) {
  try {
    const address = new URL(text);
    return ["http:", "https:"].includes(address.protocol) ? address : null;
  } catch {
    return null; // none was given, or the browser's idea of an address is stricter than Python's
  }
}

function paragraph(pieces, unnumbered) {
  const made = element("p");
  made.dir = "auto";
  for (const piece of pieces) {
    if (!piece.numbers.length) {
      made.append(piece.omitted ? element("span", "omitted", piece.text) : piece.text);
      continue;
    }
    const mark = element("mark", piece.current ? "current" : "", piece.text);
    const numbers = piece.numbers.filter((number) => !unnumbered.includes(number));
    if (numbers.length) mark.dataset.numbers = numbers.join(", ");
    made.append(mark);
  }
  return made;
}

// Details that the source did not state: each value with its source and the words it was read from.
function known(items) {
  const made = element("details", "known");
  made.append(element("summary", "", "Details"));
  const list = element("dl");
  for (const item of items) {
    const meaning = element("dd", "", item.value);
    meaning.append(element("span", "basis", ` (${item.basis})`));
    if (item.words) meaning.append(element("q", "", item.words));
    list.append(element("dt", "", item.name), meaning);
  }
  made.append(list);
  return made;
}

function article(data) {
  const made = element("article");
  if (data.language) made.lang = data.language;
  made.append(heading(data));
  if (data.known.length) made.append(known(data.known));
  if (data.changed) {
    made.append(element("p", "changed", "The article has changed since this answer. The cited sentence is no longer in it."));
  }
  const body = element("div", "text");
  body.append(...data.paragraphs.map((pieces) => paragraph(pieces, data.unnumbered)));
  made.append(body);
  return made;
}

function bringIntoView(scroller) {
  const mark = scroller.querySelector("mark.current");
  const room = scroller.getBoundingClientRect();
  if (!mark || !room.height) return;
  const place = mark.getBoundingClientRect();
  // A third down the page, so that what leads up to the sentence is seen as well; a long one starts at the top.
  const above = place.height > room.height / 2 ? 24 : room.height / 3;
  scroller.scrollTop += place.top - room.top - above;
}

function keepInView(scroller) {
  // The size changes when the styles arrive, and when a phone is turned; after scrolling, the page stays where it is.
  const observer = new ResizeObserver(() => bringIntoView(scroller));
  observer.observe(scroller);
  observer.observe(scroller.firstChild);
  for (const moved of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    scroller.addEventListener(moved, () => observer.disconnect(), { once: true, passive: true });
  }
  return observer;
}

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.stopListening?.();
  let root = parentElement.querySelector(".reader");
  if (!root) {
    root = element("section", "reader");
    root.setAttribute("aria-label", "The cited article");
    parentElement.append(root);
  }
  const bar = element("div", "bar");
  const close = element("button", "close", "Close");
  close.type = "button";
  close.onclick = () => setTriggerValue("closed", true);
  const compare = element("button", "compare", "Who says what");
  compare.type = "button";
  compare.title = "Which outlets say the same, which differ, which are silent";
  compare.onclick = () => setTriggerValue("compared", true);
  bar.append(element("p", "credit", data.credit), ...(data.changed ? [] : [compare]), close);
  const scroller = element("div", "scroller");
  scroller.tabIndex = 0;
  scroller.append(article(data));
  root.replaceChildren(bar, scroller);
  const escape = (event) => {
    if (event.key === "Escape") setTriggerValue("closed", true);
  };
  document.addEventListener("keydown", escape);
  const observer = keepInView(scroller);
  parentElement.stopListening = () => {
    document.removeEventListener("keydown", escape);
    observer.disconnect();
  };
  // Where the reader covers the chat, the keyboard goes with it.
  if (window.matchMedia("(max-width: 899px)").matches) close.focus({ preventScroll: true });
  return () => parentElement.stopListening?.();
}
