// Globals: random numbers, and of the web's cryptography the algorithms that there are.

type HashName = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";
type HashAlgorithmIdentifier = HashName | { name: HashName };
type KeyType = "private" | "public" | "secret";
type KeyUsage = "decrypt" | "deriveBits" | "deriveKey" | "encrypt" | "sign" | "verify";
type KeyFormat = "jwk" | "pkcs8" | "raw" | "spki";

/** The `iv` has 12 bytes. */
interface AesGcmParams {
  name: "AES-GCM";
  iv: BufferSource;
  additionalData?: BufferSource;
  tagLength?: 128;
}
interface HkdfParams {
  name: "HKDF";
  hash: HashAlgorithmIdentifier;
  salt: BufferSource;
  info: BufferSource;
}
interface Pbkdf2Params {
  name: "PBKDF2";
  hash: HashAlgorithmIdentifier;
  salt: BufferSource;
  iterations: number;
}
/** `length` in bits. */
interface AesKeyGenParams {
  name: "AES-GCM";
  length: 128 | 192 | 256;
}
interface HmacKeyParams {
  name: "HMAC";
  hash: HashAlgorithmIdentifier;
  length?: number;
}
type SignAlgorithmIdentifier = "Ed25519" | "HMAC" | { name: "Ed25519" | "HMAC" };
type Ed25519AlgorithmIdentifier = "Ed25519" | { name: "Ed25519" };
type SecretAlgorithmIdentifier = "AES-GCM" | "HKDF" | "PBKDF2" | { name: "AES-GCM" | "HKDF" | "PBKDF2" } | HmacKeyParams;

interface JsonWebKey {
  alg?: string;
  crv?: string;
  d?: string;
  ext?: boolean;
  k?: string;
  key_ops?: string[];
  kty?: string;
  use?: string;
  x?: string;
}
/** With `hash` for HMAC, and `length` in bits for HMAC and AES-GCM. */
interface KeyAlgorithm {
  name: string;
  hash?: { name: HashName };
  length?: number;
}
interface CryptoKey {
  readonly algorithm: Readonly<KeyAlgorithm>;
  readonly extractable: boolean;
  readonly type: KeyType;
  readonly usages: readonly KeyUsage[];
}
declare var CryptoKey: NotConstructible<CryptoKey>;
interface CryptoKeyPair {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

interface SubtleCrypto {
  digest(algorithm: HashAlgorithmIdentifier, data: AllowSharedBufferSource): Promise<ArrayBuffer>;
  sign(algorithm: SignAlgorithmIdentifier, key: CryptoKey, data: AllowSharedBufferSource): Promise<ArrayBuffer>;
  verify(
    algorithm: SignAlgorithmIdentifier,
    key: CryptoKey,
    signature: AllowSharedBufferSource,
    data: AllowSharedBufferSource,
  ): Promise<boolean>;
  encrypt(algorithm: AesGcmParams, key: CryptoKey, data: AllowSharedBufferSource): Promise<ArrayBuffer>;
  /** Rejects with an `OperationError` for what was not encrypted so. */
  decrypt(algorithm: AesGcmParams, key: CryptoKey, data: AllowSharedBufferSource): Promise<ArrayBuffer>;
  /** `length` in bits. */
  deriveBits(algorithm: HkdfParams | Pbkdf2Params, key: CryptoKey, length: number): Promise<ArrayBuffer>;
  deriveKey(
    algorithm: HkdfParams | Pbkdf2Params,
    key: CryptoKey,
    derivedKeyType: AesKeyGenParams | HmacKeyParams,
    extractable: boolean,
    usages: readonly KeyUsage[],
  ): Promise<CryptoKey>;
  generateKey(algorithm: Ed25519AlgorithmIdentifier, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKeyPair>;
  generateKey(algorithm: AesKeyGenParams | HmacKeyParams, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey>;
  importKey(
    format: "jwk",
    key: JsonWebKey,
    algorithm: Ed25519AlgorithmIdentifier | SecretAlgorithmIdentifier,
    extractable: boolean,
    usages: readonly KeyUsage[],
  ): Promise<CryptoKey>;
  importKey(
    format: "raw",
    key: AllowSharedBufferSource,
    algorithm: Ed25519AlgorithmIdentifier | SecretAlgorithmIdentifier,
    extractable: boolean,
    usages: readonly KeyUsage[],
  ): Promise<CryptoKey>;
  importKey(
    format: "pkcs8" | "spki",
    key: AllowSharedBufferSource,
    algorithm: Ed25519AlgorithmIdentifier,
    extractable: boolean,
    usages: readonly KeyUsage[],
  ): Promise<CryptoKey>;
  exportKey(format: "jwk", key: CryptoKey): Promise<JsonWebKey>;
  exportKey(format: Exclude<KeyFormat, "jwk">, key: CryptoKey): Promise<ArrayBuffer>;
  exportKey(format: KeyFormat, key: CryptoKey): Promise<ArrayBuffer | JsonWebKey>;
}
declare var SubtleCrypto: NotConstructible<SubtleCrypto>;

type IntegerArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;
interface Crypto {
  readonly subtle: SubtleCrypto;
  /** Fills an array of up to 65,536 bytes, and gives it back. */
  getRandomValues<Integers extends IntegerArray>(array: Integers): Integers;
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
}
declare var Crypto: NotConstructible<Crypto>;
declare var crypto: Crypto;
