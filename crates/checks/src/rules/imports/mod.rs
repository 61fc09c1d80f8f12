//! Imports that say where an auditor looks. The findings about what is done with them come from the other families.

use crate::CodeRule;

mod common;
pub mod import_ftplib;
pub mod import_httpoxy;
pub mod import_lxml;
pub mod import_pickle;
pub mod import_pycrypto;
pub mod import_pyghmi;
pub mod import_subprocess;
pub mod import_telnetlib;
pub mod import_xml_etree;
pub mod import_xml_expat;
pub mod import_xml_minidom;
pub mod import_xml_pulldom;
pub mod import_xml_sax;
pub mod import_xmlrpc;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &import_ftplib::CHECK,
    &import_httpoxy::CHECK,
    &import_lxml::CHECK,
    &import_pickle::CHECK,
    &import_pycrypto::CHECK,
    &import_pyghmi::CHECK,
    &import_subprocess::CHECK,
    &import_telnetlib::CHECK,
    &import_xml_etree::CHECK,
    &import_xml_expat::CHECK,
    &import_xml_minidom::CHECK,
    &import_xml_pulldom::CHECK,
    &import_xml_sax::CHECK,
    &import_xmlrpc::CHECK,
];
