//! Templates of credentials: texts in which `<class:length>` stands for random characters, so that examples are made when they are needed and never stand in a file.
//!
//! * `<hex:32>`, `<base62:20-24>`: so many characters of a class (`lower upper alpha digit alnum ALNUM hex HEX base32 base62 base64 base64url word printable django`).
//! * `<crc32>`: what GitHub and npm put behind a token, over the characters before it since the last `_`.
//! * `<jwt>`, `<pem:RSA PRIVATE KEY>`, `<luhn:16>` and others: texts with a structure; see `made`.
//! * `<>`: nothing, to keep a telltale word apart; `\<`: the character itself.

mod made;

/// The random numbers of one expansion (SplitMix64): the same seed gives the same text everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }

    /// So many characters of an ASCII alphabet.
    pub(crate) fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }
}

/// The text that a template stands for. Errors: what in the template is not understood.
pub fn expand(template: &str, seed: u64) -> Result<String, String> {
    let mut random = Random(seed);
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some(at) = rest.find('<') {
        if let Some(before) = rest[..at].strip_suffix('\\') {
            out.push_str(before);
            out.push('<');
            rest = &rest[at + 1..];
            continue;
        }
        out.push_str(&rest[..at]);
        let end = rest[at..].find('>').ok_or_else(|| format!("`<` without `>` in `{template}`"))? + at;
        let what = &rest[at + 1..end];
        if what == "crc32" {
            let since = out.rfind('_').map_or(0, |at| at + 1);
            let digits = crate::check::base62_crc32(&out.as_bytes()[since..]);
            out.push_str(&digits);
        } else if !what.is_empty() {
            let (name, argument) = what.split_once(':').unwrap_or((what, ""));
            out.push_str(&piece(name, argument, &mut random)?);
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// What one `<name:argument>` stands for.
fn piece(name: &str, argument: &str, random: &mut Random) -> Result<String, String> {
    match alphabet(name) {
        Some(alphabet) => {
            let length =
                length(argument, random).ok_or_else(|| format!("`<{name}:{argument}>` needs a length"))?;
            Ok(random.text(alphabet, length))
        }
        None => made::make(name, argument, random),
    }
}

/// `32`, or `20-24` for any length between, both included.
fn length(argument: &str, random: &mut Random) -> Option<usize> {
    let (least, most) = argument.split_once('-').unwrap_or((argument, argument));
    let (least, most): (usize, usize) = (least.parse().ok()?, most.parse().ok()?);
    (least <= most && most <= 10_000).then(|| least + random.below(most - least + 1))
}

pub(crate) const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn alphabet(class: &str) -> Option<&'static [u8]> {
    Some(match class {
        "lower" => b"abcdefghijklmnopqrstuvwxyz",
        "upper" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "alpha" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "digit" => b"0123456789",
        "alnum" => b"0123456789abcdefghijklmnopqrstuvwxyz",
        "ALNUM" => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "hex" => b"0123456789abcdef",
        "HEX" => b"0123456789ABCDEF",
        "base32" => BASE32,
        "base62" => BASE62,
        "base64" => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/",
        "base64url" => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_",
        "word" => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_",
        "printable" => b"!#%*+,-.0123456789=?ABCDEFGHIJKLMNOPQRSTUVWXYZ^_abcdefghijklmnopqrstuvwxyz~",
        "django" => b"abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn the_same_seed_gives_the_same_text() {
        assert_eq!(expand("a<hex:8>b", 7), expand("a<hex:8>b", 7));
        assert_ne!(expand("a<hex:8>b", 7), expand("a<hex:8>b", 8));
        assert_eq!(expand("xo<>x \\<y>", 1).as_deref(), Ok("xox <y>"));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for bad in ["<hex>", "<hex:9-3>", "<nothing:3>", "<hex:3", "<luhn:1>"] {
            assert!(expand(bad, 1).is_err(), "{bad}");
        }
    }
}
