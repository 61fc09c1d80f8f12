//! Parsers that do what a document says.

use crate::CodeRule;

mod common;
pub mod xml_bomb;
pub mod xml_external_entity;

pub mod lxml_parse;
pub mod xml_celementtree_parse;
pub mod xml_etree_parse;
pub mod xml_expatbuilder;
pub mod xml_expatreader;
pub mod xml_minidom_parse;
pub mod xml_pulldom_parse;
pub mod xml_sax_parse;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &lxml_parse::CHECK,
    &xml_bomb::CHECK,
    &xml_celementtree_parse::CHECK,
    &xml_etree_parse::CHECK,
    &xml_expatbuilder::CHECK,
    &xml_expatreader::CHECK,
    &xml_external_entity::CHECK,
    &xml_minidom_parse::CHECK,
    &xml_pulldom_parse::CHECK,
    &xml_sax_parse::CHECK,
];
