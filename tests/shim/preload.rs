//! Stands between a process and its disk. Loaded by `LD_PRELOAD`, it writes down everything that is done to the files
//! below a folder, with the bytes, so that the disk can be put together as it was at any moment; and it can say that
//! the disk is full.
//!
//! Built by the test itself, with `rustc` alone: no part of sayso. Foreign functions and raw pointers are what it is
//! made of, so `unsafe` is allowed here and nowhere else.
//!
//! | variable | says |
//! |---|---|
//! | `SHIM_FOLDER` | the folder, without symbolic links |
//! | `SHIM_LOG` | where everything is written down; nothing is where it is not set |
//! | `SHIM_FULL` | while this file exists, a write fails with "no space left on device" |
//! | `SHIM_SPARE` | while this file exists, the file system says that it has so many bytes left as the file says |
//!
//! A record of the log: a letter, the length of the path within the folder and the path, an offset, a length and so many
//! bytes; numbers have 8 bytes, the smallest first. `w` writes bytes at an offset, `t` cuts to that offset, `s` syncs,
//! `r` renames to the path in the bytes, `u` unlinks.

use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::sync::{Mutex, OnceLock, PoisonError};

type Size = usize;
type Offset = i64;

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn getenv(name: *const c_char) -> *const c_char;
    fn readlink(path: *const c_char, buffer: *mut c_char, size: Size) -> isize;
    fn access(path: *const c_char, mode: c_int) -> c_int;
    fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    fn read(fd: c_int, bytes: *mut c_void, count: Size) -> isize;
    fn close(fd: c_int) -> c_int;
    fn lseek(fd: c_int, offset: Offset, whence: c_int) -> Offset;
    fn __errno_location() -> *mut c_int;
}

const ENOSPC: c_int = 28;
const O_WRONLY_CREATE_APPEND: c_int = 0o1 | 0o100 | 0o2000;
const SEEK_CUR: c_int = 1;

/// The function of that name behind this one.
fn behind(name: &CStr) -> *mut c_void {
    let next = -1_isize as *mut c_void; // RTLD_NEXT
    // SAFETY: the name ends with a zero byte, and RTLD_NEXT is a handle that `dlsym` knows.
    let found = unsafe { dlsym(next, name.as_ptr()) };
    assert!(!found.is_null());
    found
}

/// Calls the function of that name and type behind this one.
macro_rules! real {
    ($name:literal as fn($($kind:ty),*) -> $result:ty, $($argument:expr),*) => {{
        static FOUND: OnceLock<usize> = OnceLock::new();
        let found = *FOUND.get_or_init(|| behind($name) as usize);
        // SAFETY: libc's function of this name has this type; the arguments are those that we were called with.
        unsafe {
            let real: unsafe extern "C" fn($($kind),*) -> $result = std::mem::transmute(found);
            real($($argument),*)
        }
    }};
}

fn variable(name: &CStr) -> Option<&'static CStr> {
    // SAFETY: the name ends with a zero byte; nobody changes the environment of this process.
    let value = unsafe { getenv(name.as_ptr()) };
    // SAFETY: what `getenv` gives out ends with a zero byte and lives as long as the environment.
    (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) })
}

/// One thing at a time, so that the log has the order in which things were done.
static ORDER: Mutex<()> = Mutex::new(());

/// The path within the folder.
fn within(path: &[u8]) -> Option<&[u8]> {
    let folder = variable(c"SHIM_FOLDER")?.to_bytes();
    path.strip_prefix(folder)?.strip_prefix(b"/")
}

/// The path of an open file, if it lies in the folder.
fn path_of(fd: c_int) -> Option<Vec<u8>> {
    let link = format!("/proc/self/fd/{fd}\0");
    let mut path = vec![0_u8; 4_096];
    // SAFETY: both buffers are ours, and the size is that of the second.
    let length = unsafe { readlink(link.as_ptr().cast(), path.as_mut_ptr().cast(), path.len()) };
    path.truncate(usize::try_from(length).ok()?);
    within(&path).map(<[u8]>::to_vec)
}

fn note(kind: u8, path: &[u8], offset: u64, bytes: &[u8]) {
    static LOG: OnceLock<c_int> = OnceLock::new();
    let Some(log) = variable(c"SHIM_LOG") else { return };
    // SAFETY: the path ends with a zero byte; flags and mode are what `open` takes.
    let log = *LOG.get_or_init(|| unsafe { open(log.as_ptr(), O_WRONLY_CREATE_APPEND, 0o600) });
    let mut record = vec![kind];
    record.extend_from_slice(&(path.len() as u64).to_le_bytes());
    record.extend_from_slice(path);
    record.extend_from_slice(&offset.to_le_bytes());
    record.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    record.extend_from_slice(bytes);
    let mut left = record.as_slice();
    while !left.is_empty() {
        let done = real!(c"write" as fn(c_int, *const c_void, Size) -> isize, log, left.as_ptr().cast(), left.len());
        left = &left[usize::try_from(done).expect("the log can be written")..];
    }
}

fn is_full() -> bool {
    // SAFETY: the path ends with a zero byte.
    variable(c"SHIM_FULL").is_some_and(|path| unsafe { access(path.as_ptr(), 0) } == 0)
}

fn no_space() -> isize {
    // SAFETY: libc gives every thread a place for its error.
    unsafe { *__errno_location() = ENOSPC };
    -1
}

/// Does a write and notes what of it was done.
fn written(fd: c_int, bytes: *const c_void, offset: impl FnOnce() -> Offset, write: impl FnOnce() -> isize) -> isize {
    let Some(path) = path_of(fd) else { return write() };
    let _order = ORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if is_full() {
        return no_space();
    }
    let offset = offset();
    let done = write();
    if let Ok(length) = usize::try_from(done) {
        // SAFETY: so many bytes were just read from there by the real function.
        let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), length) };
        note(b'w', &path, offset.cast_unsigned(), bytes);
    }
    done
}

#[unsafe(no_mangle)]
extern "C" fn write(fd: c_int, bytes: *const c_void, count: Size) -> isize {
    // SAFETY: any number may be asked for its position.
    let offset = || unsafe { lseek(fd, 0, SEEK_CUR) };
    written(fd, bytes, offset, || real!(c"write" as fn(c_int, *const c_void, Size) -> isize, fd, bytes, count))
}

#[unsafe(no_mangle)]
extern "C" fn pwrite(fd: c_int, bytes: *const c_void, count: Size, offset: Offset) -> isize {
    written(fd, bytes, || offset, || {
        real!(c"pwrite" as fn(c_int, *const c_void, Size, Offset) -> isize, fd, bytes, count, offset)
    })
}

#[unsafe(no_mangle)]
extern "C" fn pwrite64(fd: c_int, bytes: *const c_void, count: Size, offset: Offset) -> isize {
    pwrite(fd, bytes, count, offset)
}

fn truncated(fd: c_int, length: Offset) -> c_int {
    let truncate = || real!(c"ftruncate" as fn(c_int, Offset) -> c_int, fd, length);
    let Some(path) = path_of(fd) else { return truncate() };
    let _order = ORDER.lock().unwrap_or_else(PoisonError::into_inner);
    let done = truncate();
    if done == 0 {
        note(b't', &path, length.cast_unsigned(), &[]);
    }
    done
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate(fd: c_int, length: Offset) -> c_int {
    truncated(fd, length)
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate64(fd: c_int, length: Offset) -> c_int {
    truncated(fd, length)
}

/// A sync below the folder is noted and not made: this machine keeps its power, and waits for no disk.
fn synced(fd: c_int, sync: impl FnOnce() -> c_int) -> c_int {
    let Some(path) = path_of(fd).filter(|_| variable(c"SHIM_LOG").is_some()) else { return sync() };
    let _order = ORDER.lock().unwrap_or_else(PoisonError::into_inner);
    note(b's', &path, 0, &[]);
    0
}

#[unsafe(no_mangle)]
extern "C" fn fsync(fd: c_int) -> c_int {
    synced(fd, || real!(c"fsync" as fn(c_int) -> c_int, fd))
}

#[unsafe(no_mangle)]
extern "C" fn fdatasync(fd: c_int) -> c_int {
    synced(fd, || real!(c"fdatasync" as fn(c_int) -> c_int, fd))
}

#[unsafe(no_mangle)]
extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let _order = ORDER.lock().unwrap_or_else(PoisonError::into_inner);
    let done = real!(c"rename" as fn(*const c_char, *const c_char) -> c_int, from, to);
    // SAFETY: the caller gave `rename` two paths that end with zero bytes.
    let (from, to) = unsafe { (CStr::from_ptr(from).to_bytes(), CStr::from_ptr(to).to_bytes()) };
    if let (0, Some(from), Some(to)) = (done, within(from), within(to)) {
        note(b'r', from, 0, to);
    }
    done
}

#[unsafe(no_mangle)]
extern "C" fn unlink(path: *const c_char) -> c_int {
    let _order = ORDER.lock().unwrap_or_else(PoisonError::into_inner);
    let done = real!(c"unlink" as fn(*const c_char) -> c_int, path);
    // SAFETY: the caller gave `unlink` a path that ends with a zero byte.
    if let (0, Some(path)) = (done, within(unsafe { CStr::from_ptr(path) }.to_bytes())) {
        note(b'u', path, 0, &[]);
    }
    done
}

/// How much room the file says there is.
fn spare() -> Option<u64> {
    let path = variable(c"SHIM_SPARE")?;
    let mut words = [0_u8; 32];
    // SAFETY: the path ends with a zero byte, the buffer is ours, and the number is what `open` gave out.
    let length = unsafe {
        let fd = open(path.as_ptr(), 0);
        if fd < 0 {
            return None;
        }
        let length = read(fd, words.as_mut_ptr().cast(), words.len());
        close(fd);
        length
    };
    std::str::from_utf8(&words[..usize::try_from(length).ok()?]).ok()?.trim().parse().ok()
}

/// The beginning of libc's `struct statvfs`, which is the same on all 64-bit machines.
#[repr(C)]
struct StatVfs {
    block_size: c_long,
    fragment_size: c_long,
    blocks: u64,
    blocks_free: u64,
    blocks_available: u64,
}

fn room(path: *const c_char, into: *mut StatVfs) -> c_int {
    let done = real!(c"statvfs" as fn(*const c_char, *mut StatVfs) -> c_int, path, into);
    if let (0, Some(spare)) = (done, spare()) {
        // SAFETY: the real function has just filled it.
        let into = unsafe { &mut *into };
        let blocks = spare / into.fragment_size.cast_unsigned().max(1) as u64;
        (into.blocks_free, into.blocks_available) = (blocks, blocks);
    }
    done
}

#[unsafe(no_mangle)]
extern "C" fn statvfs(path: *const c_char, into: *mut StatVfs) -> c_int {
    room(path, into)
}

#[unsafe(no_mangle)]
extern "C" fn statvfs64(path: *const c_char, into: *mut StatVfs) -> c_int {
    room(path, into)
}
