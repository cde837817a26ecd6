// Deno.serve with a guest of its own for each request: http://127.0.0.1:8080/20 is answered, /90 is stopped after 50 ms. `deno run -A deno.js`
import { compileFile, instantiate } from "runtime-wasm";

const fib = await compileFile("./fib.wasm");
const onListen = ({ port }) => console.log(`http://127.0.0.1:${port}`);
Deno.serve({ hostname: "127.0.0.1", port: Number(Deno.env.get("PORT") ?? 8080), onListen }, async ({ url }) => {
  await using guest = await instantiate(fib);
  const result = guest.callWith({ timeoutMs: 50 }, "fib", Number(new URL(url).pathname.slice(1)));
  return await result.then(([n]) => new Response(`${n}`), (error) => new Response(error.message, { status: error.code === 5011 ? 504 : 400 }));
});
