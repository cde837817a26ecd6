import { exit } from "runtime:app";
console.log("zero");
exit();
