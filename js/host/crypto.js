// The global crypto, as https://w3c.github.io/webcrypto has it: random numbers, and of the algorithms those that are listed in docs/host.md.
// The bytes of a key are in this file alone, and in the ops while they compute.

(function () {
  const { core, primordials } = __bootstrap;
  const {
    op_wasm_host_aes_gcm, op_wasm_host_digest, op_wasm_host_ed25519_public, op_wasm_host_ed25519_sign, op_wasm_host_ed25519_verify,
    op_wasm_host_hkdf, op_wasm_host_hmac, op_wasm_host_hmac_verify, op_wasm_host_pbkdf2, op_wasm_host_random,
  } = core.ops;
  const {
    ArrayIsArray, ArrayPrototypeFilter, ArrayPrototypeIncludes, ArrayPrototypeJoin, ArrayPrototypePush,
    ArrayPrototypeSlice, ArrayPrototypeSort, NumberIsInteger, NumberPrototypeToString, ObjectFreeze, ObjectKeys, ObjectPrototypeIsPrototypeOf,
    StringPrototypePadStart, StringPrototypeSlice, StringPrototypeToLowerCase, TypedArrayPrototypeGetBuffer,
    TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset, TypedArrayPrototypeGetSymbolToStringTag, TypedArrayPrototypeSet,
    TypedArrayPrototypeSlice, TypeError, Uint8Array,
  } = primordials;
  const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
  const { asBytes } = core.loadExtScript("ext:runtime_wasm_host/arguments.js");
  const { algOf, checkJwk, fromBase64, toBase64 } = core.loadExtScript("ext:runtime_wasm_host/jwk.js");

  // Bytes of a block, and of a key that nobody has given a length.
  const hashes = { __proto__: null, "SHA-1": 64, "SHA-256": 64, "SHA-384": 128, "SHA-512": 128 };
  // What keys of each algorithm are for.
  const usagesOf = {
    __proto__: null,
    "AES-GCM": ["encrypt", "decrypt"],
    Ed25519: ["sign", "verify"],
    HKDF: ["deriveKey", "deriveBits"],
    HMAC: ["sign", "verify"],
    PBKDF2: ["deriveKey", "deriveBits"],
  };
  const allUsages = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];
  const integers = [
    "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array",
    "BigUint64Array",
  ];
  // What stands before an Ed25519 key where that says what it is, for a private and a public one.
  const PKCS8 = new Uint8Array([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]);
  const SPKI = new Uint8Array([0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0]);
  const GCM_IV_BYTES = 12;
  const GCM_TAG_BITS = 128;

  const error = (name, message) => new DOMException(message, name);
  const unsupported = (message) => error("NotSupportedError", message);
  const length = TypedArrayPrototypeGetByteLength;

  function bytesOf(data, what) {
    const bytes = typeof data === "string" ? undefined : asBytes(data);
    if (bytes === undefined) throw new TypeError(`${what} must be an ArrayBuffer or a view of one`);
    return bytes;
  }

  const bufferOf = (bytes) => TypedArrayPrototypeGetBuffer(bytes);

  function named(known, name, what) {
    const names = ObjectKeys(known);
    for (let i = 0; i < names.length; i++) {
      if (typeof name === "string" && StringPrototypeToLowerCase(names[i]) === StringPrototypeToLowerCase(name)) return names[i];
    }
    throw unsupported(`there is no ${what} ${typeof name === "string" ? name : typeof name} here, but ${ArrayPrototypeJoin(names, ", ")}`);
  }

  const nameIn = (algorithm) => typeof algorithm === "string" ? algorithm : algorithm?.name;
  const hashIn = (algorithm) => named(hashes, nameIn(algorithm), "hash");
  // A member of an algorithm that is given as an object; one that is only named has none.
  const memberOf = (algorithm, key) => typeof algorithm === "string" ? undefined : algorithm[key];

  function hashOf(algorithm) {
    const hash = memberOf(algorithm, "hash");
    if (hash === undefined) throw new TypeError(`an algorithm ${algorithmIn(algorithm)} must be an object with its hash`);
    return hashIn(hash);
  }

  const algorithmIn = (algorithm) => named(usagesOf, nameIn(algorithm), "algorithm");

  function random(count) {
    const bytes = new Uint8Array(count);
    if (!op_wasm_host_random(bytes)) throw error("OperationError", "the system gives no random numbers");
    return bytes;
  }

  let dataOf;

  class CryptoKey {
    #type;
    #extractable;
    #algorithm;
    #usages;
    #data;

    static {
      dataOf = (key) => key.#data;
    }

    constructor(by, type, extractable, algorithm, usages, data) {
      if (by !== dataOf) throw new TypeError("Illegal constructor");
      this.#type = type;
      this.#extractable = extractable;
      this.#algorithm = ObjectFreeze(algorithm);
      this.#usages = ObjectFreeze(usages);
      this.#data = data;
    }

    get type() {
      return this.#type;
    }

    get extractable() {
      return this.#extractable;
    }

    get algorithm() {
      return this.#algorithm;
    }

    get usages() {
      return this.#usages;
    }
  }

  // A key, if these are usages of such a one.
  function keyOf(type, extractable, algorithm, usages, data) {
    const possible = usagesOf[algorithm.name];
    const allowed = ArrayPrototypeFilter(possible, (usage) => ArrayPrototypeIncludes(usages, usage) && isOf(type, usage));
    for (let i = 0; i < usages.length; i++) {
      if (!ArrayPrototypeIncludes(allUsages, usages[i])) throw new TypeError(`there is no usage ${usages[i]}`);
      if (!ArrayPrototypeIncludes(allowed, usages[i])) {
        throw error("SyntaxError", `a ${type} key of ${algorithm.name} is not to ${usages[i]}`);
      }
    }
    if (allowed.length === 0 && type !== "public") throw error("SyntaxError", "a key must have usages");
    return new CryptoKey(dataOf, type, extractable, algorithm, allowed, data);
  }

  const isOf = (type, usage) => type === "secret" || usage === (type === "private" ? "sign" : "verify");

  function usagesIn(usages) {
    if (!ArrayIsArray(usages)) throw new TypeError("the usages of a key must be an array");
    return ArrayPrototypeSort(ArrayPrototypeSlice(usages));
  }

  // The name of the algorithm, if the key may be used so.
  function used(key, algorithm, usage) {
    if (!ObjectPrototypeIsPrototypeOf(CryptoKey.prototype, key)) throw new TypeError("the key must be a CryptoKey");
    const name = algorithmIn(algorithm);
    if (key.algorithm.name !== name) throw error("InvalidAccessError", `the key is of ${key.algorithm.name} and not of ${name}`);
    if (!ArrayPrototypeIncludes(key.usages, usage)) throw error("InvalidAccessError", `the key is not to ${usage}`);
    return name;
  }

  function secretKey(algorithm, data, extractable, usages) {
    const name = algorithmIn(algorithm);
    const bits = length(data) * 8;
    if (name === "HMAC") {
      if (bits === 0) throw error("DataError", "a key of HMAC is not empty");
      const hash = hashOf(algorithm);
      const wanted = memberOf(algorithm, "length");
      if (wanted !== undefined && wanted !== bits) throw unsupported("a key of HMAC is as long as its bytes");
      return keyOf("secret", extractable, { name, hash: ObjectFreeze({ name: hash }), length: bits }, usages, data);
    }
    if (name === "AES-GCM") {
      if (bits !== 128 && bits !== 192 && bits !== 256) throw error("DataError", "a key of AES has 128, 192 or 256 bits");
      return keyOf("secret", extractable, { name, length: bits }, usages, data);
    }
    if (extractable) throw error("SyntaxError", `a key of ${name} cannot be extractable`);
    return keyOf("secret", false, { name }, usages, data);
  }

  const startsWith = (bytes, start) => {
    if (length(bytes) !== length(start) + 32) return false;
    for (let i = 0; i < length(start); i++) if (bytes[i] !== start[i]) return false;
    return true;
  };

  function edKey(type, data, extractable, usages) {
    if (length(data) !== 32) throw error("DataError", "a key of Ed25519 has 32 bytes");
    return keyOf(type, extractable, { name: "Ed25519" }, usages, data);
  }

  function isSame(a, b) {
    if (length(a) !== length(b)) return false;
    for (let i = 0; i < length(a); i++) if (a[i] !== b[i]) return false;
    return true;
  }

  function importEdJwk(jwk, extractable, usages) {
    if (jwk?.kty !== "OKP" || jwk.crv !== "Ed25519") throw error("DataError", "the key is none of Ed25519");
    checkJwk(jwk, "sig", ["Ed25519", "EdDSA"], extractable, usages);
    const x = fromBase64(jwk.x, "x");
    if (jwk.d === undefined) return edKey("public", x, extractable, usages);
    const key = edKey("private", fromBase64(jwk.d, "d"), extractable, usages);
    if (!isSame(publicOf(key), x)) throw error("DataError", "x of the key is not the public key of its d");
    return key;
  }

  function importEd(format, data, extractable, usages) {
    if (format === "raw") return edKey("public", TypedArrayPrototypeSlice(bytesOf(data, "the key")), extractable, usages);
    if (format === "jwk") return importEdJwk(data, extractable, usages);
    const start = format === "pkcs8" ? PKCS8 : format === "spki" ? SPKI : undefined;
    if (start === undefined) throw unsupported(`there is no format ${format} of keys of Ed25519 here`);
    const bytes = bytesOf(data, "the key");
    if (!startsWith(bytes, start)) throw error("DataError", `the key is none of Ed25519 as ${format}`);
    return edKey(start === PKCS8 ? "private" : "public", TypedArrayPrototypeSlice(bytes, length(start)), extractable, usages);
  }

  function importSecret(format, data, algorithm, extractable, usages) {
    if (format === "raw") {
      return secretKey(algorithm, TypedArrayPrototypeSlice(bytesOf(data, "the key")), extractable, usages);
    }
    const name = algorithmIn(algorithm);
    const isHmac = name === "HMAC";
    if (format !== "jwk" || (!isHmac && name !== "AES-GCM")) throw unsupported(`there is no format ${format} of keys of ${name} here`);
    if (data?.kty !== "oct") throw error("DataError", "the key is no secret one");
    const key = secretKey(algorithm, fromBase64(data.k, "k"), extractable, usages);
    checkJwk(data, isHmac ? "sig" : "enc", [algOf(key)], extractable, usages);
    return key;
  }

  const publicOf = (key) => key.type === "public" ? dataOf(key) : op_wasm_host_ed25519_public(dataOf(key));

  function exported(format, key) {
    const { algorithm: { name }, type } = key;
    const data = dataOf(key);
    if (format === "jwk") {
      const more = { key_ops: ArrayPrototypeSlice(key.usages), ext: key.extractable };
      if (name !== "Ed25519") return { kty: "oct", k: toBase64(data), alg: algOf(key), ...more };
      const jwk = { kty: "OKP", crv: name, x: toBase64(publicOf(key)), ...more };
      if (type === "private") jwk.d = toBase64(data);
      return jwk;
    }
    if (format === "raw" && type !== "private") return bufferOf(TypedArrayPrototypeSlice(data));
    const start = format === "pkcs8" && type === "private" ? PKCS8 : format === "spki" && type === "public" ? SPKI : undefined;
    if (start === undefined) throw unsupported(`a ${type} key of ${name} is not exported as ${format} here`);
    const bytes = new Uint8Array(length(start) + length(data));
    TypedArrayPrototypeSet(bytes, start);
    TypedArrayPrototypeSet(bytes, data, length(start));
    return bufferOf(bytes);
  }

  async function gcm(encrypts, algorithm, key, data) {
    used(key, algorithm, encrypts ? "encrypt" : "decrypt");
    const iv = bytesOf(algorithm.iv, "the iv");
    const additional = algorithm.additionalData === undefined ? new Uint8Array() : bytesOf(algorithm.additionalData, "additionalData");
    const { tagLength = GCM_TAG_BITS } = algorithm;
    if (length(iv) !== GCM_IV_BYTES || tagLength !== GCM_TAG_BITS) throw unsupported("AES-GCM takes an iv of 12 bytes and a tag of 128 bits here");
    const result = await op_wasm_host_aes_gcm(encrypts, dataOf(key), iv, additional, bytesOf(data, "the data"));
    if (result === null) throw error("OperationError", encrypts ? "it cannot be encrypted" : "it is not what was encrypted, or not with this key");
    return bufferOf(result);
  }

  async function derived(algorithm, key, bits, usage) {
    const name = used(key, algorithm, usage);
    if (!NumberIsInteger(bits) || bits < 0 || bits % 8 !== 0 || bits > 2 ** 31) {
      throw error("OperationError", "the number of bits must be a multiple of 8");
    }
    const hash = hashOf(algorithm);
    const salt = bytesOf(algorithm.salt, "the salt");
    let result;
    if (name === "HKDF") {
      result = await op_wasm_host_hkdf(hash, dataOf(key), salt, bytesOf(algorithm.info, "info"), bits / 8);
    } else {
      const { iterations } = algorithm;
      if (!NumberIsInteger(iterations) || iterations < 1 || iterations > 2 ** 32 - 1) {
        throw error("OperationError", "iterations must be an integer from 1 to 4294967295");
      }
      result = await op_wasm_host_pbkdf2(hash, dataOf(key), salt, iterations, bits / 8);
    }
    if (result === null) throw error("OperationError", "so many bits cannot be derived");
    return result;
  }

  // How long a key is that is generated or derived.
  function bitsOf(algorithm) {
    const name = algorithmIn(algorithm);
    if (name === "HMAC") {
      const hash = hashOf(algorithm);
      const bits = memberOf(algorithm, "length") ?? hashes[hash] * 8;
      if (!NumberIsInteger(bits) || bits < 8 || bits % 8 !== 0 || bits > 2 ** 20) throw error("OperationError", "such a key of HMAC cannot be");
      return bits;
    }
    if (name !== "AES-GCM") throw unsupported(`a key of ${name} is not made so`);
    const bits = memberOf(algorithm, "length");
    if (bits === undefined) throw new TypeError("an algorithm AES-GCM must be an object with the length of its key");
    if (bits !== 128 && bits !== 192 && bits !== 256) throw error("OperationError", "a key of AES has 128, 192 or 256 bits");
    return bits;
  }

  const made = {};

  class SubtleCrypto {
    constructor(by) {
      if (by !== made) throw new TypeError("Illegal constructor");
    }

    async digest(algorithm, data) {
      return bufferOf(await op_wasm_host_digest(hashIn(algorithm), bytesOf(data, "the data")));
    }

    async generateKey(algorithm, extractable, usages) {
      const wanted = usagesIn(usages);
      const name = algorithmIn(algorithm);
      if (name !== "Ed25519") return secretKey(algorithm, random(bitsOf(algorithm) / 8), !!extractable, wanted);
      const seed = random(32);
      const of = (type) => ArrayPrototypeFilter(wanted, (usage) => isOf(type, usage) || !ArrayPrototypeIncludes(usagesOf[name], usage));
      return {
        privateKey: edKey("private", seed, !!extractable, of("private")),
        publicKey: edKey("public", op_wasm_host_ed25519_public(seed), true, of("public")),
      };
    }

    async importKey(format, data, algorithm, extractable, usages) {
      const wanted = usagesIn(usages);
      if (algorithmIn(algorithm) === "Ed25519") return importEd(format, data, !!extractable, wanted);
      return importSecret(format, data, algorithm, !!extractable, wanted);
    }

    async exportKey(format, key) {
      if (!ObjectPrototypeIsPrototypeOf(CryptoKey.prototype, key)) throw new TypeError("the key must be a CryptoKey");
      if (!key.extractable) throw error("InvalidAccessError", "the key is not extractable");
      return exported(format, key);
    }

    async sign(algorithm, key, data) {
      const name = used(key, algorithm, "sign");
      const bytes = bytesOf(data, "the data");
      if (name === "Ed25519") return bufferOf(await op_wasm_host_ed25519_sign(dataOf(key), bytes));
      return bufferOf(await op_wasm_host_hmac(key.algorithm.hash.name, dataOf(key), bytes));
    }

    async verify(algorithm, key, signature, data) {
      const name = used(key, algorithm, "verify");
      const tag = bytesOf(signature, "the signature");
      const bytes = bytesOf(data, "the data");
      if (name === "Ed25519") return await op_wasm_host_ed25519_verify(dataOf(key), tag, bytes);
      return await op_wasm_host_hmac_verify(key.algorithm.hash.name, dataOf(key), tag, bytes);
    }

    async encrypt(algorithm, key, data) {
      return await gcm(true, algorithm, key, data);
    }

    async decrypt(algorithm, key, data) {
      return await gcm(false, algorithm, key, data);
    }

    async deriveBits(algorithm, key, bits) {
      return bufferOf(await derived(algorithm, key, bits, "deriveBits"));
    }

    async deriveKey(algorithm, key, derivedAlgorithm, extractable, usages) {
      const wanted = usagesIn(usages);
      const bytes = await derived(algorithm, key, bitsOf(derivedAlgorithm), "deriveKey");
      return secretKey(derivedAlgorithm, bytes, !!extractable, wanted);
    }
  }

  class Crypto {
    #subtle = new SubtleCrypto(made);

    constructor(by) {
      if (by !== made) throw new TypeError("Illegal constructor");
    }

    get subtle() {
      return this.#subtle;
    }

    getRandomValues(array) {
      if (!ArrayPrototypeIncludes(integers, TypedArrayPrototypeGetSymbolToStringTag(array))) {
        throw error("TypeMismatchError", "the array must be one of integers");
      }
      const count = length(array);
      if (count > 65536) throw error("QuotaExceededError", `the array has ${count} bytes, of which 65536 are filled at once`);
      const bytes = new Uint8Array(TypedArrayPrototypeGetBuffer(array), TypedArrayPrototypeGetByteOffset(array), count);
      TypedArrayPrototypeSet(bytes, random(count));
      return array;
    }

    randomUUID() {
      const bytes = random(16);
      bytes[6] = bytes[6] & 0x0f | 0x40;
      bytes[8] = bytes[8] & 0x3f | 0x80;
      const digits = [];
      for (let i = 0; i < 16; i++) ArrayPrototypePush(digits, StringPrototypePadStart(NumberPrototypeToString(bytes[i], 16), 2, "0"));
      const text = ArrayPrototypeJoin(digits, "");
      const parts = [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]];
      const words = [];
      for (let i = 0; i < parts.length; i++) words[i] = StringPrototypeSlice(text, parts[i][0], parts[i][1]);
      return ArrayPrototypeJoin(words, "-");
    }
  }

  return { Crypto, CryptoKey, SubtleCrypto, crypto: new Crypto(made) };
})();
