
// The table of all recordings: sort, filter, turn pages; open one recording at a time where there are many.
(() => {
  const PAGE = 100;
  const body = document.querySelector(".recordings tbody");
  if (!body) return;
  const cell = (row, column) => row.cells[column];
  const all = [...body.rows];
  const rows = all.map((row) => ({ row, name: row.cells[0].textContent.toLowerCase(), decision: row.cells[1].textContent.trim() }));
  const heads = [...document.querySelectorAll(".recordings thead th")];
  const find = document.getElementById("find"), show = document.getElementById("show"), pager = document.querySelector(".pager");
  let order = rows, chosen = rows, first = 0;

  function draw() {
    const wanted = find.value.toLowerCase();
    chosen = order.filter((r) => (!wanted || r.name.includes(wanted)) && (!show.value || r.decision === show.value));
    if (first >= chosen.length) first = 0;
    const page = chosen.slice(first, first + PAGE);
    page.forEach((r) => r.row.classList.remove("later"));
    body.replaceChildren(...page.map((r) => r.row));
    document.getElementById("shown").textContent = chosen.length + " of " + rows.length;
    document.getElementById("range").textContent = chosen.length ? first + 1 + "–" + (first + page.length) + " of " + chosen.length : "";
    pager.hidden = chosen.length <= PAGE;
    document.getElementById("earlier").disabled = first === 0;
    document.getElementById("next").disabled = first + PAGE >= chosen.length;
  }

  function sort(column) {
    const head = heads[column], down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((h) => h.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const numeric = head.dataset.sort === "number";
    const value = (r) => (numeric ? cell(r.row, column).dataset.value : cell(r.row, column).textContent.trim());
    const keyed = rows.map((r) => [value(r), r]);
    const sign = down ? -1 : 1;
    const compare = numeric ? (a, b) => a - b : new Intl.Collator("en", { numeric: true }).compare;
    // What has no value stands last, whichever way the rest is sorted.
    keyed.sort(([a], [b]) => (a === "") - (b === "") || sign * compare(a, b));
    order = keyed.map(([, r]) => r);
    first = 0;
    draw();
  }

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(column));
    head.replaceChildren(button);
  });
  document.querySelector(".filter").hidden = false;
  document.querySelector(".filter").addEventListener("submit", (event) => event.preventDefault());
  find.addEventListener("input", () => { first = 0; draw(); });
  show.addEventListener("change", () => { first = 0; draw(); });
  document.getElementById("earlier").addEventListener("click", () => { first = Math.max(0, first - PAGE); draw(); });
  document.getElementById("next").addEventListener("click", () => { first += PAGE; draw(); });
  // Paper has no pages to turn: print every row that is chosen.
  addEventListener("beforeprint", () => { pager.hidden || body.replaceChildren(...chosen.map((r) => r.row)); });
  addEventListener("afterprint", draw);
  draw();

  const opened = document.getElementById("opened");
  function open() {
    const number = /^#r(\d+)$/.exec(location.hash)?.[1];
    const data = number && document.getElementById("data-" + number);
    if (!data) return;
    opened.innerHTML = JSON.parse(data.textContent);
    document.querySelectorAll(".recordings a[aria-current]").forEach((a) => a.removeAttribute("aria-current"));
    all[number - 1].querySelector("a").setAttribute("aria-current", "true");
    furnish(opened.querySelector("article"));
    const at = chosen.findIndex((r) => r.row === all[number - 1]);
    for (const [name, step] of [["back", -1], ["on", 1]]) {
      const other = at < 0 ? undefined : chosen[at + step], link = opened.querySelector(".turn ." + name);
      link.hidden = !other;
      if (other) link.href = other.row.querySelector("a").getAttribute("href");
    }
    opened.querySelector("article").scrollIntoView({ behavior: "instant" });
    opened.querySelector("h2").focus({ preventScroll: true });
  }
  if (opened) {
    addEventListener("hashchange", open);
    open();
  }
})();
