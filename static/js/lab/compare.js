// On a narrow screen the two pictures lie on each other: hold (or switch) to see the original.

export function mountCompare(board, button) {
  const show = (original) => {
    board.classList.toggle("is-comparing", original);
    button.setAttribute("aria-pressed", String(original));
  };
  const picture = board.querySelector("#perturbed-frame");
  picture.addEventListener("pointerdown", (event) => {
    if (!matchMedia("(max-width: 40rem)").matches) return;
    show(true);
    picture.setPointerCapture(event.pointerId);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    picture.addEventListener(end, () => show(false));
  }
  picture.addEventListener("contextmenu", (event) => {
    if (board.classList.contains("is-comparing")) event.preventDefault();
  });
  button.addEventListener("click", () => show(button.getAttribute("aria-pressed") !== "true"));
}
