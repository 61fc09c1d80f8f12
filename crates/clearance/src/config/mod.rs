//! Configuration: from files and options to settings that cannot be invalid.
//!
//! Stages: raw text → [`options`] of one file, typed and with places ([`reader`], [`peers`]) → all files of the target ([`load`]) → merged with the command
//! line and checked against the catalogue ([`resolve`]) → [`Settings`]. Rules and reports see only the last.

mod effective;
mod error;
mod ignores;
mod ini;
mod load;
mod models;
mod options;
mod origin;
mod patterns;
mod peers;
mod reader;
mod resolve;
mod secrets;
mod selection;
mod settings;

pub(crate) use effective::{describe, peer_lines};
pub(crate) use error::ConfigError;
pub(crate) use ignores::End;
pub(crate) use load::{Loaded, Use};
pub(crate) use models::{ModelFile, library, model_lines, read_models};
pub(crate) use origin::Sited;
pub(crate) use resolve::{CommandLine, Known, resolve};
pub(crate) use secrets::{SecretsFiles, SecretsWanted, read_secrets, unknown_detector};
pub(crate) use settings::{AcceptRule, Accepted, FileSettings, HiddenBecause, Settings};
