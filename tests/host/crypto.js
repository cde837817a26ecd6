// Known answers: FIPS 180 for the digests, RFC 4231 for HMAC, RFC 5869 for HKDF, RFC 7914 for PBKDF2, RFC 8032 for Ed25519, NIST's for AES-GCM.
const { subtle } = crypto;
const bytes = (hex) => new Uint8Array(hex.match(/../g)?.map((byte) => parseInt(byte, 16)) ?? []);
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const text = (string) => new TextEncoder().encode(string);
const refused = (promise) => Promise.resolve(promise).then(() => "no error", (error) => `${error.constructor.name} ${error.name}`);

console.log(crypto instanceof Crypto, subtle instanceof SubtleCrypto, crypto.subtle === subtle);
const filled = crypto.getRandomValues(new Uint32Array(64));
console.log(filled.some((number) => number !== filled[0]), crypto.getRandomValues(new BigInt64Array(2)).length);
console.log(new Set(Array.from({ length: 50 }, () => crypto.randomUUID())).size, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()));
for (const wrong of [new Float64Array(1), new Uint8Array(65537), [1], undefined]) console.log(await refused((async () => crypto.getRandomValues(wrong))()));

for (const hash of ["SHA-1", "sha-256", { name: "SHA-384" }, "SHA-512"]) console.log(hex(await subtle.digest(hash, text("abc"))));
console.log(hex(await subtle.digest("SHA-256", new Uint8Array(1_000_000).fill(97))), await refused(subtle.digest("MD5", text(""))), await refused(subtle.digest("SHA-1", "text")));

const mac = await subtle.importKey("raw", text("Jefe"), { name: "hmac", hash: "SHA-256" }, true, ["verify", "sign"]);
const tag = await subtle.sign("HMAC", mac, text("what do ya want for nothing?"));
console.log(hex(tag), await subtle.verify("HMAC", mac, tag, text("what do ya want for nothing?")), await subtle.verify("HMAC", mac, tag, text("nothing")));
const { kty, k, alg, key_ops } = await subtle.exportKey("jwk", mac);
console.log(kty, k, alg, key_ops.sort().join(), mac.type, mac.algorithm.hash.name, mac.algorithm.length, [...mac.usages].sort().join());
const again = await subtle.importKey("jwk", await subtle.exportKey("jwk", mac), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
console.log(hex(await subtle.sign("HMAC", again, text("what do ya want for nothing?"))) === hex(tag), await refused(subtle.exportKey("raw", again)), await refused(subtle.verify("HMAC", again, tag, tag)));

const aes = await subtle.importKey("raw", bytes("feffe9928665731c6d6a8f9467308308"), "AES-GCM", false, ["encrypt", "decrypt"]);
const gcm = { name: "AES-GCM", iv: bytes("cafebabefacedbaddecaf888"), additionalData: bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2") };
const plain = bytes("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
const sealed = await subtle.encrypt(gcm, aes, plain);
console.log(hex(sealed).slice(-32), hex(await subtle.decrypt(gcm, aes, sealed)) === hex(plain));
new Uint8Array(sealed)[0] ^= 1;
console.log(await refused(subtle.decrypt(gcm, aes, sealed)), await refused(subtle.encrypt({ ...gcm, iv: new Uint8Array(16) }, aes, plain)));
const large = new Uint8Array(500_000).map((_, index) => index);
const key = await subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
console.log(hex(await subtle.decrypt(gcm, key, await subtle.encrypt(gcm, key, large))) === hex(large), (await subtle.exportKey("raw", key)).byteLength);

const secret = await subtle.importKey("raw", new Uint8Array(22).fill(11), "HKDF", false, ["deriveBits", "deriveKey"]);
const hkdf = { name: "HKDF", hash: "SHA-256", salt: bytes("000102030405060708090a0b0c"), info: bytes("f0f1f2f3f4f5f6f7f8f9") };
console.log(hex(await subtle.deriveBits(hkdf, secret, 336)));
console.log((await subtle.deriveKey(hkdf, secret, { name: "AES-GCM", length: 128 }, false, ["encrypt"])).algorithm.length);
const password = await subtle.importKey("raw", text("passwd"), "PBKDF2", false, ["deriveBits"]);
console.log(hex(await subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: text("salt"), iterations: 1 }, password, 512)));

const seed = bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
const signer = await subtle.importKey("pkcs8", new Uint8Array([...bytes("302e020100300506032b657004220420"), ...seed]), "Ed25519", true, ["sign"]);
console.log(hex(await subtle.sign("Ed25519", signer, bytes("72"))));
const verifier = await subtle.importKey("raw", bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"), { name: "Ed25519" }, true, ["verify"]);
console.log(await subtle.verify("Ed25519", verifier, await subtle.sign("Ed25519", signer, bytes("72")), bytes("72")), await subtle.verify("Ed25519", verifier, new Uint8Array(64), bytes("72")));
console.log((await subtle.exportKey("jwk", signer)).x, hex(await subtle.exportKey("spki", verifier)));
const pair = await subtle.generateKey("Ed25519", false, ["sign", "verify"]);
console.log(await subtle.verify("Ed25519", pair.publicKey, await subtle.sign("Ed25519", pair.privateKey, plain), plain), pair.publicKey.extractable, pair.privateKey.usages.join());
console.log(await refused(subtle.importKey("raw", seed, "Ed25519", true, ["sign"])), await refused(subtle.sign("HMAC", signer, seed)), await refused(subtle.generateKey({ name: "RSA-PSS" }, true, ["sign"])));
console.log(await refused((async () => new CryptoKey())()), await refused((async () => new Crypto())()));

// Points of small order: a signature by such a key, or with such an R, is of any message (https://w3c.github.io/webcrypto/#ed25519-operations).
const small = ["00".repeat(32), "01" + "00".repeat(31), "01" + "00".repeat(30) + "80", "ec" + "ff".repeat(30) + "7f", "ed" + "ff".repeat(31), "ee" + "ff".repeat(30) + "7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"];
const forged = [];
for (const point of small) {
  const weak = await subtle.importKey("raw", bytes(point), "Ed25519", true, ["verify"]);
  for (const r of ["01" + "00".repeat(31), point]) forged.push(await subtle.verify("Ed25519", weak, bytes(r + "00".repeat(32)), text("any message")));
}
console.log(new Set(forged).size, forged[0]);

// What a key says of itself as JSON.
const oct = { kty: "oct", k: "AAAAAAAAAAAAAAAAAAAAAA" }, hs256 = { name: "HMAC", hash: "SHA-256" };
const imported = (jwk, algorithm, usages, extractable = true) => refused(subtle.importKey("jwk", jwk, algorithm, extractable, usages));
for (const said of [{ ext: false }, { use: "enc" }, { alg: "HS512" }, { key_ops: ["verify"] }, { key_ops: ["sign", "sign"] }, { key_ops: "sign" }, { k: undefined }]) {
  console.log(Object.keys(said)[0], await imported({ ...oct, ...said }, hs256, ["sign"]));
}
console.log(await imported({ ...oct, ext: false, use: "sig", alg: "HS256", key_ops: ["verify", "sign"] }, hs256, ["sign"], false), await imported({ ...oct, alg: "HS1" }, { name: "HMAC", hash: "SHA-1" }, ["sign"]));
console.log(await imported({ ...oct, alg: "A256GCM" }, "AES-GCM", ["encrypt"]), await imported({ ...oct, use: "sig" }, "AES-GCM", ["encrypt"]), await imported({ ...oct, alg: "A128GCM", use: "enc" }, "AES-GCM", ["encrypt"]));
const okp = await subtle.exportKey("jwk", signer);
const other = await subtle.exportKey("jwk", pair.publicKey);
for (const said of [{}, { alg: "EdDSA", use: "sig" }, { x: undefined }, { x: other.x }, { use: "enc" }, { alg: "ES256" }, { key_ops: ["verify"] }, { ext: false }]) {
  console.log(Object.keys(said)[0], await imported({ ...okp, ...said }, "Ed25519", ["sign"]));
}
console.log(await imported({ ...oct }, "HKDF", ["deriveBits"], false));

// An algorithm that is only named says nothing of a hash or a length.
for (const made of [() => subtle.importKey("raw", new Uint8Array(4), "HMAC", false, ["sign"]), () => subtle.generateKey("HMAC", false, ["sign"]),
  () => subtle.generateKey("AES-GCM", false, ["encrypt"]), () => subtle.generateKey({ name: "AES-GCM", length: 7 }, false, ["encrypt"]), () => subtle.deriveBits("HKDF", secret, 8)]) {
  console.log(await made().then(() => "no error", (error) => `${error.name} ${error.message}`));
}
