/* Mouse, pen and fingers on the stage: drag for window and level, shift or another button or two fingers to pan, wheel
   or pinch to zoom. */
"use strict";

(function (view) {
  const { positionOf } = view.dom;
  const pointers = new Map(); // id -> last [x, y]

  function start(canvas, onHover) {
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, positionOf(event));
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      const now = positionOf(event);
      onHover(view.stage.pixelAt(...now));
      if (pointers.has(event.pointerId)) move(event, now);
    });
    for (const name of ["pointerup", "pointercancel"])
      canvas.addEventListener(name, (event) => pointers.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => onHover(null));
    canvas.addEventListener(
      "wheel",
      (event) => {
        view.stage.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...positionOf(event));
        event.preventDefault();
      },
      { passive: false },
    );
    canvas.addEventListener("dblclick", () => view.stage.fit());
  }

  function move(event, now) {
    const before = pointers.get(event.pointerId);
    const dx = now[0] - before[0],
      dy = now[1] - before[1];
    if (pointers.size > 1) pinch(event.pointerId, before, now);
    else if (event.shiftKey || event.buttons & 6) view.stage.pan(dx, dy);
    else if (view.stage.image()) view.stage.setWindow(view.windowLevel.drag(view.stage.window(), dx, dy));
    pointers.set(event.pointerId, now);
  }

  /** Two fingers: their distance zooms, their middle pans. */
  function pinch(id, before, now) {
    const [other] = [...pointers].filter(([key]) => key !== id).map(([, point]) => point);
    const distance = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]) || 1;
    view.stage.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    view.stage.zoom(distance(now) / distance(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  }

  view.stagePointer = { start };
})(window.radiobundleView);
