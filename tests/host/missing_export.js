// exit: 1
import { nope } from "./lib/circle_a.js";
