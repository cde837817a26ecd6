// Where the values of a component are written.

import { primordials } from "ext:runtime_wasm/port.js";
import { bareArray } from "ext:runtime_wasm/own.js";

const {
  ArrayBuffer, BigUint64Array, Float32Array, Float64Array, TypedArrayPrototypeSet, Uint32Array, Uint8Array,
} = primordials;

/** Where values are written: words of 4 bytes, by views of one buffer, and the strings. */
export class Sink {
  u32;
  f32;
  f64;
  u64;
  bytes;
  /** The next word. */
  at = 0;
  room = 256;
  texts = bareArray();
  context = undefined;

  constructor() {
    this.see(new ArrayBuffer(4 * this.room));
  }

  see(buffer) {
    this.bytes = new Uint8Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.u64 = new BigUint64Array(buffer);
  }

  /** Takes the next words. Gives the place of the first. */
  words(count) {
    const { at } = this;
    this.at += count;
    if (this.at > this.room) this.grow();
    return at;
  }

  /** Takes twice as many words, where values of 8 bytes can be. Gives the place of the first among such values. */
  pairs(count) {
    const at = (this.at + 1) >> 1;
    this.at = 2 * (at + count);
    if (this.at > this.room) this.grow();
    return at;
  }

  /** Takes the words that so many bytes need. Gives the place of the first byte. */
  many(count) {
    return 4 * this.words((count + 3 - (count + 3) % 4) / 4);
  }

  align() {
    if (this.at % 2 === 1) this.u32[this.words(1)] = 0;
  }

  grow() {
    const { bytes } = this;
    while (this.room < this.at) this.room *= 2;
    this.see(new ArrayBuffer(4 * this.room));
    TypedArrayPrototypeSet(this.bytes, bytes);
  }
}
