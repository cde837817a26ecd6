const text = new TextDecoder().decode(new TextEncoder().encode("h\u00e9llo"));
console.log(text, atob(btoa("abc")), new URL("../x?q=1#h", "https://a.example/b/c").href);
console.log(new URLSearchParams({ a: "1 2" }).toString(), structuredClone({ a: new Date(0), m: new Map([[1, 2]]) }));
const controller = new AbortController();
controller.signal.addEventListener("abort", () => console.log("aborted", controller.signal.reason.name));
controller.abort();
const target = new EventTarget();
target.addEventListener("hi", (event) => console.log(event.type, event.detail));
target.dispatchEvent(new CustomEvent("hi", { detail: 42 }));
console.log(await new Blob(["a", "b"], { type: "text/plain" }).text());
const zipped = new Blob(["squeeze ".repeat(100)]).stream().pipeThrough(new CompressionStream("gzip"));
const plain = zipped.pipeThrough(new DecompressionStream("gzip")).pipeThrough(new TextDecoderStream());
let length = 0;
for await (const piece of plain) length += piece.length;
console.log("decompressed", length);
const channel = new MessageChannel();
const message = new Promise((resolve) => channel.port2.onmessage = (event) => resolve(event.data));
channel.port1.postMessage({ over: [1, 2] });
console.log(await message);
channel.port1.close();
const { readable, writable } = new TransformStream();
const writer = writable.getWriter();
writer.write("chunk").then(() => writer.close());
for await (const chunk of readable) console.log(chunk);
console.log(performance.now() > 0, performance.timeOrigin > 1.7e12, performance.timeOrigin === performance.toJSON().timeOrigin);
console.log(new DOMException("m", "AbortError").code);
const form = new FormData();
form.set("k", "v");
const request = new Request("./beside.txt", { method: "POST", body: form, headers: { "X-A": "b" } });
console.log(request.url.endsWith("/tests/host/beside.txt"), request.headers.get("x-a"), (await request.formData()).get("k"));
console.log(await Response.json({ ok: true }).text(), new Headers([["A", "b"]]).has("a"));
try { structuredClone(() => {}); } catch (error) { console.log(error.name); }
try { new URL("nope"); } catch (error) { console.log(error.name); }
try { AbortSignal.abort().throwIfAborted(); } catch (error) { console.log(error.name); }
console.log(await AbortSignal.timeout(1).throwIfAborted?.call(AbortSignal.timeout(1)) ?? "not yet");
console.log(self === globalThis, typeof Deno, typeof __bootstrap);
