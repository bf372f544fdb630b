// Pages work without this. It replaces what moves, and turns a choice in a list into its page.
"use strict";

for (const place of document.querySelectorAll("[data-live]")) {
  const source = new EventSource(place.dataset.live);
  source.addEventListener("shown", (event) => {
    place.innerHTML = event.data;
  });
  source.addEventListener("ended", () => {
    source.close();
    reloaded(5);
  });
}

// A daemon that stops ends what it shows as well: the page stays until somebody answers again.
function reloaded(times) {
  fetch(location.href, { method: "HEAD" }).then(
    () => location.reload(),
    () => times > 0 && setTimeout(reloaded, 3000, times - 1),
  );
}

if (document.querySelector("[data-again]")) {
  setTimeout(reloaded, 1000, 20);
}

for (const form of document.querySelectorAll("form[data-at-once]")) {
  form.addEventListener("change", () => form.requestSubmit());
}
