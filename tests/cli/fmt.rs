//! `sayso fmt`: what it writes, what it prints, and what it leaves alone.

use super::{BRAND, GRAMMAR, WELCOME, fed, here, run, workspace};
use serde_json::{Value, json};
use std::fs::{self, read_to_string};
use std::path::Path;

const MESSY: &str = "flow  two\n  start on two\nnode a\n\tsay  Hi!  \n\n\n  end";
const TIDY: &str = "flow two\n  start on two\n\nnode a\n  say  Hi!\n\n  end\n";

/// The names of all files below a folder, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_repository_is_in_its_form() {
    let fmt = here(&["fmt", "--check"]);
    assert_eq!((fmt.code, fmt.out.as_str()), (Some(0), ""), "{fmt:#?}");
    assert!(fmt.err.ends_with(" files: 0 would change\n"), "{fmt:#?}");
}

#[test]
fn all_files_of_a_workspace_are_written_in_their_form() {
    let messy = [
        ("flows/gelato/a.chat", "\n>join\n", "> join\n"),
        ("flows/gelato/brand.flow", &BRAND.replace('\n', "\r\n"), BRAND),
        ("flows/gelato/two.flow", MESSY, TIDY),
        ("grammars/en.grammar", &GRAMMAR.replace("  ", "    "), GRAMMAR),
        ("grammars/gelato/own.grammar", "\u{feff}skip yo,dude", "skip yo, dude\n"),
    ];
    let folder = workspace(&messy.map(|(path, text, _)| (path, text)));
    let text_of = |path: &str| read_to_string(folder.path().join(path)).unwrap();
    let mut paths = messy.map(|(path, ..)| path).to_vec();

    let check = run(folder.path(), &["fmt", "--check"]);
    let mut said: Vec<_> = check.out.lines().collect();
    said.sort_unstable();
    paths.sort_unstable();
    assert_eq!((check.code, said), (Some(1), paths), "{check:#?}");
    assert_eq!(check.err, "6 files: 5 would change\n");
    for (path, text, _) in messy {
        assert_eq!(text_of(path), text, "nothing is written");
    }

    let welcome = folder.path().join("flows/gelato/welcome.flow");
    let (before, files) = (fs::metadata(&welcome).unwrap(), names(&folder.path().join("flows/gelato")));
    let fmt = run(&folder.path().join("flows"), &["fmt"]);
    assert_eq!((fmt.code, fmt.out), (Some(0), check.out), "{:#?}", fmt.err);
    assert_eq!(fmt.err, "6 files: 5 changed\n");
    for (path, _, tidy) in messy {
        assert_eq!(text_of(path), tidy, "{path}");
    }
    assert_eq!(text_of("flows/gelato/welcome.flow"), WELCOME);
    assert_eq!(fs::metadata(&welcome).unwrap().modified().unwrap(), before.modified().unwrap());
    assert_eq!(names(&folder.path().join("flows/gelato")), files, "nothing is left over");

    let again = run(folder.path(), &["fmt"]);
    assert_eq!((again.code, again.out.as_str()), (Some(0), ""), "{again:#?}");
    assert_eq!(run(folder.path(), &["fmt", "--check"]).code, Some(0));
}

#[test]
fn named_files_need_no_workspace() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["two.flow", "other.flow", "notes"] {
        fs::write(folder.path().join(name), MESSY).unwrap();
    }
    let fmt = run(folder.path(), &["fmt", "two.flow", "two.flow"]);
    assert_eq!((fmt.code, fmt.out.as_str()), (Some(0), "two.flow\n"), "{fmt:#?}");
    assert_eq!(read_to_string(folder.path().join("two.flow")).unwrap(), TIDY);
    assert_eq!(read_to_string(folder.path().join("other.flow")).unwrap(), MESSY);

    let unknown = run(folder.path(), &["fmt", "other.flow", "notes"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (Some(2), ""), "{unknown:#?}");
    assert!(unknown.err.contains("`notes`") && unknown.err.contains("--as"), "{unknown:#?}");
    assert_eq!(read_to_string(folder.path().join("other.flow")).unwrap(), MESSY, "first all, then the work");
    let told = run(folder.path(), &["fmt", "--as", "flow", "notes"]);
    assert_eq!((told.code, told.out.as_str()), (Some(0), "notes\n"), "{told:#?}");
    assert_eq!(read_to_string(folder.path().join("notes")).unwrap(), TIDY);
}

#[test]
fn what_cannot_be_read_is_said_and_left_alone() {
    let folder = workspace(&[("flows/gelato/two.flow", MESSY)]);
    let flows = folder.path().join("flows/gelato");
    let latin = b"flow latin\n\nnode one\n  say  caf\xe9  \n  end\n";
    fs::write(flows.join("latin.flow"), latin).unwrap();
    let large = " \n".repeat(2 * 1024 * 1024 + 1);
    fs::write(flows.join("large.chat"), &large).unwrap();
    let fmt = run(folder.path(), &["fmt"]);
    assert_eq!((fmt.code, fmt.out.as_str()), (Some(1), "flows/gelato/two.flow\n"), "{fmt:#?}");
    for words in ["flows/gelato/latin.flow:4:", "error[S008]", "large.chat", "error[S009]", "2 left alone"] {
        assert!(fmt.err.contains(words), "{words}: {}", fmt.err);
    }
    assert_eq!(fs::read(flows.join("latin.flow")).unwrap(), latin);
    assert_eq!(read_to_string(flows.join("large.chat")).unwrap(), large);

    let missing = run(folder.path(), &["fmt", "--json", "missing.flow"]);
    assert_eq!((missing.code, missing.err.as_str()), (Some(1), ""), "{missing:#?}");
    let said: Value = serde_json::from_str(&missing.out).unwrap();
    assert_eq!((&said["file"], &said["severity"]), (&json!("missing.flow"), &json!("error")));
}

#[test]
fn changed_files_are_objects_for_programs() {
    let folder = workspace(&[("flows/gelato/two.flow", MESSY)]);
    let fmt = run(folder.path(), &["fmt", "--json", "--check"]);
    assert_eq!((fmt.code, fmt.err.as_str()), (Some(1), ""), "{fmt:#?}");
    assert_eq!(serde_json::from_str::<Value>(&fmt.out).unwrap(), json!({ "file": "flows/gelato/two.flow" }));
}

#[test]
fn the_standard_input_comes_out_in_its_form() {
    let folder = tempfile::tempdir().unwrap();
    let piped = |arguments: &[&str], input: &[u8]| fed(folder.path(), arguments, input);
    let flow = piped(&["fmt", "-", "--as", "flow"], MESSY.as_bytes());
    assert_eq!((flow.code, flow.out.as_str(), flow.err.as_str()), (Some(0), TIDY, ""));
    let kinds = [
        ("brand", "field a:b", "field a: b\n"),
        ("grammar", "skip a,b", "skip a, b\n"),
        ("chat", ">a,b", "> a,b\n"),
        ("chat", "", ""),
    ];
    for (kind, input, wanted) in kinds {
        let fmt = piped(&["fmt", "--as", kind, "-"], input.as_bytes());
        assert_eq!((fmt.code, fmt.out.as_str()), (Some(0), wanted), "{kind}: {fmt:#?}");
    }
    let check = piped(&["fmt", "-", "--as=flow", "--check"], MESSY.as_bytes());
    assert_eq!((check.code, check.out.as_str()), (Some(1), "-\n"), "{check:#?}");
    let check = piped(&["fmt", "-", "--as=flow", "--check"], TIDY.as_bytes());
    assert_eq!((check.code, check.out.as_str()), (Some(0), ""), "{check:#?}");
    let latin = piped(&["fmt", "-", "--as=flow"], b"flow caf\xe9");
    assert_eq!((latin.code, latin.out.as_str()), (Some(1), ""), "{latin:#?}");
    assert!(latin.err.contains("error[S008]"), "{latin:#?}");
    for arguments in [&["fmt", "-"][..], &["fmt", "-", "a.flow", "--as", "flow"]] {
        let unknown = piped(arguments, b"");
        assert_eq!((unknown.code, unknown.out.as_str()), (Some(2), ""), "{unknown:#?}");
        assert!(unknown.err.contains("--as flow"), "{unknown:#?}");
    }
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real.flow"), folder.path().join("link.flow"));
    fs::write(&real, MESSY).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.flow", &link).unwrap();
    let fmt = run(folder.path(), &["fmt", "link.flow"]);
    assert_eq!((fmt.code, fmt.out.as_str()), (Some(0), "link.flow\n"), "{fmt:#?}");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(read_to_string(&real).unwrap(), TIDY);
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);

    fs::write(folder.path().join("kept.flow"), MESSY).unwrap();
    fs::set_permissions(folder.path().join("kept.flow"), fs::Permissions::from_mode(0o444)).unwrap();
    fs::write(folder.path().join("first.flow"), MESSY).unwrap();
    let fmt = run(folder.path(), &["fmt", "first.flow", "kept.flow"]);
    assert_eq!((fmt.code, fmt.out.as_str()), (Some(2), "first.flow\n"), "{fmt:#?}");
    assert!(fmt.err.contains("`kept.flow` cannot be written: it is read-only"), "{fmt:#?}");
    assert_eq!(read_to_string(folder.path().join("kept.flow")).unwrap(), MESSY);
    assert_eq!(names(folder.path()), ["first.flow", "kept.flow", "link.flow", "real.flow"]);
}
