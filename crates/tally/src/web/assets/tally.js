// Pages work without this. It replaces what moves, and turns a choice in a list into its page.
"use strict";

for (const place of document.querySelectorAll("[data-live]")) {
  const source = new EventSource(place.dataset.live);
  source.addEventListener("shown", (event) => {
    place.innerHTML = event.data;
  });
  source.addEventListener("ended", () => {
    source.close();
    location.reload();
  });
}

for (const form of document.querySelectorAll("form[data-at-once]")) {
  form.addEventListener("change", () => form.requestSubmit());
}
