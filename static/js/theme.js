// Runs before the first paint: a page in the wrong colours must never flash.
(function () {
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");

  function apply() {
    var choice = root.dataset.theme;
    root.dataset.bsTheme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    root.dispatchEvent(new Event("themechange"));
  }

  root.classList.add("js");
  dark.addEventListener("change", apply);
  apply();
  window.applyTheme = function (choice) {
    root.dataset.theme = choice;
    apply();
  };
})();
