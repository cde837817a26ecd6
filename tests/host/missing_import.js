// exit: 1
import "./lib/circle_a.js";
import "./gone.js";
