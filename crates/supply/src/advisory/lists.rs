//! Lists about vulnerabilities: the forecasts of EPSS and CISA's known exploited vulnerabilities.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use serde::Deserialize;

use super::{error::ImportError, format::Forecasts, limits::MAX_LIST};

/// Bytes of a line at most.
const MAX_LINE: u64 = 1 << 16;

/// A list as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dated<T> {
    /// As the list says; may be empty.
    pub(super) date: String,
    pub(super) entries: T,
}

/// The number of a CVE id: year, then number.
pub(super) fn cve_key(id: &str) -> Option<u64> {
    let (year, number) = id.strip_prefix("CVE-")?.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(year) || !digits(number) || number.len() > 12 {
        return None;
    }
    let year: u64 = year.parse().ok().filter(|year| *year < 1 << 16)?;
    let number: u64 = number.parse().ok().filter(|number| *number < 1 << 40)?;
    // A number with further zeros in front is another id.
    (format!("{number:04}").len() == number_length(id)).then_some(year << 40 | number)
}

fn number_length(id: &str) -> usize {
    id.rsplit('-').next().map_or(0, str::len)
}

/// Reads `cve,epss,percentile`, plain or with gzip (<https://www.first.org/epss/data_stats>).
pub(super) fn epss(path: &Path) -> Result<Dated<Forecasts>, ImportError> {
    let file = path.display().to_string();
    let io = |cause| ImportError::Io { file: file.clone(), cause };
    let problem = |problem: String| ImportError::File { file: file.clone(), problem };
    let mut reader = BufReader::new(unpacked(path).map_err(io)?.take(MAX_LIST + 1));
    let mut found = Dated { date: String::new(), entries: Vec::new() };
    let mut line = String::new();
    let mut read: u64 = 0;
    for number in 1_u64.. {
        line.clear();
        let length = (&mut reader).take(MAX_LINE).read_line(&mut line).map_err(io)?;
        read += length as u64;
        if read > MAX_LIST {
            return Err(problem("it has more than 256 MiB, which no list of forecasts has".to_owned()));
        }
        if length == 0 {
            break;
        }
        let text = line.trim();
        if let Some(comment) = text.strip_prefix('#') {
            let date = comment.split(',').find_map(|part| part.trim().strip_prefix("score_date:"));
            found.date = date.filter(|date| is_moment(date)).unwrap_or_default().to_owned();
            continue;
        }
        if text.is_empty() || text.starts_with("cve,") {
            continue;
        }
        let mut fields = text.split(',');
        let row = (
            fields.next().and_then(cve_key),
            fields.next().and_then(millionths),
            fields.next().and_then(millionths),
        );
        match row {
            (Some(key), Some(probability), Some(percentile)) => {
                found.entries.push((key, probability, percentile))
            }
            _ => return Err(problem(format!("line {number} is not of the form cve,epss,percentile"))),
        }
    }
    if found.entries.is_empty() {
        return Err(problem("there is no forecast in it".to_owned()));
    }
    found.entries.sort_unstable();
    found.entries.dedup_by_key(|entry| entry.0);
    Ok(found)
}

fn is_moment(text: &str) -> bool {
    text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.TZ+".contains(&byte))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 1,000,000")]
fn millionths(text: &str) -> Option<u32> {
    let value: f64 = text.trim().parse().ok()?;
    (0.0..=1.0).contains(&value).then(|| (value * 1e6).round() as u32)
}

/// Reads CISA's catalogue in JSON (<https://www.cisa.gov/known-exploited-vulnerabilities-catalog>).
pub(super) fn kev(path: &Path) -> Result<Dated<Vec<u64>>, ImportError> {
    #[derive(Deserialize)]
    struct Catalogue {
        #[serde(default, rename = "dateReleased")]
        date: String,
        vulnerabilities: Vec<Known>,
    }
    #[derive(Deserialize)]
    struct Known {
        #[serde(rename = "cveID")]
        id: String,
    }
    let file = path.display().to_string();
    let io = |cause| ImportError::Io { file: file.clone(), cause };
    let problem = |problem: String| ImportError::File { file: file.clone(), problem };
    let mut bytes = Vec::new();
    unpacked(path).map_err(io)?.take(MAX_LIST + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > MAX_LIST {
        return Err(problem("it has more than 256 MiB, which no catalogue has".to_owned()));
    }
    let catalogue: Catalogue = serde_json::from_slice(&bytes).map_err(|error| {
        problem(format!("it is no catalogue of known exploited vulnerabilities: {error}"))
    })?;
    let mut entries: Vec<u64> =
        catalogue.vulnerabilities.iter().filter_map(|known| cve_key(&known.id)).collect();
    entries.sort_unstable();
    entries.dedup();
    if entries.is_empty() {
        return Err(problem("there is no CVE id in it".to_owned()));
    }
    let date = if is_moment(&catalogue.date) { catalogue.date } else { String::new() };
    Ok(Dated { date, entries })
}

/// What is in a file, or in the gzip file that it is.
fn unpacked(path: &Path) -> std::io::Result<Box<dyn Read>> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    let mut begin = [0; 2];
    let is_gzip = File::open(path)?.read_exact(&mut begin).is_ok() && begin == [0x1f, 0x8b];
    let file = File::open(path)?;
    Ok(if is_gzip {
        Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(file)))
    } else {
        Box::new(file)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_numbers() {
        assert_eq!(cve_key("CVE-2021-44228"), Some(2021 << 40 | 44228));
        assert_eq!(cve_key("CVE-2014-0160"), Some(2014 << 40 | 160));
        for bad in
            ["CVE-2021", "GHSA-1-2", "CVE-2021-", "CVE-x-1", "CVE-2014-00160", "CVE-2021-99999999999999"]
        {
            assert_eq!(cve_key(bad), None, "{bad}");
        }
    }

    #[test]
    fn lists_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("epss.csv");
        let text = "#model_version:v2025.03.14,score_date:2026-11-20T00:00:00Z\ncve,epss,percentile\nCVE-2024-0002,0.5,0.75\nCVE-2024-0001,0.00043,0.1\n";
        std::fs::write(&file, text).unwrap();
        let list = epss(&file).unwrap();
        assert_eq!(list.date, "2026-11-20T00:00:00Z");
        assert_eq!(list.entries, [(2024 << 40 | 1, 430, 100_000), (2024 << 40 | 2, 500_000, 750_000)]);
        std::fs::write(&file, "CVE-2024-0002,1.5,0.75\n").unwrap();
        assert!(
            epss(&file).unwrap_err().to_string().ends_with("line 1 is not of the form cve,epss,percentile")
        );
        std::fs::write(
            &file,
            r#"{"dateReleased": "2026-11-20T18:00:00.1Z", "vulnerabilities": [{"cveID": "CVE-2021-44228"}]}"#,
        )
        .unwrap();
        assert_eq!(kev(&file).unwrap().entries, [2021 << 40 | 44228]);
        std::fs::write(&file, "{}").unwrap();
        assert!(kev(&file).is_err());
    }
}
