//! What is planted: an example of every detector in every place, and passwords without a form.

use std::io::Write;

use clearance_secrets::{
    detector::{Form, built_in},
    template::expand,
};
use data_encoding::{BASE64, HEXLOWER};
use flate2::{Compression, write::GzEncoder};

use super::Item;

pub(super) fn all() -> Vec<Item> {
    let mut items = Vec::new();
    for (number, detector) in (0u64..).zip(built_in()) {
        let Some(example) = detector.examples.first() else { continue };
        let make = |place: u64| reachable(&expand(example, number * 31 + place).unwrap());
        let is_token = |text: &str| {
            matches!(detector.form, Form::Starts(_)) && !text.contains(['\n', '"', '\'', ' ', '\\'])
        };
        let mut plant = |group: &'static str, path: String, bytes: Vec<u8>| {
            let what = format!("{} in {group}", detector.id);
            items.push(Item { path, bytes, group, what, planted: 1, decoys: 0 });
        };
        let id = &detector.id;
        let text = make(0);
        let lines = text.contains('\n');
        if is_token(&text) {
            let python = format!("from service import connect\n\nclient = connect(\"{text}\", retries=3)\n");
            plant("code", format!("code/{id}.py"), python.into_bytes());
            let script = format!("import {{ api }} from './api';\nconst client = api('{}');\n", make(1));
            plant("code", format!("code/{id}.js"), script.into_bytes());
            plant(
                "configuration",
                format!("settings/{id}.json"),
                format!("{{\"id\": 3, \"value\": \"{}\"}}\n", make(2)).into_bytes(),
            );
            plant(
                "configuration",
                format!("settings/{id}.yaml"),
                format!("service:\n  value: {}\n  retries: 3\n", make(3)).into_bytes(),
            );
        } else {
            plant(
                "configuration",
                format!("settings/{id}.conf"),
                format!("# service\n{text}\n").into_bytes(),
            );
        }
        let note = |place: u64| format!("service notes of may\n{}\nretries 3, timeout 20\n", make(place));
        plant("zip", format!("packed/{id}.zip"), zipped(&note(4)));
        plant("tar.gz", format!("packed/{id}.tar.gz"), tarred(&note(5)));
        plant(
            "base64",
            format!("encoded/{id}.b64.yaml"),
            format!("data:\n  notes: {}\n", BASE64.encode(note(6).as_bytes())).into_bytes(),
        );
        plant(
            "hexadecimal",
            format!("encoded/{id}.hex.txt"),
            format!("notes {}\n", HEXLOWER.encode(note(7).as_bytes())).into_bytes(),
        );
        plant(
            "gzip in base64",
            format!("encoded/{id}.gz.txt"),
            format!("notes: {}\n", BASE64.encode(&gzipped(note(8).as_bytes()))).into_bytes(),
        );
        // Addresses hold no files.
        if !lines {
            plant(
                "percent-encoding",
                format!("encoded/{id}.url.txt"),
                format!("see https://service.internal/open?body={}\n", percent(&note(9))).into_bytes(),
            );
        }
    }
    passwords(&mut items);
    items
}

/// Hosts of documentation weigh `info`, and templates name no others: a real one in their place.
fn reachable(text: &str) -> String {
    text.replace("example.org", "orchard-shop.eu").replace("example.com", "orchard-shop.eu")
}

/// Passwords and keys without a form of their own.
fn passwords(items: &mut Vec<Item>) {
    let places: [(&str, &str); 12] = [
        ("env", "DB_PASSWORD=<base62:12>7q<base62:4>\n"),
        ("env", "export SECRET_KEY='<printable:20>x7Q<base62:14>'\n"),
        ("yaml", "database:\n  password: \"<base62:10>4k<base62:6>\"\n"),
        ("yaml", "api_key: <hex:32>\n"),
        ("json", "{\"client_secret\": \"<base62:24>9t<base62:6>\"}\n"),
        ("ini", "[smtp]\npassword = <base62:9>8w<base62:3>\n"),
        ("properties", "spring.datasource.password=<base62:10>5e<base62:4>\n"),
        ("tf", "variable \"x\" {}\nlocals {\n  admin_password = \"<base62:11>3Z<base62:3>\"\n}\n"),
        ("js", "const authToken = '<base62:20>6h<base62:10>';\n"),
        ("sh", "mysqldump --password=<base62:10>2v<base62:4> shop\n"),
        ("env", "DATABASE_URL=postgres://shop:<base62:8>9u<base62:6>@db.shop.internal.net:5432/shop\n"),
        ("yaml", "broker: amqp://worker:<base62:9>1y<base62:5>@mq.shop.net/\n"),
    ];
    for (number, (ending, template)) in places.iter().enumerate() {
        for seed in 0..20 {
            let text = expand(template, seed * 7 + number as u64).unwrap();
            items.push(Item {
                path: format!("passwords/{number}-{seed}.{ending}"),
                bytes: text.into_bytes(),
                group: "passwords",
                what: template.trim().to_owned(),
                planted: 1,
                decoys: 0,
            });
        }
    }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zipped(text: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("notes/may.txt", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

fn tarred(text: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, "notes/may.txt", text.as_bytes()).unwrap();
    gzipped(&builder.into_inner().unwrap())
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}
