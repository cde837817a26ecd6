import { b } from "./circle_b.js";
export const a = "a";
export const both = () => a + b;
