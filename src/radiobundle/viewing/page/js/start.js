/* Everything is there: begin. */
"use strict";

window.radiobundleView.app.start();
