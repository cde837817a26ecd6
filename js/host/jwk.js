// Keys as JSON (RFC 7517), for the global crypto: what they say of themselves beside their bytes, and how bytes are written in them.

(function () {
  const { core, primordials } = __bootstrap;
  const {
    ArrayIsArray, ArrayPrototypeIncludes, ArrayPrototypeIndexOf, ArrayPrototypeJoin, StringPrototypeReplaceAll, StringPrototypeSlice, TypeError,
  } = primordials;
  const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
  const { forgivingBase64Decode, forgivingBase64Encode } = core.loadExtScript("ext:deno_web/00_infra.js");

  const wrong = (message) => new DOMException(message, "DataError");

  function toBase64(bytes) {
    const text = StringPrototypeReplaceAll(forgivingBase64Encode(bytes), "+", "-");
    return StringPrototypeReplaceAll(StringPrototypeReplaceAll(text, "/", "_"), "=", "");
  }

  function fromBase64(text, what) {
    if (typeof text !== "string") throw wrong(`the key has no ${what}`);
    try {
      return forgivingBase64Decode(StringPrototypeReplaceAll(StringPrototypeReplaceAll(text, "-", "+"), "_", "/"));
    } catch {
      throw wrong(`${what} of the key is no base64url`);
    }
  }

  // The name of a secret key's algorithm.
  function algOf(key) {
    const { name, hash, length } = key.algorithm;
    return name === "HMAC" ? `HS${StringPrototypeSlice(hash.name, 4)}` : `A${length}GCM`;
  }

  // Refuses what a key says that it is not for. `use` and `algs` are those of the algorithm that it is to be of.
  function checkJwk(jwk, use, algs, extractable, usages) {
    if (jwk.ext !== undefined && !jwk.ext && extractable) throw wrong("the key says by ext that it is not extractable");
    if (jwk.use !== undefined && usages.length > 0 && jwk.use !== use) throw wrong(`use of the key must be ${use}`);
    if (jwk.alg !== undefined && !ArrayPrototypeIncludes(algs, jwk.alg)) {
      throw wrong(`alg of the key must be ${ArrayPrototypeJoin(algs, " or ")}`);
    }
    const known = jwk.key_ops;
    if (known === undefined) return;
    if (!ArrayIsArray(known)) throw new TypeError("key_ops of the key must be an array");
    for (let i = 0; i < known.length; i++) {
      if (ArrayPrototypeIndexOf(known, known[i]) !== i) throw wrong("key_ops of the key has one of them twice");
    }
    for (let i = 0; i < usages.length; i++) {
      if (!ArrayPrototypeIncludes(known, usages[i])) throw wrong(`key_ops of the key does not have ${usages[i]}`);
    }
  }

  return { algOf, checkJwk, fromBase64, toBase64 };
})();
