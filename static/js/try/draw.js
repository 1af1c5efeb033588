// A field to draw one digit in, by mouse, finger or pen; its strokes can be taken back.

const INK = 42; // pixels of a stroke on the 560-pixel field: as thick as a felt pen on a note

export function mountField(canvas) {
  const context = canvas.getContext("2d");
  const strokes = [];

  function redraw() {
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    Object.assign(context, { strokeStyle: "#111", lineWidth: INK, lineCap: "round", lineJoin: "round" });
    for (const stroke of strokes) {
      context.beginPath();
      stroke.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
      if (stroke.length === 1) context.lineTo(stroke[0][0], stroke[0][1] + 0.1);
      context.stroke();
    }
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    strokes.push([place(event)]);
    redraw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const one of between.length ? between : [event]) strokes.at(-1).push(place(one));
    redraw();
  });
  redraw();

  return {
    isEmpty: () => strokes.length === 0,
    undo() { strokes.pop(); redraw(); },
    clear() { strokes.length = 0; redraw(); },
    file: () => new Promise((resolve) => {
      canvas.toBlob((blob) => resolve(new File([blob], "drawing.png", { type: "image/png" })), "image/png");
    }),
  };
}
