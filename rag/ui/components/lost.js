// Draws nothing. When the app has stopped, Streamlit asks about the internet connection, which this app never needs.
// This text replaces that message.

const ASKED = /server is not responding/i;
const SAID =
  "The app has stopped or cannot be reached. Start it again (make run), and this page reconnects by itself. " +
  "Your questions and answers are saved.";

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
