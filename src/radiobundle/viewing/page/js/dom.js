/* Elements, words and numbers. Text from the data is only ever a text node, so that no name can become markup. */
"use strict";

(function (view) {
  /** A new element: attributes (functions become listeners of "onNAME"), then children (text or nodes). */
  function element(tag, attributes = {}, ...children) {
    return filled(document.createElement(tag), attributes, children);
  }

  /** A new SVG element, in the same way. */
  function svg(tag, attributes = {}, ...children) {
    return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  }

  function filled(made, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) setAttribute(made, name, value);
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  /** A new button. */
  const button = (attributes, ...children) => element("button", { type: "button", ...attributes }, ...children);

  function setAttribute(made, name, value) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }

  const at = (id) => document.getElementById(id);

  /** Say something to screen readers, and show it for a moment. */
  function announce(text) {
    const dialogs = document.querySelectorAll("dialog[open]"); // what is outside an open dialog is not read out
    (dialogs[dialogs.length - 1] ?? document.body).append(at("live"), at("toast"));
    at("live").textContent = text;
    at("toast").textContent = text;
    at("toast").classList.add("shown");
    clearTimeout(announce.timer);
    announce.timer = setTimeout(() => at("toast").classList.remove("shown"), 2500);
  }

  const whole = new Intl.NumberFormat("en-US");
  const format = {
    whole: (count) => whole.format(count),
    counted: (count, noun) => `${whole.format(count)} ${noun}${count === 1 ? "" : "s"}`,
    probability: (value) => (Number.isFinite(value) ? value.toFixed(value < 0.1 ? 3 : 2) : "–"),
    rate: (value) => (Number.isFinite(value) ? value.toFixed(3) : "–"),
    number: (value) => (Number.isFinite(value) ? String(+value.toPrecision(4)) : "–"),
  };

  /** Where a pointer is on the element that listens to it: x and y, px. */
  function positionOf(event) {
    const box = event.currentTarget.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** Call `action` once per frame, however often it is asked for. */
  function oncePerFrame(action) {
    let waiting = false;
    return () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        action();
      });
    };
  }

  view.dom = { element, svg, button, at, announce, format, positionOf, oncePerFrame };
})(window.radiobundleView);
