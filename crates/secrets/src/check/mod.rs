//! Checks of structure: what a credential's own form says of it, without asking anybody.

mod armour;
mod cloud;
mod jwt;
mod number;
mod plain;
mod sum;
mod token;

pub(crate) use number::luhn;
pub(crate) use sum::{base36_crc32, base62_crc32, bech32};

type Check = fn(&[u8]) -> bool;

/// Every check, by name.
const CHECKS: &[(&str, Check)] = &[
    ("age-key", sum::age_key),
    ("aws-key-id", cloud::aws_key_id),
    ("aws-secret-key", cloud::aws_secret_key),
    ("azure-account-key", cloud::azure_account_key),
    ("base64-16-bytes", plain::base64_16),
    ("base64-32-bytes", plain::base64_32),
    ("base64-64-bytes", plain::base64_64),
    ("base64-json", plain::base64_json),
    ("base64-user-password", plain::base64_user_password),
    ("discord-token", token::discord),
    ("github-crc32", sum::github),
    ("gitlab-routable", sum::gitlab_routable),
    ("iban", number::iban),
    ("jwt", jwt::holds),
    ("letters-and-digits", plain::letters_and_digits),
    ("luhn", number::card),
    ("mixed-case-and-digits", plain::mixed_case_and_digits),
    ("nostr-key", sum::nostr_key),
    ("npm-crc32", sum::github),
    ("openssh-key", armour::openssh),
    ("password", plain::password),
    ("pem", armour::pem),
    ("pgp-key", armour::pgp),
    ("putty-key", armour::putty),
    ("pypi-macaroon", token::pypi),
    ("slack-token", token::slack),
    ("stripe-key", token::stripe),
    ("telegram-token", token::telegram),
    ("uuid", number::uuid),
];

/// Whether the credential has the structure that the check asks for; nothing where no check has this name.
pub fn holds(check: &str, secret: &[u8]) -> Option<bool> {
    CHECKS.iter().find(|(name, _)| *name == check).map(|(_, holds)| holds(secret))
}

/// What the structure tells besides, in a few words (`"account 123456789012"`, `"without a passphrase"`). Never any part of the secret that is one.
pub fn note(check: &str, secret: &[u8]) -> Option<String> {
    match check {
        "aws-key-id" => cloud::account(secret).map(|account| format!("account {account}")),
        "jwt" => jwt::note(secret),
        "pem" | "openssh-key" | "putty-key" => armour::encrypted(secret).map(|encrypted| {
            if encrypted { "encrypted with a passphrase" } else { "without a passphrase" }.to_owned()
        }),
        "stripe-key" => token::stripe_mode(secret).map(str::to_owned),
        _ => None,
    }
}

/// The names of all checks, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|(name, _)| *name)
}
