//! The listening sockets of this machine, from `/proc` (proc(5), proc_pid_net(5)). Only read, never changed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    io::Read,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
};

use url::{Host, Url};

/// Most bytes of a table.
const MAX_TABLE: u64 = 16 << 20;
/// Most processes that are gone through, and most descriptors of each.
const MAX_PROCESSES: usize = 20_000;
const MAX_DESCRIPTORS: usize = 20_000;

/// What listens on this machine.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sockets {
    /// By port and address.
    pub(crate) listening: Vec<Socket>,
    /// Whether the probed server is one of them.
    pub(crate) has_server: bool,
    /// Sockets whose process is not known: they belong to others, and only the administrator may look.
    pub(crate) unknown: usize,
    /// Why nothing could be read, if so.
    pub(crate) unreadable: Option<String>,
}

/// A listening socket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Socket {
    pub(crate) port: u16,
    pub(crate) address: IpAddr,
    /// The process that has it: name and number.
    pub(crate) process: Option<(String, u32)>,
    /// Whether it is the one that was probed.
    pub(crate) is_server: bool,
    /// Whether its process is that of the probed one, or a relative.
    pub(crate) is_own: bool,
}

impl Socket {
    pub(crate) fn is_everywhere(&self) -> bool {
        self.address.is_unspecified()
    }

    pub(crate) fn is_loopback(&self) -> bool {
        match self.address {
            IpAddr::V6(address) => {
                address.is_loopback() || address.to_ipv4_mapped().is_some_and(|mapped| mapped.is_loopback())
            }
            IpAddr::V4(address) => address.is_loopback(),
        }
    }

    /// `0.0.0.0:8000 (gunicorn, process 12)`.
    pub(crate) fn shown(&self) -> String {
        let place = std::net::SocketAddr::new(self.address, self.port);
        match &self.process {
            Some((name, number)) => format!("{place} ({name}, process {number})"),
            None => format!("{place} (of another user)"),
        }
    }
}

/// A process, as `/proc/PID/stat` tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    parent: u32,
    group: u32,
}

/// Reads what listens, from a folder like `/proc`, and finds the server of `url` among it.
pub(crate) fn look(proc: &Path, url: &Url) -> Sockets {
    let mut listening: Vec<(u64, IpAddr, u16)> = Vec::new();
    let mut unreadable = None;
    for table in ["net/tcp", "net/tcp6"] {
        match read(&proc.join(table)) {
            Ok(text) => listening.extend(text.lines().skip(1).filter_map(entry)),
            // A machine without IPv6 has no such table.
            Err(error) if table == "net/tcp" => {
                unreadable = Some(format!("/proc/{table} cannot be read: {error}"))
            }
            Err(_) => {}
        }
    }
    let inodes: BTreeSet<u64> = listening.iter().map(|(inode, ..)| *inode).collect();
    let (owners, processes) = owners(proc, &inodes);
    let port = url.port_or_known_default().unwrap_or(0);
    let wanted = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        _ => None,
    };
    let is_server = |address: IpAddr, listens: u16| {
        listens == port && (address.is_unspecified() || wanted.is_none_or(|wanted| wanted == address))
    };
    let servers: BTreeSet<u32> = listening
        .iter()
        .filter(|(_, address, listens)| is_server(*address, *listens))
        .flat_map(|(inode, ..)| owners.get(inode).into_iter().flatten().copied())
        .collect();
    let family = relatives(&servers, &processes);
    let mut found: Vec<Socket> = listening
        .iter()
        .map(|(inode, address, port)| {
            // A socket that was handed down belongs to several; the eldest speaks for them.
            let owner = owners.get(inode).and_then(|owners| owners.first().copied());
            Socket {
                port: *port,
                address: *address,
                process: owner.map(|number| (name(proc, number), number)),
                is_server: is_server(*address, *port),
                is_own: owners.get(inode).into_iter().flatten().any(|owner| family.contains(owner)),
            }
        })
        .collect();
    found.sort();
    found.dedup();
    Sockets {
        has_server: found.iter().any(|socket| socket.is_server),
        unknown: found.iter().filter(|socket| socket.process.is_none()).count(),
        listening: found,
        unreadable,
    }
}

/// The processes of the same group, and all that descend from one of the family.
fn relatives(servers: &BTreeSet<u32>, processes: &HashMap<u32, Process>) -> BTreeSet<u32> {
    let groups: BTreeSet<u32> =
        servers.iter().filter_map(|number| processes.get(number)).map(|process| process.group).collect();
    let mut family: BTreeSet<u32> = servers.clone();
    family.extend(
        processes.iter().filter(|(_, process)| groups.contains(&process.group)).map(|(number, _)| *number),
    );
    loop {
        let before = family.len();
        let children = processes.iter().filter(|(_, process)| family.contains(&process.parent));
        let children: Vec<u32> = children.map(|(number, _)| *number).collect();
        family.extend(children);
        if family.len() == before {
            return family;
        }
    }
}

/// Which processes have which sockets, in order of their numbers, and who descends from whom.
fn owners(proc: &Path, inodes: &BTreeSet<u64>) -> (BTreeMap<u64, Vec<u32>>, HashMap<u32, Process>) {
    let mut owners: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    let mut processes = HashMap::new();
    let Ok(entries) = fs::read_dir(proc) else { return (owners, processes) };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut numbers: Vec<u32> = numbers.take(MAX_PROCESSES).collect();
    numbers.sort_unstable();
    for number in numbers {
        let folder = proc.join(number.to_string());
        if let Some(process) = read(&folder.join("stat")).ok().and_then(|text| stat(&text)) {
            processes.insert(number, process);
        }
        let Ok(descriptors) = fs::read_dir(folder.join("fd")) else { continue };
        for descriptor in descriptors.flatten().take(MAX_DESCRIPTORS) {
            let Ok(target) = fs::read_link(descriptor.path()) else { continue };
            let inode = target
                .to_str()
                .and_then(|text| text.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
            if let Some(inode) = inode.filter(|inode| inodes.contains(inode)) {
                let known = owners.entry(inode).or_default();
                if !known.contains(&number) {
                    known.push(number);
                }
            }
        }
    }
    (owners, processes)
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_TABLE).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn name(proc: &Path, number: u32) -> String {
    let text = read(&proc.join(number.to_string()).join("comm")).unwrap_or_default();
    text.trim().chars().take(40).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

/// Parent and group of `/proc/PID/stat`. The name in its brackets may have any characters.
fn stat(text: &str) -> Option<Process> {
    let mut fields = text[text.rfind(')')? + 1..].split_ascii_whitespace();
    let parent = fields.nth(1)?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some(Process { parent, group })
}

/// A listening socket of a line of `/proc/net/tcp`: its inode, address and port.
fn entry(line: &str) -> Option<(u64, IpAddr, u16)> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_ascii_whitespace();
    let (address, port) = fields.nth(1)?.split_once(':')?;
    if fields.nth(1)? != LISTEN {
        return None;
    }
    let inode = fields.nth(5)?.parse().ok()?;
    Some((inode, self::address(address)?, u16::from_str_radix(port, 16).ok()?))
}

/// An address as words of 32 bits, each in the order of the processor.
fn address(digits: &str) -> Option<IpAddr> {
    let word = |index: usize| {
        let word = u32::from_str_radix(digits.get(index * 8..index * 8 + 8)?, 16).ok()?;
        Some(word.to_ne_bytes())
    };
    match digits.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let mut octets = [0; 16];
            for index in 0..4 {
                octets[index * 4..index * 4 + 4].copy_from_slice(&word(index)?);
            }
            Some(IpAddr::V6(Ipv6Addr::from(octets)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31337 1 0000";
        if cfg!(target_endian = "little") {
            assert_eq!(entry(line), Some((31337, IpAddr::V4(Ipv4Addr::LOCALHOST), 8080)));
            let six = "   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 7 1";
            assert_eq!(entry(six), Some((7, IpAddr::V6(Ipv6Addr::LOCALHOST), 80)));
        }
        assert_eq!(entry(&line.replace(" 0A ", " 01 ")), None);
        for broken in ["", "a", "0: x:y z 0A", "0: 0100007F 0 0A 0 0 0 0 0"] {
            assert_eq!(entry(broken), None, "{broken}");
        }
    }

    #[test]
    fn names_with_brackets_do_not_confuse() {
        assert_eq!(stat("12 (a) b) S 1 7 7 0"), Some(Process { parent: 1, group: 7 }));
        assert_eq!(stat("12 a"), None);
    }

    #[test]
    fn this_process_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = look(Path::new("/proc"), &Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap());
        if seen.unreadable.is_some() {
            return;
        }
        assert!(seen.has_server);
        let own = seen.listening.iter().find(|socket| socket.port == port).unwrap();
        assert!(own.is_server && own.is_own && !own.is_everywhere() && own.is_loopback());
        assert_eq!(own.process.as_ref().map(|(_, number)| *number), Some(std::process::id()));
    }
}
