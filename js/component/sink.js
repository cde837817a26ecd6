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

  /** The place of the next word. */
  word() {
    const at = this.at++;
    if (this.at > this.room) this.grow();
    return at;
  }

  /** The place of two words, among such. */
  twoWords() {
    const at = (this.at + 1) >> 1;
    this.at = 2 * at + 2;
    if (this.at > this.room) this.grow();
    return at;
  }

  /** The place of so many bytes, among bytes. */
  many(count) {
    const at = 4 * this.at;
    this.at += (count + 3 - (count + 3) % 4) / 4;
    if (this.at > this.room) this.grow();
    return at;
  }

  align() {
    if (this.at % 2 === 1) this.u32[this.word()] = 0;
  }

  grow() {
    const { bytes } = this;
    while (this.room < this.at) this.room *= 2;
    this.see(new ArrayBuffer(4 * this.room));
    TypedArrayPrototypeSet(this.bytes, bytes);
  }
}
