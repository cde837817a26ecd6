// exit: 1
import "chalk";
