import { both } from "./circle_a.js";
export const b = "b";
export const later = () => both();
