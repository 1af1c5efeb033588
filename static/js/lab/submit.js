// Menus that need no button: choosing sends their form.

export function submitOnChange() {
  for (const select of document.querySelectorAll("[data-submit]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
}
