// Says how long ago the server last answered, also when it no longer does.
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  solera: {
    age: function (_second, updated) {
      if (!updated) { return ["Waiting for the first answer …", ""]; }
      const key = String(updated);
      if (window.soleraLast !== key) { window.soleraLast = key; window.soleraAt = Date.now(); }
      const seconds = Math.round((Date.now() - window.soleraAt) / 1000);
      if (seconds < 30) { return ["Updated " + seconds + " s ago.", ""]; }
      return ["No answer from this server for " + seconds + " s; what you see is that old. `solera status` says what runs.", "lost"];
    },
  },
});
