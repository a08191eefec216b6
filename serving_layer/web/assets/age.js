// Says how long ago the server last answered, also when it no longer does: then nothing on the page is live.
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  solera: {
    age: function (_second, updated) {
      if (!updated) { return ["Waiting for the first answer …", ""]; }
      const key = String(updated);
      if (window.soleraLast !== key) { window.soleraLast = key; window.soleraAt = Date.now(); }
      const seconds = Math.round((Date.now() - window.soleraAt) / 1000);
      const lost = seconds >= 9;
      document.documentElement.classList.toggle("lost", lost);
      if (!lost) { return ["Updated " + seconds + " s ago.", ""]; }
      const at = new Date(window.soleraAt).toTimeString().slice(0, 5);
      return ["What you see is from " + at + ". It goes on by itself when the server answers.", "No answer for " + seconds + " s"];
    },
    remember: function (chosen) {
      if (chosen) { window.history.replaceState(null, "", "?installation=" + encodeURIComponent(chosen)); }
      return window.dash_clientside.no_update;
    },
  },
});
