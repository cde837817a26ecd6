// The same on Node, as a server: `npm install`, `node server.js`, then ask for http://127.0.0.1:8080/7, and replace the file:
// `cp versions/2.wasm plugins/new && mv plugins/new plugins/plugin.wasm`. /13 is a request that the plugin never answers.
import { watch } from "node:fs";
import { createServer } from "node:http";
import * as wasm from "runtime-wasm";
import { Reloading } from "./reload.js";

const plugin = new Reloading(wasm, "./plugins/plugin.wasm");
await plugin.load();

const server = createServer(async (request, response) => {
  let [status, body] = [200, ""];
  try {
    const [answer] = await plugin.call("answer", Number(request.url.slice(1)));
    body = `${answer}\n`;
  } catch (error) {
    // A limit is 504, a path that is no number is the client's mistake, and all else is the plugin's.
    [status, body] = [{ 5011: 504, 5007: 400 }[error.code] ?? 502, `${error.message}\n`];
  }
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" }).end(body);
});

// The folder, since the file itself is another one each time. What comes in quick succession is looked at once.
let looking;
watch(new URL("./plugins/", import.meta.url), () => {
  clearTimeout(looking);
  looking = setTimeout(async () => {
    try {
      if (await plugin.load()) console.log("replaced");
    } catch (error) {
      console.log(`kept: ${error.message}`);
    }
  }, 20);
});
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}`);
});
