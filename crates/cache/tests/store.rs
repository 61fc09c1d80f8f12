//! What is kept comes back as it was, or not at all.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use clearance_cache::{Key, Pack, Sealed, Store};

fn key(name: &str) -> Key {
    Key::of(name.as_bytes())
}

fn files(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == kind)).collect();
    files.sort();
    files
}

fn age(path: &Path, seconds: u64) {
    let then = SystemTime::now() - Duration::from_secs(seconds);
    fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}

fn batch(pieces: &[(&str, Vec<u8>)]) -> std::vec::IntoIter<Vec<Sealed>> {
    vec![pieces.iter().map(|(name, bytes)| Sealed::new(key(name), bytes.clone())).collect()].into_iter()
}

fn read(pack: &Pack, name: &str) -> Option<Vec<u8>> {
    let mut buffer = b"before".to_vec();
    pack.read(&key(name), &mut buffer).then_some(buffer)
}

#[test]
fn whole_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a/b"), 1 << 20).unwrap();
    assert_eq!(store.get(&key("x")), None);
    store.put(&key("x"), b"one").unwrap();
    store.put(&key("y"), b"").unwrap();
    store.put(&key("x"), b"two").unwrap();
    assert_eq!(store.get(&key("x")).unwrap(), b"two");
    assert_eq!(store.get(&key("y")).unwrap(), b"");
    // One entry under the name of another.
    let entries = files(&folder.path().join("a/b"), "entry");
    fs::copy(&entries[0], &entries[1]).unwrap();
    assert!(store.get(&key("x")).is_none() || store.get(&key("y")).is_none());
}

#[test]
fn what_was_of_no_use_for_long_goes_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), 5000).unwrap();
    for (number, name) in ["a", "b", "c", "d"].iter().enumerate() {
        store.put(&key(name), &[number as u8; 1000]).unwrap();
        age(&folder.path().join(format!("{}.entry", key(name))), 1000 - number as u64 * 100);
    }
    assert!(store.get(&key("a")).is_some(), "using it makes it young again");
    store.put(&key("e"), &[4; 1500]).unwrap();
    fs::write(folder.path().join("notes.txt"), [0; 9000]).unwrap();
    fs::write(folder.path().join(".unfinished-old"), b"x").unwrap();
    fs::write(folder.path().join(".unfinished-new"), b"x").unwrap();
    age(&folder.path().join(".unfinished-old"), 7200);
    store.trim().unwrap();
    let known = |name: &str| store.get(&key(name)).is_some();
    assert_eq!(["a", "b", "c", "d", "e"].map(known), [true, false, true, true, true]);
    assert!(folder.path().join("notes.txt").exists(), "not ours");
    assert!(!folder.path().join(".unfinished-old").exists());
    assert!(folder.path().join(".unfinished-new").exists());
    assert!(
        files(folder.path(), "entry").iter().map(|path| path.metadata().unwrap().len()).sum::<u64>() <= 5000
    );
    store.put(&key("huge"), &[0; 6000]).unwrap();
    assert!(!known("huge"));
}

#[test]
fn packs_grow_and_are_put_together() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), 1 << 20).unwrap();
    let group = key("group");
    let mut wanted = Vec::new();
    for number in 0..20u8 {
        let name = format!("m{number}");
        Pack::open(&store, group).update(&store, &wanted, batch(&[(&name, vec![number; 100])])).unwrap();
        wanted.push(key(&name));
        let pack = Pack::open(&store, group);
        for number in 0..=number {
            assert_eq!(read(&pack, &format!("m{number}")), Some(vec![number; 100]));
        }
        assert!(files(folder.path(), "pack").len() <= 8, "{number}");
    }
    assert_eq!(read(&Pack::open(&store, key("other")), "m1"), None);
    // Nothing new: nothing is written.
    let before = files(folder.path(), "pack");
    Pack::open(&store, group).update(&store, &wanted, batch(&[])).unwrap();
    assert_eq!(files(folder.path(), "pack"), before);
    // Most is no longer wanted: it goes.
    let pieces = [("new", vec![7; 10])];
    Pack::open(&store, group).update(&store, &wanted[..2], batch(&pieces)).unwrap();
    let pack = Pack::open(&store, group);
    assert_eq!(files(folder.path(), "pack").len(), 1);
    assert_eq!((read(&pack, "new"), read(&pack, "m1")), (Some(vec![7; 10]), Some(vec![1; 100])));
    assert_eq!(read(&pack, "m9"), None);
}

#[test]
fn damaged_packs() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), 1 << 20).unwrap();
    let group = key("group");
    let pieces = [("a", b"first piece".to_vec()), ("b", b"second piece".to_vec()), ("c", Vec::new())];
    Pack::open(&store, group).update(&store, &[], batch(&pieces)).unwrap();
    let file = files(folder.path(), "pack").remove(0);
    let whole = fs::read(&file).unwrap();
    let check = |what: &str| {
        let pack = Pack::open(&store, group);
        for (name, bytes) in &pieces {
            assert!(read(&pack, name).is_none_or(|read| read == *bytes), "{what}");
        }
    };
    for at in 0..whole.len() {
        fs::write(&file, &whole[..at]).unwrap();
        check(&format!("cut at {at}"));
        for flip in [1, 0x80, 0xff] {
            let mut other = whole.clone();
            other[at] ^= flip;
            fs::write(&file, other).unwrap();
            check(&format!("flipped at {at}"));
        }
    }
    // A later run puts a sound one beside it.
    fs::write(&file, &whole[..9]).unwrap();
    Pack::open(&store, group).update(&store, &[], batch(&pieces)).unwrap();
    assert_eq!(read(&Pack::open(&store, group), "b"), Some(b"second piece".to_vec()));
    let smaller = Store::open(folder.path(), 10).unwrap();
    Pack::open(&smaller, group).update(&smaller, &[], batch(&pieces)).unwrap();
    assert_eq!(read(&Pack::open(&smaller, group), "b"), None, "more than the limit is not kept");
}
