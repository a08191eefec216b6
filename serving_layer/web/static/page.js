// What a page does beside being read: it keeps its live values young, says why a number is so, and keeps choices.
"use strict";
(function () {
  const all = (query, of) => [...(of || document).querySelectorAll(query)];
  const patience = 4000;
  let answered = Date.now(), told = "", lostAfter = Infinity;

  function put(values) {
    all("[data-live]").forEach(function (each) {
      const text = values.t[each.dataset.live];
      if (text !== undefined && each.textContent !== text) { each.textContent = text; }
    });
    all("[data-class]").forEach((each) => { each.className = values.c[each.dataset.class] || each.className; });
    all("[data-flow]").forEach((each) => { each.toggleAttribute("hidden", !(each.dataset.flow in values.f)); });
  }

  function lost() {
    const seconds = Math.round((Date.now() - answered) / 1000), gone = Date.now() - answered >= lostAfter;
    document.documentElement.classList.toggle("lost", gone);
    const pill = document.getElementById("lost"), since = document.getElementById("since");
    if (gone) { pill.textContent = pill.dataset.said.replace("{seconds}", seconds); }
    const said = gone ? pill.dataset.since.replace("{time}", new Date(answered).toTimeString().slice(0, 5)) : "";
    if (said !== told) { since.textContent = told = said; }
  }

  // One question at a time; none while nobody looks.
  async function ask(part) {
    if (document.hidden) { return; }
    const ending = new AbortController(), wait = setTimeout(() => ending.abort(), patience);
    try {
      const answer = await fetch(part.dataset.liveFrom, { signal: ending.signal });
      if (answer.redirected) { window.location.reload(); return; }
      if (answer.ok) {
        const values = await answer.json();
        answered = Date.now();
        (part.put || put)(values);
      }
    } catch { /* said by lost() */ } finally { clearTimeout(wait); }
  }
  // Where values come seldom: whether the server is there at all.
  async function knock() {
    if (document.hidden) { return; }
    try { await fetch("/static/mark.svg", { method: "HEAD", signal: AbortSignal.timeout(patience) }); answered = Date.now(); } catch { /* said by lost() */ }
  }
  window.soleraPut = put;
  window.soleraAsk = ask;
  all("[data-live-from]").forEach(function (part) {
    const every = Number(part.dataset.every) * 1000;
    const often = Math.min(every, 5000);
    lostAfter = Math.max(often + patience, 9000);
    setInterval(() => ask(part), every);
    if (often < every) { setInterval(knock, often); }
    document.addEventListener("visibilitychange", function () { if (!document.hidden) { answered = Date.now(); ask(part); } });
    setInterval(lost, 1000);
  });

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

  all("[data-chart]").forEach(function (chart) {
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
  });

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
