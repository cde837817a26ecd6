// The thread of a worker of bench/hosts/workers.js: an instance of the module behind postMessage.
const onNode = typeof postMessage === "undefined";
const { parentPort, workerData } = onNode ? await import("node:worker_threads") : {};
const reply = (answer, moved) => onNode ? parentPort.postMessage(answer, moved) : postMessage(answer, moved);

let exports;
function start(module) {
  ({ exports } = new WebAssembly.Instance(module));
  reply("ready");
}

function answer(request) {
  if (exports === undefined) return start(request);
  if (Array.isArray(request)) return reply(request.map(([name, ...values]) => exports[name](...values)));
  const { offset, length, bytes } = request;
  if (bytes === undefined) {
    const copy = new Uint8Array(exports.memory.buffer, offset, length).slice();
    return reply(copy, [copy.buffer]);
  }
  new Uint8Array(exports.memory.buffer).set(bytes, offset);
  reply(undefined);
}

if (onNode) {
  parentPort.on("message", answer);
  start(workerData);
} else {
  self.onmessage = (event) => answer(event.data);
}
