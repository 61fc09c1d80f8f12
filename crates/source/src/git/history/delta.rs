//! The delta format of packs (gitformat-pack(5), "Deltified representation"): how an object is made from another one.

/// The size of the base that a delta needs, the size of what it makes, and where its instructions begin. None: malformed.
pub(super) fn sizes(delta: &[u8]) -> Option<(u64, u64, usize)> {
    let mut rest = delta;
    let base = size(&mut rest)?;
    let result = size(&mut rest)?;
    Some((base, result, delta.len() - rest.len()))
}

fn size(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u64::from(byte & 0x7f).checked_mul(1 << shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Applies `instructions`. None: they are malformed, or do not make exactly `size` bytes.
pub(super) fn apply(base: &[u8], instructions: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(size);
    let mut rest = instructions;
    while let Some((&command, tail)) = rest.split_first() {
        rest = tail;
        let piece = if command & 0x80 == 0 {
            // Zero is reserved.
            let (piece, tail) = rest.split_at_checked(usize::from(command)).filter(|_| command != 0)?;
            rest = tail;
            piece
        } else {
            let mut number = |bits: std::ops::Range<u32>| {
                let mut value = 0_usize;
                for (place, bit) in bits.enumerate() {
                    if command >> bit & 1 != 0 {
                        let (&byte, tail) = rest.split_first()?;
                        rest = tail;
                        value |= usize::from(byte) << (8 * place);
                    }
                }
                Some(value)
            };
            let start = number(0..4)?;
            let length = match number(4..7)? {
                0 => 0x1_0000,
                length => length,
            };
            base.get(start..start.checked_add(length)?)?
        };
        if piece.len() > size - out.len() {
            return None;
        }
        out.extend_from_slice(piece);
    }
    (out.len() == size).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_insertions() {
        // Copy 3 bytes from 1, insert two, copy one from 0.
        let delta = [4, 6, 0x91, 1, 3, 2, b'X', b'Y', 0x90, 1];
        assert_eq!(sizes(&delta), Some((4, 6, 2)));
        assert_eq!(apply(b"abcd", &delta[2..], 6).unwrap(), b"bcdXYa");
        assert_eq!(apply(b"abcd", &delta[2..], 5), None, "too much");
        assert_eq!(apply(b"abcd", &delta[2..], 7), None, "too little");
        assert_eq!(apply(b"abc", &delta[2..], 6), None, "out of the base");
    }

    #[test]
    fn malformed_deltas_are_none() {
        assert_eq!(sizes(&[0x80; 20]), None);
        assert_eq!(sizes(&[0xff; 20]), None);
        assert_eq!(sizes(&[]), None);
        for instructions in [&[0_u8][..], &[3, b'a'], &[0x91], &[0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 1]] {
            assert_eq!(apply(b"abcd", instructions, 3), None, "{instructions:?}");
        }
        assert_eq!(apply(b"", &[], 0), Some(vec![]));
    }
}
