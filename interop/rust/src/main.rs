// A relying party on the released crate `ccatoken`: decode, verify with a trust anchor store, appraise with a reference value
// store, compare the challenge. Exit 0 accepts, 1 refuses, 77 has no store to try; a panic is an abort.
// SPDX-License-Identifier: Apache-2.0
use ccatoken::store::{MemoRefValueStore, MemoTrustAnchorStore};
use ccatoken::token::Evidence;
use std::process::exit;
use std::{env, fs};

const REFUSED: i32 = 1;
const USAGE: i32 = 2;
const UNSUPPORTED: i32 = 77;
const CHALLENGE_SIZE: usize = 64;

/// The affirming tier of AR4SI.
fn affirming(claim: i8) -> bool {
    (2..32).contains(&claim)
}

/// A vector is as bad as its worst claim: whether any of the eight, of the platform or the realm, is in AR4SI's contraindicated tier.
fn contraindicated(evidence: &Evidence) -> bool {
    let (platform, realm) = evidence.get_trust_vectors();
    let bad = |claim: i8| !(-96..96).contains(&claim);
    (0..8).any(|key| {
        [&platform, &realm]
            .iter()
            .any(|vector| vector.by_key(key).map_or(true, |claim| bad(claim.get())))
    })
}

fn refuse(why: impl std::fmt::Display) -> ! {
    println!("refused: {why}");
    exit(REFUSED)
}

fn usage(why: impl std::fmt::Display) -> ! {
    eprintln!("{why}\nusage: rust-ccatoken [--ta STORE] [--rv STORE] [--challenge HEX] TOKEN");
    exit(USAGE)
}

#[derive(Default)]
struct Words {
    ta: String,
    rv: String,
    challenge: String,
    token: String,
}

fn read_words() -> Words {
    let mut words = Words::default();
    let mut rest = env::args().skip(1);
    while let Some(word) = rest.next() {
        let target = match word.as_str() {
            "--ta" => &mut words.ta,
            "--rv" => &mut words.rv,
            "--challenge" => &mut words.challenge,
            _ => {
                words.token = word;
                continue;
            }
        };
        *target = rest.next().unwrap_or_else(|| usage("a value is missing"));
    }
    words
}

fn verify(evidence: &mut Evidence, store: &str) {
    let mut anchors = MemoTrustAnchorStore::new();
    if let Err(e) = anchors.load_json(store) {
        usage(e);
    }
    if let Err(e) = evidence.verify(&anchors) {
        refuse(e);
    }
    let (platform, realm) = evidence.get_trust_vectors();
    if contraindicated(evidence) {
        refuse("verification contraindicates");
    }
    if !affirming(platform.instance_identity.get()) || !affirming(realm.instance_identity.get()) {
        refuse("verification does not affirm the instances");
    }
}

fn appraise(evidence: &mut Evidence, store: &str) {
    let mut references = MemoRefValueStore::new();
    if let Err(e) = references.load_json(store) {
        usage(e);
    }
    if let Err(e) = evidence.appraise(&references) {
        refuse(e);
    }
    let (platform, realm) = evidence.get_trust_vectors();
    if contraindicated(evidence) {
        refuse("appraisal contraindicates");
    }
    if !affirming(platform.hardware.get()) || !affirming(realm.executables.get()) {
        refuse("appraisal does not affirm the platform and the realm");
    }
}

fn main() {
    let words = read_words();
    let token = fs::read(&words.token).unwrap_or_else(|e| usage(e));
    let mut challenge = hex::decode(&words.challenge).unwrap_or_else(|e| usage(e));

    let mut evidence = Evidence::decode(&token).unwrap_or_else(|e| refuse(e));
    let Ok(anchors) = fs::read_to_string(&words.ta) else {
        exit(UNSUPPORTED)
    };
    verify(&mut evidence, &anchors);
    if !words.rv.is_empty() {
        let references = fs::read_to_string(&words.rv).unwrap_or_else(|e| usage(e));
        appraise(&mut evidence, &references);
    }
    // Freshness is the caller's part. A shorter challenge is padded with zeros.
    if !challenge.is_empty() {
        challenge.resize(challenge.len().max(CHALLENGE_SIZE), 0);
        if evidence.realm_claims.challenge[..] != challenge[..] {
            refuse("another challenge");
        }
    }
    println!("accepted");
}
