// Drives Perl by the functions that zeroperl.wasm exports. `guest` is an instance, or the `this` of a host function: both have
// `call` and `memory`. Perl's values stay inside; what comes out are handles of them.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function one(guest, name, ...args) {
  const [result] = await guest.call(name, ...args);
  return result;
}

/** Copies bytes into the guest; gives their address, for `free`. */
async function copied(guest, bytes) {
  const at = await one(guest, "malloc", bytes.length) >>> 0;
  await guest.memory.write(at, bytes);
  return at;
}

async function cString(guest, at) {
  let bytes = [];
  for (let end = at; !bytes.includes(0); end += 64) bytes = [...bytes, ...await guest.memory.read(end, 64)];
  return decoder.decode(new Uint8Array(bytes.slice(0, bytes.indexOf(0))));
}

async function words(guest, at, count) {
  const bytes = await guest.memory.read(at >>> 0, 4 * count);
  return Array.from(new Uint32Array(bytes.buffer, bytes.byteOffset, count));
}

/** A handle of a new string of Perl's. */
export async function newText(guest, text) {
  const bytes = encoder.encode(text);
  const at = await copied(guest, bytes);
  const handle = await one(guest, "zeroperl_new_string", at, bytes.length);
  await guest.call("free", at);
  return handle;
}

/** A value of Perl's as a text. */
export async function textOf(guest, handle) {
  const lengthAt = await one(guest, "malloc", 4) >>> 0;
  const at = await one(guest, "zeroperl_to_string", handle, lengthAt) >>> 0;
  const [length] = await words(guest, lengthAt, 1);
  await guest.call("free", lengthAt);
  return decoder.decode(await guest.memory.read(at, length));
}

/** The arguments of a call that Perl makes, as texts. */
export async function textsOf(guest, count, at) {
  const texts = [];
  for (const handle of await words(guest, at, count)) texts.push(await textOf(guest, handle));
  return texts;
}

/** Runs code; gives `""`, or what Perl says of it. */
export async function evaluate(guest, code) {
  const at = await copied(guest, encoder.encode(`${code}\0`));
  const status = await one(guest, "zeroperl_eval", at, 1, 0, 0);
  await guest.call("free", at);
  return status === 0 ? "" : await cString(guest, await one(guest, "zeroperl_last_error") >>> 0);
}

/** A variable of Perl's as a text. */
export async function variable(guest, name) {
  const at = await copied(guest, encoder.encode(`${name}\0`));
  const handle = await one(guest, "zeroperl_get_var", at);
  await guest.call("free", at);
  return await textOf(guest, handle);
}

/** Makes a function of Perl's that calls the host, which is told the number. */
export async function register(guest, number, name) {
  const at = await copied(guest, encoder.encode(`${name}\0`));
  await guest.call("zeroperl_register_function", number, at);
  await guest.call("free", at);
}

/** What Perl throws once the host function that says so has returned 0. */
export async function die(guest, text) {
  const at = await copied(guest, encoder.encode(`${text}\0`));
  await guest.call("zeroperl_set_host_error", at);
  await guest.call("free", at);
  return 0;
}
