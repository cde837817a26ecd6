//! What the web's `crypto` computes, with the library that TLS uses here. js/host/crypto.js has checked the arguments.

use super::failure::Failure;
use crate::blocking;
use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use aws_lc_rs::{digest, error::Unspecified, hkdf, hmac, pbkdf2, rand};
use deno_core::op2;
use std::num::NonZeroU32;

/// What takes longer than this many bytes do is not computed by the event loop's own thread.
const AT_ONCE_MAX: usize = 32 * 1024;

/// The y of the points of order 8. Those of the points of order 1, 2 and 4 are 1, -1 and 0.
const ORDER_8: [[u8; 32]; 2] = [
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

/// Fills the buffer with random bytes. False if there are none to be had.
#[op2(fast)]
pub(super) fn op_wasm_host_random(#[buffer] bytes: &mut [u8]) -> bool {
    rand::fill(bytes).is_ok()
}

#[op2]
#[buffer]
pub(super) async fn op_wasm_host_digest(
    #[string] hash: String,
    #[buffer(copy)] data: Vec<u8>,
) -> Result<Option<Vec<u8>>, Failure> {
    let length = data.len();
    computed(length, move || Some(digest::digest(hash_of(&hash)?, &data).as_ref().to_vec())).await
}

#[op2]
#[buffer]
pub(super) async fn op_wasm_host_hmac(
    #[string] hash: String,
    #[buffer(copy)] key: Vec<u8>,
    #[buffer(copy)] data: Vec<u8>,
) -> Result<Option<Vec<u8>>, Failure> {
    let length = data.len();
    computed(length, move || Some(hmac::sign(&hmac_key(&hash, &key)?, &data).as_ref().to_vec())).await
}

/// Takes as long for every wrong tag.
#[op2]
pub(super) async fn op_wasm_host_hmac_verify(
    #[string] hash: String,
    #[buffer(copy)] key: Vec<u8>,
    #[buffer(copy)] tag: Vec<u8>,
    #[buffer(copy)] data: Vec<u8>,
) -> Result<bool, Failure> {
    let length = data.len();
    let verified = computed(length, move || Some(hmac::verify(&hmac_key(&hash, &key)?, &data, &tag).is_ok()));
    Ok(verified.await? == Some(true))
}

/// The data and its tag; or the data of these, and null if they were changed.
#[op2]
#[buffer]
pub(super) async fn op_wasm_host_aes_gcm(
    encrypts: bool,
    #[buffer(copy)] key: Vec<u8>,
    #[buffer(copy)] iv: Vec<u8>,
    #[buffer(copy)] additional: Vec<u8>,
    #[buffer(copy)] data: Vec<u8>,
) -> Result<Option<Vec<u8>>, Failure> {
    let length = data.len() + additional.len();
    computed(length, move || aes_gcm(encrypts, &key, &iv, &additional, data).ok()).await
}

fn aes_gcm(
    encrypts: bool,
    key: &[u8],
    iv: &[u8],
    additional: &[u8],
    mut data: Vec<u8>,
) -> Result<Vec<u8>, Unspecified> {
    let algorithm = match key.len() {
        16 => &AES_128_GCM,
        24 => &AES_192_GCM,
        _ => &AES_256_GCM,
    };
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key)?);
    let (nonce, additional) = (Nonce::try_assume_unique_for_key(iv)?, Aad::from(additional));
    if encrypts {
        key.seal_in_place_append_tag(nonce, additional, &mut data)?;
    } else {
        let length = key.open_in_place(nonce, additional, &mut data)?.len();
        data.truncate(length);
    }
    Ok(data)
}

#[op2]
#[buffer]
pub(super) async fn op_wasm_host_hkdf(
    #[string] hash: String,
    #[buffer(copy)] key: Vec<u8>,
    #[buffer(copy)] salt: Vec<u8>,
    #[buffer(copy)] info: Vec<u8>,
    #[smi] length: u32,
) -> Result<Option<Vec<u8>>, Failure> {
    computed(key.len() + info.len(), move || {
        let algorithm = match hash.as_str() {
            "SHA-1" => hkdf::HKDF_SHA1_FOR_LEGACY_USE_ONLY,
            "SHA-256" => hkdf::HKDF_SHA256,
            "SHA-384" => hkdf::HKDF_SHA384,
            "SHA-512" => hkdf::HKDF_SHA512,
            _ => return None,
        };
        let mut derived = vec![0; length as usize];
        let secret = hkdf::Salt::new(algorithm, &salt).extract(&key);
        secret.expand(&[&info], Length(derived.len())).ok()?.fill(&mut derived).ok()?;
        Some(derived)
    })
    .await
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[op2]
#[buffer]
pub(super) async fn op_wasm_host_pbkdf2(
    #[string] hash: String,
    #[buffer(copy)] password: Vec<u8>,
    #[buffer(copy)] salt: Vec<u8>,
    iterations: u32,
    #[smi] length: u32,
) -> Result<Option<Vec<u8>>, Failure> {
    // It is meant to take long.
    computed(usize::MAX, move || {
        let algorithm = match hash.as_str() {
            "SHA-1" => pbkdf2::PBKDF2_HMAC_SHA1,
            "SHA-256" => pbkdf2::PBKDF2_HMAC_SHA256,
            "SHA-384" => pbkdf2::PBKDF2_HMAC_SHA384,
            "SHA-512" => pbkdf2::PBKDF2_HMAC_SHA512,
            _ => return None,
        };
        let mut derived = vec![0; length as usize];
        pbkdf2::derive(algorithm, NonZeroU32::new(iterations)?, &salt, &password, &mut derived);
        Some(derived)
    })
    .await
}

/// The public key of a private one, which are 32 bytes each; null for what is none.
#[op2]
#[buffer]
pub(super) fn op_wasm_host_ed25519_public(#[buffer] seed: &[u8]) -> Option<Vec<u8>> {
    Some(Ed25519KeyPair::from_seed_unchecked(seed).ok()?.public_key().as_ref().to_vec())
}

#[op2]
#[buffer]
pub(super) async fn op_wasm_host_ed25519_sign(
    #[buffer(copy)] seed: Vec<u8>,
    #[buffer(copy)] data: Vec<u8>,
) -> Result<Option<Vec<u8>>, Failure> {
    let length = data.len();
    computed(length, move || {
        Some(Ed25519KeyPair::from_seed_unchecked(&seed).ok()?.try_sign(&data).ok()?.as_ref().to_vec())
    })
    .await
}

#[op2]
pub(super) async fn op_wasm_host_ed25519_verify(
    #[buffer(copy)] key: Vec<u8>,
    #[buffer(copy)] signature: Vec<u8>,
    #[buffer(copy)] data: Vec<u8>,
) -> Result<bool, Failure> {
    let length = data.len();
    // With such a key, signatures are of whatever one likes.
    if [&key, &signature].into_iter().any(|start| is_of_small_order(start)) {
        return Ok(false);
    }
    let verified = move || Some(UnparsedPublicKey::new(&ED25519, key).verify(&data, &signature).is_ok());
    Ok(computed(length, verified).await? == Some(true))
}

/// Does this start with a point of Ed25519 of small order, in whichever of its encodings?
fn is_of_small_order(start: &[u8]) -> bool {
    let Some((point, _)) = start.split_first_chunk::<32>() else { return false };
    let mut y = *point;
    // The sign of x.
    y[31] &= 0x7f;
    // -1, 0 and 1 once more, by the prime itself.
    let near_prime = |low: u8| y[0] == low && y[1..31].iter().all(|byte| *byte == 0xff) && y[31] == 0x7f;
    let is_small = |low: u8| y[0] == low && y[1..].iter().all(|byte| *byte == 0);
    is_small(0) || is_small(1) || near_prime(0xec) || near_prime(0xed) || near_prime(0xee) || ORDER_8.contains(&y)
}

fn hash_of(name: &str) -> Option<&'static digest::Algorithm> {
    match name {
        "SHA-1" => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        "SHA-256" => Some(&digest::SHA256),
        "SHA-384" => Some(&digest::SHA384),
        "SHA-512" => Some(&digest::SHA512),
        _ => None,
    }
}

fn hmac_key(hash: &str, key: &[u8]) -> Option<hmac::Key> {
    let algorithm = match hash {
        "SHA-1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "SHA-256" => hmac::HMAC_SHA256,
        "SHA-384" => hmac::HMAC_SHA384,
        "SHA-512" => hmac::HMAC_SHA512,
        _ => return None,
    };
    Some(hmac::Key::new(algorithm, key))
}

/// Computes it here if that is soon done, and else on a thread of its own.
async fn computed<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> Option<T> + Send + 'static,
) -> Result<Option<T>, Failure> {
    if bytes <= AT_ONCE_MAX {
        return Ok(work());
    }
    blocking::run(work).await.map_err(|error| Failure::io("there is no thread to compute on", &error))
}
