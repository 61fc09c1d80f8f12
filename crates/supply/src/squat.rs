//! Names that are almost those of well-known packages.

use crate::tables;

/// Shortest name that is compared: short ones are all near one another.
const MIN_LENGTH: usize = 5;
/// Rows of a keyboard; letters that touch are taken for one another.
const ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// The well-known package that a name is a slip of; `None` for well-known ones and for all others.
pub(crate) fn meant(name: &str) -> Option<&'static str> {
    if tables::is_popular(name)
        || tables::is_known_package(name)
        || name.len() < MIN_LENGTH
        || name.len() > 40
    {
        return None;
    }
    // What is often put before or behind.
    for cut in ["python-", "python3-", "py-"] {
        if let Some(known) = name.strip_prefix(cut).and_then(tables::very_popular) {
            return Some(known);
        }
    }
    for cut in ["-python", "-python3", "-py"] {
        if let Some(known) = name.strip_suffix(cut).and_then(tables::very_popular) {
            return Some(known);
        }
    }
    slips(name)
        .into_iter()
        .filter(|slip| slip.len() >= MIN_LENGTH - 1)
        .find_map(|slip| tables::very_popular(&slip))
}

/// The names from which one slip leads to `name`.
fn slips(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut found = Vec::new();
    let joined = |letters: &[char]| letters.iter().collect::<String>();
    for at in 0..letters.len() {
        // A letter too many.
        let mut other = letters.clone();
        other.remove(at);
        found.push(joined(&other));
        // Two letters swapped.
        if at + 1 < letters.len() && letters[at] != letters[at + 1] {
            let mut other = letters.clone();
            other.swap(at, at + 1);
            found.push(joined(&other));
        }
        // A neighbour on the keyboard, or one that looks alike.
        for near in near(letters[at]) {
            let mut other = letters.clone();
            other[at] = near;
            found.push(joined(&other));
        }
        // A letter left out: one that stands double in the right name, or any other.
        for letter in ('a'..='z').chain(['-']) {
            let mut other = letters.clone();
            other.insert(at, letter);
            found.push(joined(&other));
        }
    }
    for letter in 'a'..='z' {
        found.push(format!("{name}{letter}"));
    }
    found
}

fn near(letter: char) -> Vec<char> {
    let mut found: Vec<char> = match letter {
        '0' => vec!['o'],
        'o' => vec!['0'],
        '1' => vec!['l', 'i'],
        'l' => vec!['1', 'i'],
        'i' => vec!['l', '1', 'y'],
        '5' => vec!['s'],
        's' => vec!['5', 'z'],
        'z' => vec!['s'],
        'y' => vec!['i'],
        'c' => vec!['k'],
        'k' => vec!['c'],
        _ => Vec::new(),
    };
    for (row, text) in ROWS.iter().enumerate() {
        let Some(at) = text.find(letter) else { continue };
        let bytes = text.as_bytes();
        if at > 0 {
            found.push(char::from(bytes[at - 1]));
        }
        found.extend(bytes.get(at + 1).map(|byte| char::from(*byte)));
        for other in [row.checked_sub(1), Some(row + 1)].into_iter().flatten() {
            found
                .extend(ROWS.get(other).and_then(|row| row.as_bytes().get(at)).map(|byte| char::from(*byte)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised() {
        for (name, known) in [
            ("reqeusts", "requests"),
            ("requets", "requests"),
            ("requessts", "requests"),
            ("djang0", "django"),
            ("python-requests", "requests"),
            ("numpt", "numpy"),
            ("urlib3", "urllib3"),
        ] {
            assert_eq!(meant(name), Some(known), "{name}");
        }
    }

    #[test]
    fn other_names_are_left_alone() {
        for name in ["requests", "shop-billing", "flask", "acme", "numpyro", "python-dateutil", "jinja2"] {
            assert_eq!(meant(name), None, "{name}");
        }
    }
}
