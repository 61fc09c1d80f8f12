//! How common pairs of letters are in programs and what is written about them.

/// For each pair of classes twice the binary logarithm of how often it stands in a million bytes, as one digit of base 36. Measured on seven megabytes of Python, JavaScript, YAML, JSON and
/// prose. The classes: the letters, `_`, one digit of the ten, one of the other signs.
const PAIRS: [&[u8; 29]; 29] = [
    b"blmmbel9l8fponak9ooqjhechcf7e",
    b"kdcck967hi9l8dja5ffcic62g7e79",
    b"l8gdncanh3mljaoe7jfni975f3g7b",
    b"mfckpb9am97feekd6iibj899e4k6h",
    b"lgnojmiaf89oloekiqqqcjhnl9n8k",
    b"m799hhb8n8ag8bmbajegj334e4d7g",
    b"f597n8hek77f9ged5jkei98488i4e",
    b"ldb9o484k5cab7l73dchd49193h4e",
    b"hinmjnk5a3bnlqok9kon8i4h6ff29",
    b"c723h384e38234g235f3a26411825",
    b"f99am7h6g46ccaa749eabci453i3d",
    b"mcdiplban4amddnd3emnlc8bi5j4e",
    b"ngbio784l1agjfmm97idg485g2h2d",
    b"oblmoknbl9egcjnd4anohh6af7l7h",
    b"ijmmekj3g9gkmqkm3plmmijfc7h6e",
    b"nafimbfcj2hlb8mj2lhlhg95j3i6c",
    b"237a6243333g35644675k35232912",
    b"mdijrgl7m4igkmoe4llnmjd3k5k6g",
    b"n9jeqeekm5hhefkjgenqlbh9i7l6j",
    b"ockgqgfpo69ggdni3nmjnah9k7n6j",
    b"iighmbf2h65mjm9l6nlmc46c24737",
    b"l689mc67k358gcde25db363434da8",
    b"k48bh57hl3696fj72ff7a3d322f29",
    b"g7j8g645i15ad39h235j363gf3d6a",
    b"e9c9f9b4f36fdefj4bihc9a465i3f",
    b"d214f543935455f634429132d6424",
    b"khlkjjifldhjkkjkcklkijgb99m7c",
    b"866567233120252203422113119b9",
    b"hehgfgdch9defgfg7hiiede798e9j",
];

/// How common the pairs in `text` are, all together, in logarithms: the less, the rarer.
pub(super) fn commonness(text: &[u8]) -> u32 {
    text.windows(2).map(|pair| u32::from(weight(PAIRS[class(pair[0])][class(pair[1])]))).sum()
}

fn weight(digit: u8) -> u8 {
    if digit.is_ascii_digit() { digit - b'0' } else { digit - b'a' + 10 }
}

fn class(byte: u8) -> usize {
    match byte.to_ascii_lowercase() {
        letter @ b'a'..=b'z' => usize::from(letter - b'a'),
        b'_' => 26,
        b'0'..=b'9' => 27,
        _ => 28,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_pairs_weigh_less() {
        assert!(commonness(b"the") > commonness(b"zqx"));
        assert!(commonness(b"ERRO") > commonness(b"ghp_"));
        assert_eq!(commonness(b"a"), 0);
    }
}
