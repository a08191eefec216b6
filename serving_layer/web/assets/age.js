// Says how long ago the server last answered, also when it no longer does: then nothing on the page is live.
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  solera: {
    age: function (_second, updated, phrases) {
      if (!updated) { return [phrases.waiting, ""]; }
      const key = String(updated);
      if (window.soleraLast !== key) { window.soleraLast = key; window.soleraAt = Date.now(); }
      const seconds = Math.round((Date.now() - window.soleraAt) / 1000);
      const lost = seconds >= 9;
      document.documentElement.classList.toggle("lost", lost);
      if (!lost) { return [phrases.updated.replace("{seconds}", seconds), ""]; }
      const at = new Date(window.soleraAt).toTimeString().slice(0, 5);
      return [phrases.lost_since.replace("{time}", at), phrases.lost.replace("{seconds}", seconds)];
    },
    remember: function (chosen) {
      if (chosen) { window.history.replaceState(null, "", "?installation=" + encodeURIComponent(chosen)); }
      return window.dash_clientside.no_update;
    },
    speak: function (language) {
      const before = window.soleraLanguage;
      document.documentElement.lang = window.soleraLanguage = language;
      if (before && before !== language) {
        document.cookie = "solera_language=" + language + "; path=/; max-age=31536000; samesite=strict";
        window.location.reload();
      }
      return window.dash_clientside.no_update;
    },
  },
});
