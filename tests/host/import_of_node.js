// exit: 1
import "node:fs";
