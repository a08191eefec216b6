// What a page does beside being read: it keeps its live values young, says why a number is so, and keeps choices.
"use strict";
(function () {
  const all = (query, of) => [...(of || document).querySelectorAll(query)];
  const patience = 4000, silence = 4000, goneAfter = 9000;
  let answered = Date.now(), told = "";

  function put(values) {
    all("[data-live]").forEach(function (each) {
      const text = values.t[each.dataset.live];
      if (text !== undefined && each.textContent !== text) { each.textContent = text; }
    });
    all("[data-class]").forEach((each) => { each.className = (values.c || {})[each.dataset.class] || each.className; });
    all("[data-flow]").forEach((each) => { each.toggleAttribute("hidden", !(each.dataset.flow in values.f)); });
    all("[data-frame]").forEach((plot) => move(plot, values.n));
    turn(values.n.now);
  }
  // The mark of now, and the power now on it.
  function move(plot, numbers) {
    const [start, end, low, high] = JSON.parse(plot.dataset.frame), watts = numbers[plot.dataset.power];
    const point = plot.querySelector(".point"), up = 100 * (watts / 1000 - low) / (high - low);
    plot.querySelector(".now").style.left = point.style.left = 100 * (numbers.now - start) / (end - start) + "%";
    point.style.bottom = up + "%";
    point.hidden = !(up >= 0 && up <= 100);
  }

  // A quarter-hour that has ended is drawn and summed once its readings have come; a period that has ended is another.
  let quarter = null;
  const settling = 20 + 20 * Math.random();
  function turn(now) {
    const ended = Math.floor((now - settling) / 900), parts = all("[data-quarterly]");
    if (parts.some((part) => now - settling >= Number(part.dataset.until))) { window.location.reload(); }
    else if (quarter !== null && quarter !== ended) { parts.forEach(renew); }
    quarter = ended;
  }
  async function renew(part) {
    if (part.querySelector(":focus-visible")) { return; }
    const answer = await fetch(part.dataset.quarterly);
    if (!answer.ok || answer.redirected) { return; }
    const open = part.querySelector("details[open]");
    part.innerHTML = await answer.text();
    if (open) { part.querySelector("details").open = true; }
    all("[data-chart]", part).forEach(lookedInto);
  }

  function lost() {
    const seconds = Math.round((Date.now() - answered) / 1000), gone = Date.now() - answered >= goneAfter;
    document.documentElement.classList.toggle("lost", gone);
    const pill = document.getElementById("lost"), since = document.getElementById("since");
    if (gone) { pill.textContent = pill.dataset.said.replace("{seconds}", seconds); }
    const said = gone ? pill.dataset.since.replace("{time}", new Date(answered).toTimeString().slice(0, 5)) : "";
    if (said !== told) { since.textContent = told = said; }
  }

  // The server tells what changes. Where nothing comes of it, through a proxy that holds it back or for want of an
  // EventSource, the page asks.
  function follow(part) {
    const every = Number(part.dataset.every) * 1000;
    let known = {}, source = null, asking = false, asked = Date.now();
    function take(values) {
      answered = Date.now();
      Object.entries(values).forEach(function ([kind, places]) {
        known[kind] = Object.assign(known[kind] || {}, places);
        Object.keys(places).forEach((place) => { if (places[place] === null) { delete known[kind][place]; } });
      });
      if (known.t) { (part.put || put)(known, values); }
    }
    function listen() {
      if (!window.EventSource || document.hidden) { return; }
      source = new EventSource(part.dataset.stream);
      source.onopen = () => { known = {}; };
      source.onmessage = (event) => take(JSON.parse(event.data));
    }
    async function ask() {
      asked = Date.now();
      const answer = await fetch(part.dataset.liveFrom, { signal: AbortSignal.timeout(patience) });
      if (answer.redirected) { window.location.reload(); }
      else if (answer.ok) { known = {}; take(await answer.json()); }
    }
    async function knock() {
      const answer = await fetch("/static/mark.svg", { method: "HEAD", signal: AbortSignal.timeout(patience) });
      if (answer.ok) { answered = Date.now(); }
    }
    async function look() {
      lost();
      if (document.hidden || asking || Date.now() - answered < silence) { return; }
      asking = true;
      try { await (Date.now() - asked >= every ? ask() : knock()); } catch { /* said by lost() */ }
      asking = false;
      if (source && source.readyState === 2) { listen(); }
    }
    document.addEventListener("visibilitychange", function () {
      if (source) { source.close(); }
      answered = Date.now();
      listen();
    });
    setInterval(look, 1000);
    listen();
  }
  window.soleraPut = put;
  all("[data-live-from]").forEach(follow);

  all("[data-fragment]").forEach(async function (part) {
    const answer = await fetch(part.dataset.fragment);
    if (answer.ok) { part.innerHTML = await answer.text(); }
  });

  function why(head, text, list) {
    document.getElementById("why-head").textContent = head;
    document.getElementById("why-text").textContent = text;
    const said = document.getElementById("why-list");
    said.replaceChildren(...list.flatMap(function ([name, value]) {
      const term = document.createElement("dt"), what = document.createElement("dd");
      term.textContent = name; what.textContent = value;
      return [term, what];
    }));
    document.getElementById("why").showModal();
  }

  function lookedInto(chart) {
    const slots = JSON.parse(chart.querySelector("script").textContent);
    const plot = chart.querySelector(".plot"), at = plot.querySelector(".at"), tip = plot.querySelector(".tip");
    const open = (slot) => why(slot.h, slot.t, slot.w);
    function under(event) {
      const box = plot.getBoundingClientRect(), percent = 100 * (event.clientX - box.left) / box.width;
      return slots.find((slot) => slot.l <= percent && percent < slot.r);
    }
    plot.addEventListener("pointermove", function (event) {
      const slot = under(event);
      at.hidden = tip.hidden = !slot;
      if (!slot) { return; }
      at.style.left = slot.l + "%"; at.style.width = (slot.r - slot.l) + "%";
      tip.textContent = slot.h + "   " + slot.t;
      tip.style.left = slot.l < 55 ? slot.r + "%" : "auto";
      tip.style.right = slot.l < 55 ? "auto" : (100 - slot.l) + "%";
    });
    plot.addEventListener("pointerleave", () => { at.hidden = tip.hidden = true; });
    plot.addEventListener("click", function (event) { const slot = under(event); if (slot) { open(slot); } });
    all("[data-slot]", chart).forEach((each) => each.addEventListener("click", () => open(slots[Number(each.dataset.slot)])));
  }
  all("[data-chart]").forEach(lookedInto);

  document.addEventListener("click", function (event) {
    const said = event.target.closest("[data-why]"), kept = event.target.closest("[data-cookie]");
    if (said) { why(said.dataset.head, said.textContent, JSON.parse(said.dataset.why)); }
    if (kept) {
      const age = kept.dataset.value ? "31536000" : "0";
      document.cookie = kept.dataset.cookie + "=" + kept.dataset.value + "; path=/; max-age=" + age + "; samesite=strict";
      window.location.reload();
    }
    if (event.target.closest("[data-print]")) { window.print(); }
    const picture = event.target.closest("[data-png]");
    if (picture) { png(picture.closest("[data-chart]"), picture.dataset.png); }
  });
  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-submit]") && event.target.value) { event.target.form.requestSubmit(); }
  });

  // The chart as a picture: its shapes with the colours they have, and its words where they stand.
  async function png(chart, name) {
    const frame = chart.querySelector(".frame"), svg = frame.querySelector("svg"), copy = svg.cloneNode(true);
    const box = frame.getBoundingClientRect(), left = 60, top = 50, right = 20, bottom = 30, twice = 2;
    copy.setAttribute("width", box.width); copy.setAttribute("height", box.height);
    all("path", svg).forEach(function (path, n) {
      const style = getComputedStyle(path), to = copy.querySelectorAll("path")[n].style;
      ["fill", "stroke", "strokeWidth", "strokeDasharray", "opacity", "vectorEffect"].forEach((each) => { to[each] = style[each]; });
    });
    const image = new Image();
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
    await image.decode();
    const canvas = document.createElement("canvas"), draw = canvas.getContext("2d");
    canvas.width = (box.width + left + right) * twice; canvas.height = (box.height + top + bottom) * twice;
    draw.scale(twice, twice);
    const card = getComputedStyle(chart.closest(".card")), ink = getComputedStyle(document.body).color;
    draw.fillStyle = card.backgroundColor; draw.fillRect(0, 0, canvas.width, canvas.height);
    draw.drawImage(image, left, top, box.width, box.height);
    draw.fillStyle = ink; draw.font = "13px sans-serif"; draw.textBaseline = "middle";
    draw.fillText(name, 8, 16);
    all(".up, .across, .unit-of", frame).forEach(function (label) {
      const place = label.getBoundingClientRect();
      draw.fillText(label.textContent, place.left - box.left + left, place.top - box.top + top + place.height / 2);
    });
    const link = document.createElement("a");
    link.href = canvas.toDataURL("image/png"); link.download = name + ".png"; link.click();
  }
})();
