// The plugin, in JavaScript. It exports what plugin.wit says; it becomes a component, with a JavaScript engine in it.
// Until `sh plugin/build.sh` has made that, plugins/plugin.wasm is a small stand-in with the same functions.
export function shout(text) {
  return `${text.toUpperCase()}!`;
}

// What a plugin should not do.
export function spin() {
  for (;;);
}
