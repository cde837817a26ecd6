// What is one for all hosts of a process: errors and typed values.
"use strict";

const primordials = require("./primordials.cjs");

module.exports = require("./shared.cjs")({ __proto__: null, primordials });
