// Draws nothing. When the app has gone, Streamlit asks whether there is an internet connection, which this app never
// needs: what has happened and what to do is said in the place of that question.

const ASKED = /server is not responding/i;
const SAID =
  "The app has stopped, or cannot be reached. Start it again (make run): this page then comes back by itself. " +
  "What was asked and answered is kept.";

function say() {
  for (const dialog of document.querySelectorAll('[role="dialog"]')) {
    const texts = document.createTreeWalker(dialog, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      if (ASKED.test(texts.currentNode.data)) texts.currentNode.data = SAID;
    }
  }
}

export default function ({ parentElement }) {
  parentElement.observer?.disconnect();
  parentElement.observer = new MutationObserver(say);
  parentElement.observer.observe(document.body, { childList: true, subtree: true });
  return () => parentElement.observer?.disconnect();
}
