// Dash calls its radio buttons a list box, whose options may hold no button, and keeps a hidden field among the stops of
// the Tab key. A radio button inside its label says by itself what it is.
(function () {
  const mend = function () {
    document.querySelectorAll(".dash-radioitems[role=listbox]").forEach((each) => each.setAttribute("role", "presentation"));
    document.querySelectorAll(".dash-radioitems [role=option]").forEach(function (each) {
      each.removeAttribute("role");
      each.removeAttribute("aria-selected");
    });
    document.querySelectorAll("input[aria-hidden=true][tabindex='0']").forEach((each) => each.setAttribute("tabindex", "-1"));
  };
  const watched = { childList: true, subtree: true, attributes: true, attributeFilter: ["role", "aria-selected", "tabindex"] };
  new MutationObserver(mend).observe(document.documentElement, watched);
})();
