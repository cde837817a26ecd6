// An HTTP server whose pages come from a plugin that it does not trust. Each request has 50 ms of the plugin; one that spins holds up nobody.
// Run it with `node server.js`, then ask for http://127.0.0.1:8080/world and for http://127.0.0.1:8080/spin.
import { createServer } from "node:http";
import { compileFile, instantiate } from "runtime-wasm";

const PLACES = 8;
const WAITING = 256;
// Where the plugin has its text; see plugins/page.wat.
const [PATH, PATH_BYTES, TEXT] = [1024, 1024, 4096];
const STATUS = { FuelExhausted: 504, Busy: 503, TooLong: 414 };

const module = await compileFile("./plugins/page.wasm");

// A place has an instance, or gets one when it is next used. A request has a place for itself, so that nobody else writes to its memory meanwhile.
const free = Array.from({ length: PLACES }, () => ({ instance: undefined }));
const waiting = [];

/** A place of one's own. The queue is bounded: whoever would wait too long is told so at once. */
function take() {
  if (free.length > 0) return free.pop();
  if (waiting.length >= WAITING) throw Object.assign(new Error("too many requests are waiting"), { name: "Busy" });
  return new Promise((resolve) => waiting.push(resolve));
}

function give(place) {
  const next = waiting.shift();
  if (next === undefined) free.push(place);
  else next(place);
}

async function answer(path) {
  const bytes = new TextEncoder().encode(path);
  if (bytes.length > PATH_BYTES) throw Object.assign(new Error("the path is too long"), { name: "TooLong" });
  const place = await take();
  try {
    place.instance ??= await instantiate(module, { name: "page" });
    await place.instance.memory.write(PATH, bytes);
    const [length] = await place.instance.callWith({ timeoutMs: 50 }, "answer", bytes.length);
    return await place.instance.memory.read(TEXT, length);
  } catch (error) {
    // A time limit has ended the instance, and a trap may have left anything in its memory: the next request gets a fresh one.
    await place.instance?.drop();
    place.instance = undefined;
    throw error;
  } finally {
    give(place);
  }
}

const server = createServer(async (request, response) => {
  let [status, body] = [200, ""];
  try {
    body = await answer(new URL(request.url, "http://localhost").pathname);
  } catch (error) {
    // What is none of ours is the plugin's: 502.
    [status, body] = [STATUS[error.name] ?? 502, `${error.message}\n`];
  }
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" }).end(body);
});
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}`);
});
