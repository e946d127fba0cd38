//! `sayso init`: what it writes works, and nothing is written over.

use crate::{HERE, run};
use std::collections::BTreeMap;
use std::path::Path;

const TEMPLATES: [&str; 5] = ["join", "survey", "vote", "support", "blank"];

/// All files below a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.insert(name, std::fs::read_to_string(path).unwrap());
            }
        }
    }
    files
}

#[test]
fn every_template_is_checked_formatted_and_walked_to_the_last_way() {
    for template in TEMPLATES {
        let folder = tempfile::tempdir().unwrap();
        let made = run(folder.path(), &["init", "new", "--template", template]);
        assert_eq!(made.code, Some(0), "{made:#?}");
        let commands: Vec<&str> = made.out.lines().collect();
        assert_eq!(commands.len(), 3, "{made:#?}");
        assert!(commands[0].starts_with("cd new && sayso chat"), "{made:#?}");

        let new = folder.path().join("new");
        let check = run(&new, &["check"]);
        assert_eq!((check.code, check.err.as_str()), (Some(0), ""), "{template}: {check:#?}");
        assert!(check.out.contains("0 errors, 0 warnings, 0 notes"), "{template}: {check:#?}");
        let fmt = run(&new, &["fmt", "--check"]);
        assert_eq!(fmt.code, Some(0), "{template}: {fmt:#?}");
        let test = run(&new, &["test", "--coverage"]);
        assert_eq!(test.code, Some(0), "{template}: {test:#?}");
        assert!(!test.out.contains("never"), "{template}: {test:#?}");
        let walked = test.out.lines().find(|line| line.ends_with(" walked")).unwrap();
        let numbers: Vec<&str> =
            walked.split_whitespace().filter(|word| word.parse::<u32>().is_ok()).collect();
        assert_eq!(numbers.len(), 8, "{template}: {walked}");
        assert!(numbers.chunks(2).all(|of| of[0] == of[1]), "{template}: {walked}");
    }
}

#[test]
fn all_files_of_a_template_are_written() {
    let templates = Path::new(HERE).join("data/templates");
    for template in TEMPLATES {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(run(folder.path(), &["init", "--template", template]).code, Some(0));
        let mut written = files(folder.path());
        assert!(written.remove("sayso.toml").is_some() && written.remove(".gitignore").is_some());
        assert_eq!(written, files(&templates.join(template)), "{template}");
    }
    let known = std::fs::read_dir(templates).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(known.count(), TEMPLATES.len());
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let refused = run(folder.path(), &["init"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""), "{refused:#?}");
    assert!(refused.err.contains("`.` is not empty: `notes.txt` is there"), "{refused:#?}");
    assert!(refused.err.contains("hint: name a folder that is empty or new"), "{refused:#?}");
    assert_eq!(files(folder.path()).len(), 1);

    let file = run(folder.path(), &["init", "notes.txt"]);
    assert_eq!(file.code, Some(2), "{file:#?}");
    let unknown = run(folder.path(), &["init", "x", "--template", "jion"]);
    assert_eq!(unknown.code, Some(2), "{unknown:#?}");
    assert!(unknown.err.contains("join"), "{unknown:#?}");
}

#[test]
fn a_folder_under_version_control_counts_as_empty() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    let made = run(folder.path(), &["init", "--template", "blank"]);
    assert_eq!(made.code, Some(0), "{made:#?}");
    assert!(made.out.starts_with("sayso chat "), "{made:#?}");
}
