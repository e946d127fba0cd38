//! What `sayso check` does besides checking once for people: for GitHub, against the store, again and again.

use crate::{BRAND, BROKEN, MISTAKES, WELCOME, run, workspace};

/// `%XX` read back, as GitHub does.
fn unescaped(text: &str) -> String {
    let pairs = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn github_gets_one_command_a_mistake() {
    let folder = workspace(&[("flows/gelato/broken.flow", BROKEN)]);
    let check = run(folder.path(), &["check", "--github"]);
    assert_eq!((check.code, check.err.as_str()), (Some(1), ""), "{check:#?}");
    for line in check.out.lines() {
        let kinds = ["::error file=", "::warning file=", "::notice file="];
        assert!(kinds.iter().any(|kind| line.starts_with(kind)), "{line}");
    }
    for (code, line, column, hint) in MISTAKES {
        let place = format!("::error file=flows/gelato/broken.flow,line={line},endLine={line},col={column},");
        let mut same = check.out.lines().filter(|one| one.starts_with(&place));
        let one =
            same.find(|one| one.contains(&format!("title={code} "))).unwrap_or_else(|| panic!("{code}"));
        assert!(unescaped(one).contains(hint), "{one}");
    }
    let wanted = "::error file=flows/gelato/broken.flow,line=8,endLine=8,col=6,endColumn=9,\
                  title=F301 an unknown node::";
    let one = check.out.lines().find(|line| line.starts_with(wanted)).unwrap_or_else(|| panic!("{check:#?}"));
    assert!(one.contains("%0Ahint: did you mean `two`?"), "{one}");
}

#[test]
fn github_gets_every_line_whole_whatever_a_file_is_called() {
    let broken = "flow odd\n\nnode one\n  sya 100%: a, b\n  end\n";
    let folder = workspace(&[("flows/gelato/50%, odd: one.flow", broken)]);
    let check = run(folder.path(), &["check", "--github"]);
    assert_eq!(check.code, Some(1), "{check:#?}");
    let place = "::error file=flows/gelato/50%25%2C odd%3A one.flow,line=4,endLine=4,col=3,";
    assert!(check.out.lines().any(|line| line.starts_with(place)), "{check:#?}");
    assert!(check.out.lines().all(|line| line.starts_with("::")), "{check:#?}");
}

#[test]
fn github_gets_warnings_and_the_exit_code_stays_what_it_is() {
    let lonely = WELCOME.replace("node done", "node lonely\n  end\n\nnode done");
    let folder = workspace(&[("flows/gelato/welcome.flow", &lonely)]);
    let check = run(folder.path(), &["check", "--github"]);
    assert_eq!((check.code, check.out.lines().count()), (Some(0), 1), "{check:#?}");
    assert!(check.out.starts_with("::warning file=flows/gelato/welcome.flow,line=10,"), "{check:#?}");
    let sound = run(workspace(&[]).path(), &["check", "--github"]);
    assert_eq!((sound.code, sound.out.as_str(), sound.err.as_str()), (Some(0), "", ""), "{sound:#?}");
    let quiet = BRAND.replace("  numbers +14045550100 via curl\n", "");
    let noted = run(workspace(&[("flows/gelato/brand.flow", &quiet)]).path(), &["check", "--github"]);
    assert!(
        noted.code == Some(0) && noted.out.starts_with("::notice file=flows/gelato/brand.flow,"),
        "{noted:#?}"
    );
    let both = run(folder.path(), &["check", "--github", "--json"]);
    assert_eq!((both.code, both.out.as_str()), (Some(2), ""), "{both:#?}");
    assert!(both.err.contains("hint: "), "{both:#?}");
}
