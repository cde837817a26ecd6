// exit: 1
import "runtime:other";
