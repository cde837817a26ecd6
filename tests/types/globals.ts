// What an app may do with its globals, and with @ts-expect-error what it may not: checked against js/globals, never run.

// Time and tasks.
const timer: number = setTimeout((word: string, count: number) => console.log(word, count), 10, "a", 1);
clearTimeout(timer);
clearInterval(setInterval(() => {}, 10));
// @ts-expect-error: the callback takes text.
setTimeout((word: string) => word, 10, 1);
queueMicrotask(() => {});
const copy: Map<string, number> = structuredClone(new Map([["a", 1]]));
const passed: number = performance.now() + performance.timeOrigin + performance.measure("all", { start: 0 }).duration;
new PerformanceObserver((list) => console.log(list.getEntries().length)).observe({ entryTypes: ["mark"] });

// Events and signals.
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  console.log(event.reason, event.promise);
});
self.addEventListener("error", ({ message, lineno }) => console.log(message, lineno));
const target = new EventTarget();
target.addEventListener("wave", { handleEvent: (event) => console.log(event.type) }, { once: true });
const heard: boolean = target.dispatchEvent(new CustomEvent("wave", { detail: { height: 3 } }));
const controller = new AbortController();
const signal: AbortSignal = AbortSignal.any([controller.signal, AbortSignal.timeout(10)]);
signal.addEventListener("abort", function () {
  console.log(this.reason);
});
// @ts-expect-error: the runtime makes signals.
new AbortSignal();
if (signal instanceof AbortSignal && target instanceof EventTarget) signal.throwIfAborted();
const { port1, port2 } = new MessageChannel();
port1.onmessage = ({ data, ports }) => console.log(data, ports.length);
port2.postMessage(new Uint8Array(3), [port1]);

// URLs.
const url: URL | null = URL.parse("./a", import.meta.url);
for (const [name, value] of new URL("a:b").searchParams) console.log(name, value);
const group: string | undefined = new URLPattern({ pathname: "/:id" }).exec("http://host/1")?.pathname.groups.id;
const beside: string = import.meta.resolve("./x.js") + import.meta.dirname + import.meta.filename;

// Bytes, text and streams.
const text: ReadableStream<string> = new Blob([new Uint8Array(3), "text"])
  .stream()
  .pipeThrough(new CompressionStream("gzip"))
  .pipeThrough(new DecompressionStream("gzip"))
  .pipeThrough(new TextDecoderStream("utf-8", { fatal: true }));
for await (const piece of text.values({ preventCancel: true })) console.log(piece.length);
// @ts-expect-error: a pattern is no format.
new CompressionStream("zip");
const numbers = ReadableStream.from([1, 2]).pipeThrough(
  new TransformStream<number, string>({ transform: (number, controller) => controller.enqueue(number.toFixed()) }),
);
// @ts-expect-error: text goes into no stream of bytes.
numbers.pipeThrough(new TextDecoderStream());
const bytes = new ReadableStream({ type: "bytes", pull: (controller) => controller.byobRequest?.respond(1) });
const { value, done } = await bytes.getReader({ mode: "byob" }).read(new Uint8Array(8), { min: 4 });
if (!done) console.log(value.byteLength);
const sink = new WritableStream<string>({ write: (piece) => console.log(piece) }, new CountQueuingStrategy({ highWaterMark: 1 }));
await numbers.pipeTo(sink, { signal });
const encoded: Uint8Array<ArrayBuffer> = new TextEncoder().encode("text");
const shared: string = new TextDecoder().decode(new Uint8Array(new SharedArrayBuffer(3)));
// @ts-expect-error: nobody else may change what is sent.
new Response(new Uint8Array(new SharedArrayBuffer(3)));

// Requests.
const form = new FormData();
form.append("file", new File(["text"], "name.txt", { lastModified: 0 }), "other.txt");
// @ts-expect-error: text has no file's name.
form.append("text", "text", "name.txt");
const request = new Request("https://example.com/", { method: "POST", body: form, headers: { accept: "text/plain" }, signal });
const response = await fetch(request, { redirect: "manual" });
for (const [name, content] of response.headers) console.log(name, content);
const body: Uint8Array<ArrayBuffer> = await Response.json({ a: 1 }, { status: 201 }).bytes();
const source = new EventSource("https://example.com/events");
source.addEventListener("tick", ({ data, lastEventId }) => console.log(data, lastEventId));

// Cryptography.
const random: Uint8Array = crypto.getRandomValues(new Uint8Array(12));
// @ts-expect-error: random numbers are integers.
crypto.getRandomValues(new Float64Array(1));
const digest: ArrayBuffer = await crypto.subtle.digest("SHA-256", encoded);
const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
await crypto.subtle.encrypt({ name: "AES-GCM", iv: encoded }, key, body);
const { privateKey } = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
const { d }: JsonWebKey = await crypto.subtle.exportKey("jwk", privateKey);
// @ts-expect-error: there is no RSA.
await crypto.subtle.generateKey({ name: "RSA-PSS", hash: "SHA-256" }, true, ["sign"]);
// @ts-expect-error: and keys are not wrapped.
await crypto.subtle.wrapKey("raw", key, key, "AES-GCM");

try {
  atob("*");
} catch (error) {
  if (error instanceof DOMException) console.log(error.name, error.code === DOMException.INVALID_CHARACTER_ERR);
}
console.log(copy, passed, heard, url, group, beside, shared, random, digest, d, navigator.hardwareConcurrency, crypto.randomUUID());

export {};
