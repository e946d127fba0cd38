//! The disk below a server: a shim writes down everything that is done to the store's files, and from that the disk is
//! put together as a power cut may leave it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The shim as a library, built once by the compiler that built this test.
pub(crate) static SHIM: LazyLock<PathBuf> = LazyLock::new(|| {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shim/preload.rs");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (unfinished, library) = (tempfile::tempdir_in(folder).unwrap(), folder.join("libshim.so"));
    let built = unfinished.path().join("libshim.so");
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(compiler);
    command.args(["--edition", "2024", "--crate-type", "cdylib", "-O", "-o"]).arg(&built).arg(source);
    let output = command.output().expect("there is a compiler");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::rename(built, &library).unwrap();
    library
});

/// A sector: what a disk writes whole.
const SECTOR: usize = 512;

/// Something that was done to a file.
#[derive(Debug, Clone)]
enum Done {
    Write { at: usize, bytes: Vec<u8> },
    Cut { at: usize },
}

impl Done {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                let end = at + bytes.len();
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[*at..end].copy_from_slice(bytes);
            }
            Self::Cut { at } => file.resize(*at, 0),
        }
    }

    /// What is left of it when the power goes: all, nothing, or some of its sectors.
    fn left(&self, chance: &mut Chance, file: &mut Vec<u8>) {
        match (chance.below(4), self) {
            (0, _) => {}
            (1, Self::Write { at, bytes }) => {
                for (number, sector) in bytes.chunks(SECTOR).enumerate() {
                    if chance.below(2) == 0 {
                        Self::Write { at: at + number * SECTOR, bytes: sector.to_vec() }.apply(file);
                    }
                }
            }
            _ => self.apply(file),
        }
    }
}

/// Chance from a seed (`SplitMix64`).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// A file, whatever its name.
#[derive(Debug, Default)]
struct File {
    /// What is on the disk for certain.
    synced: Vec<u8>,
    /// What was done since.
    since: Vec<Done>,
}

/// A change of names.
#[derive(Debug, Clone)]
enum Named {
    Is(String, usize),
    Gone(String),
}

/// The disk. What was done to a file since its last sync may be there or not, each piece by itself. Names change in their
/// order; every sync of a file brings all changes of names to the disk, as journaling file systems do.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
    renamed: Vec<Named>,
}

impl Disk {
    /// The disk after the first `bytes` of a log, and how far the log was read: records are whole.
    pub(crate) fn after(log: &[u8], bytes: usize) -> Self {
        let mut disk = Self::default();
        let mut left = log;
        while log.len() - left.len() < bytes {
            let Some(record) = record(&mut left) else { break };
            disk.take(&record);
        }
        disk
    }

    fn file(&mut self, path: &str) -> &mut File {
        let number = self.names.get(path).copied().unwrap_or_else(|| {
            self.files.push(File::default());
            let number = self.files.len() - 1;
            self.name(Named::Is(path.to_owned(), number));
            number
        });
        &mut self.files[number]
    }

    fn name(&mut self, change: Named) {
        apply_name(&mut self.names, &change);
        self.renamed.push(change);
    }

    fn take(&mut self, record: &Record<'_>) {
        let path = record.path;
        match record.kind {
            b'w' => {
                let done = Done::Write { at: record.offset, bytes: record.bytes.to_vec() };
                self.file(path).since.push(done);
            }
            b't' => self.file(path).since.push(Done::Cut { at: record.offset }),
            b's' => {
                // A folder has a name and no bytes.
                if let Some(number) = self.names.get(path) {
                    let file = &mut self.files[*number];
                    for done in std::mem::take(&mut file.since) {
                        done.apply(&mut file.synced);
                    }
                }
                for change in std::mem::take(&mut self.renamed) {
                    apply_name(&mut self.synced_names, &change);
                }
            }
            b'r' => {
                let Some(number) = self.names.get(path).copied() else { return };
                let to = std::str::from_utf8(record.bytes).unwrap().to_owned();
                self.name(Named::Gone(path.to_owned()));
                self.name(Named::Is(to, number));
            }
            b'u' => self.name(Named::Gone(path.to_owned())),
            other => panic!("a record of kind {other}"),
        }
    }

    /// Writes down what a power cut leaves.
    pub(crate) fn cut_into(mut self, folder: &Path, chance: &mut Chance) {
        let kept = usize::try_from(chance.below(self.renamed.len() as u64 + 1)).unwrap();
        for change in &self.renamed[..kept] {
            apply_name(&mut self.synced_names, change);
        }
        for (path, number) in self.synced_names {
            let file = &mut self.files[number];
            let mut bytes = file.synced.clone();
            file.since.iter().for_each(|done| done.left(chance, &mut bytes));
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}

fn apply_name(names: &mut BTreeMap<String, usize>, change: &Named) {
    match change {
        Named::Is(path, number) => names.insert(path.clone(), *number),
        Named::Gone(path) => names.remove(path),
    };
}

struct Record<'l> {
    kind: u8,
    path: &'l str,
    offset: usize,
    bytes: &'l [u8],
}

/// The next record, if it is there as a whole.
fn record<'l>(left: &mut &'l [u8]) -> Option<Record<'l>> {
    fn take<'l>(left: &mut &'l [u8], count: usize) -> Option<&'l [u8]> {
        let (taken, rest) = left.split_at_checked(count)?;
        *left = rest;
        Some(taken)
    }
    fn number(left: &mut &[u8]) -> Option<usize> {
        let bytes = take(left, 8)?.try_into().ok()?;
        usize::try_from(u64::from_le_bytes(bytes)).ok()
    }
    let kind = take(left, 1)?[0];
    let length = number(left)?;
    let path = std::str::from_utf8(take(left, length)?).unwrap();
    let offset = number(left)?;
    let length = number(left)?;
    Some(Record { kind, path, offset, bytes: take(left, length)? })
}
