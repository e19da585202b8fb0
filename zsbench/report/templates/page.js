(() => {
  "use strict";
  const root = document.documentElement;

  // The theme: the system's until the button is pressed; nothing is remembered.
  const button = document.querySelector(".theme");
  const wish = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : wish.matches);
  const label = () => { button.textContent = isDark() ? "Light theme" : "Dark theme"; };
  button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; label(); });
  wish.addEventListener("change", label);
  label();
  button.hidden = false;

  // Sorting: a button in every column head; what has no number stays below.
  const numberOf = (text) => {
    const found = text.replaceAll("\u2212", "-").match(/-?\d*\.?\d+(e[-+]?\d+)?/i);
    return found ? Number(found[0]) : NaN;
  };
  const sort = (head, place) => {
    const table = head.closest("table");
    const body = table.tBodies[0];
    const before = head.getAttribute("aria-sort");
    const falls = before ? before === "ascending" : "falls" in head.dataset;
    const byNumber = head.dataset.sort === "number";
    const rows = [...body.rows].map((row) => {
      const text = row.cells[place].textContent;
      const missing = text === "\u2013" || text === "";
      return { row, missing, key: byNumber ? numberOf(text) : text };
    });
    const compare = byNumber ? (a, b) => a - b : (a, b) => a.localeCompare(b, "en", { numeric: true });
    rows.sort((a, b) => a.missing - b.missing || (a.missing ? 0 : (falls ? -1 : 1) * compare(a.key, b.key)));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falls ? "descending" : "ascending");
    body.append(...rows.map((one) => one.row));
  };
  for (const head of document.querySelectorAll("th[data-sort]")) {
    const press = document.createElement("button");
    press.type = "button";
    press.append(...head.childNodes);
    head.append(press);
    press.addEventListener("click", () => sort(head, head.cellIndex));
  }

  // Paper cannot be unfolded: what belongs to the report is open while it prints.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details[data-print]:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
})();
