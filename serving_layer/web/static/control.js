// The table of all installations: found, filtered and sorted where it stands; the address keeps what was asked.
"use strict";
(function () {
  const table = document.getElementById("fleet"), body = table.tBodies[0], form = document.querySelector(".filters");
  const count = document.getElementById("count"), lang = document.documentElement.lang;
  const [ID, NAME, , COMMUNITY, CAPACITY, WATTS, HEARD, TODAY, ALARMS] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const staleAfter = Number(table.dataset.staleAfter), units = table.dataset.units.split("|");
  const number = (value, digits) => value.toLocaleString(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: "always" });
  const asked = new URLSearchParams(window.location.search);
  const lines = new Map(), settled = 10000;
  let rows = [], now = 0, ordered = 0, total = 0, sort = asked.get("sort") || "", falls = asked.get("falls") === "1";

  const share = (row) => (row[WATTS] === null || !row[CAPACITY] ? null : row[WATTS] / 10 / row[CAPACITY]);
  const keys = {
    name: (row) => row[NAME].toLocaleLowerCase(lang), community: (row) => row[COMMUNITY].toLocaleLowerCase(lang),
    age: (row) => ageOf(row), watts: (row) => row[WATTS], share: share, today: (row) => row[TODAY], alarms: (row) => row[ALARMS],
  };
  const ageOf = (row) => (row[HEARD] === null ? null : Math.max(0, now - row[HEARD]));
  const isLive = (row) => row[HEARD] !== null && ageOf(row) <= staleAfter;
  const silence = (row) => (isLive(row) ? 0 : row[HEARD] === null ? Infinity : ageOf(row));

  function amount(value, unit) {
    if (value === null) { return "–"; }
    if (Math.abs(value) < 1000) { return number(value, 0) + " " + unit; }
    if (unit === "W" || Math.abs(value) < 1e6) { return number(value / 1e3, unit === "W" ? 2 : 1) + " k" + unit; }
    return number(value / 1e6, 2) + " M" + unit;
  }
  function age(seconds) {
    if (seconds === null) { return table.dataset.never; }
    const place = [120, 7200, 172800].filter((each) => seconds >= each).length;
    return number(seconds / [1, 60, 3600, 86400][place], 0) + " " + units[place];
  }
  function put(place, text) {
    if (place.textContent !== text) { place.textContent = text; }
  }
  // A row keeps its place in the page while its numbers change: who points at it, or reads it, loses nothing.
  function begun(row) {
    const line = document.createElement("tr"), head = document.createElement("th"), link = document.createElement("a");
    head.scope = "row"; head.className = "name";
    link.href = "/installation?id=" + encodeURIComponent(row[ID]);
    head.append(link); line.append(head);
    ["community text", "age", "watts", "share", "today", "alarms"].forEach((kind) => { line.insertCell().className = kind; });
    const state = document.createElement("span"), dot = document.createElement("span");
    dot.className = "dot"; state.append(dot, document.createElement("span"));
    line.cells[2].append(state);
    lines.set(row[ID], line);
    return line;
  }
  function drawn(row) {
    const line = lines.get(row[ID]) || begun(row), state = line.cells[2].firstChild, percent = share(row);
    const kind = "status " + (row[HEARD] === null ? "none" : isLive(row) ? "live" : "stale");
    if (state.className !== kind) { state.className = kind; }
    put(line.cells[0].firstChild, row[NAME]);
    put(line.cells[1], row[COMMUNITY]);
    put(state.lastChild, age(ageOf(row)));
    put(line.cells[3], amount(row[WATTS], "W"));
    put(line.cells[4], percent === null ? "" : number(percent, 0) + " %");
    put(line.cells[5], amount(row[TODAY], "Wh"));
    put(line.cells[6], row[ALARMS] ? String(row[ALARMS]) : "");
    return line;
  }
  function chosen() {
    const search = form.elements.search.value.trim().toLocaleLowerCase(lang);
    const state = form.elements.state.value, community = form.elements.community ? form.elements.community.value : "";
    return rows.filter((row) => (!search || row[NAME].toLocaleLowerCase(lang).includes(search) || row[ID].toLocaleLowerCase(lang).includes(search))
      && (!community || row[COMMUNITY] === community)
      && (!state || (state === "alarm" ? row[ALARMS] > 0 : state === "live" ? isLive(row) : !isLive(row))));
  }
  function compare(left, right) {
    if (!keys[sort]) { return right[ALARMS] - left[ALARMS] || silence(right) - silence(left) || left[NAME].localeCompare(right[NAME], lang); }
    const [a, b] = [keys[sort](left), keys[sort](right)];
    if (a === null || b === null) { return (a === null) - (b === null); }
    return (typeof a === "string" ? a.localeCompare(b, lang, { numeric: true }) : a - b) * (falls ? -1 : 1);
  }
  // Numbers change at once; which rows are shown, and in which order, when it is asked for and every ten seconds.
  function draw() {
    const found = chosen().sort(compare), shown = found.map(drawn);
    ordered = Date.now(); total = rows.length;
    if (shown.length !== body.rows.length || shown.some((line, n) => line !== body.rows[n])) { body.replaceChildren(...shown); }
    count.textContent = count.dataset.said.replace("{shown}", number(found.length, 0)).replace("{total}", number(rows.length, 0));
    table.querySelectorAll("[data-sort]").forEach((each) => {
      each.parentElement.setAttribute("aria-sort", each.dataset.sort !== sort ? "none" : falls ? "descending" : "ascending");
    });
  }
  function remember() {
    const kept = new URLSearchParams(new FormData(form));
    if (sort) { kept.set("sort", sort); kept.set("falls", falls ? "1" : "0"); }
    [...kept].forEach(([name, value]) => { if (!value) { kept.delete(name); } });
    window.history.replaceState(null, "", kept.size ? "?" + kept : window.location.pathname);
    draw();
  }

  ["search", "state", "community"].forEach((name) => { if (asked.get(name) && form.elements[name]) { form.elements[name].value = asked.get(name); } });
  form.addEventListener("input", remember);
  form.addEventListener("submit", (event) => event.preventDefault());
  table.tHead.addEventListener("click", function (event) {
    const head = event.target.closest("[data-sort]");
    if (!head || !rows.length) { return; }
    // Names rise first, amounts fall first; a third click brings the worst first again.
    const first = !["name", "community"].includes(head.dataset.sort);
    if (sort !== head.dataset.sort) { sort = head.dataset.sort; falls = first; }
    else if (falls === first) { falls = !falls; } else { sort = ""; }
    remember();
  });
  const part = document.querySelector("[data-live-from]");
  part.put = function (known, news) {
    rows = Object.values(known.rows || {});
    now = known.n.now;
    window.soleraPut(known);
    if (Date.now() - ordered > settled || rows.length !== total) { draw(); }
    else { rows.filter((row) => rows.length < 100 || news.rows && row[ID] in news.rows).forEach(drawn); }
  };
})();
