//! The table's rows about names.

use rcgen::{DistinguishedName, SanType};

use super::Case;
use super::make::{HOST, Make, Pki};

/// Name of the row, names of the certificate, the host, what is said.
type Row = (&'static str, &'static [&'static str], &'static str, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("its own name", &["docker.example.test"], HOST, "exact"),
    ("capital letters in the certificate", &["DOCKER.Example.test"], HOST, "exact"),
    ("capital letters in the host", &["docker.example.test"], "Docker.Example.TEST", "exact"),
    ("a final dot of the host", &["docker.example.test"], "docker.example.test.", "exact"),
    ("one among others", &["a.test", "b.test", "docker.example.test"], HOST, "exact"),
    ("a digit and a hyphen", &["docker-1.example.test"], "docker-1.example.test", "exact"),
    ("a label of digits", &["1.example.test"], "1.example.test", "exact"),
    ("an underscore in another name", &["a_b.example.test", "docker.example.test"], HOST, "exact"),
    ("a label of 63 letters", &["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test"],
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test", "exact"),
    ("another name", &["registry.example.test"], HOST, "covers only registry.example.test"),
    ("two other names", &["a.test", "b.test"], HOST, "covers only a.test, b.test"),
    ("five other names", &["a.test", "b.test", "c.test", "d.test", "e.test"], HOST,
        "covers only a.test, b.test, c.test and 2 more"),
    ("the parent's name", &["example.test"], HOST, "covers only example.test"),
    ("a name below", &["a.docker.example.test"], HOST, "covers only a.docker.example.test"),
    ("the beginning of a longer host", &["docker.example.test"], "docker.example.test.evil.test",
        "covers only docker.example.test"),
    ("the end of a label", &["ocker.example.test"], HOST, "covers only ocker.example.test"),
    ("a final dot of the certificate", &["docker.example.test."], HOST, "covers only docker.example.test."),
    ("a space before the name", &[" docker.example.test"], HOST, "covers only  docker.example.test"),
    ("a NUL within the name", &["docker.example.test\0.evil.test"], HOST, "covers only docker.example.test\0.evil.test"),
    ("a name with a port", &["docker.example.test:443"], HOST, "covers only docker.example.test:443"),
    ("a wildcard", &["*.example.test"], HOST, "wildcard"),
    ("a wildcard in capitals", &["*.EXAMPLE.TEST"], HOST, "wildcard"),
    ("a wildcard beside the exact name", &["*.example.test", "docker.example.test"], HOST, "exact"),
    ("a wildcard for two labels", &["*.example.test"], "a.docker.example.test", "covers only *.example.test"),
    ("a wildcard for its own parent", &["*.example.test"], "example.test", "covers only *.example.test"),
    ("a wildcard below a top-level domain", &["*.test"], "example.test", "covers only *.test"),
    ("a wildcard of another domain", &["*.example.com"], HOST, "covers only *.example.com"),
    ("a wildcard of the end of a label", &["*.ample.test"], HOST, "covers only *.ample.test"),
    ("a wildcard below the host", &["*.docker.example.test"], HOST, "covers only *.docker.example.test"),
    ("a wildcard in the middle", &["docker.*.test"], HOST, "covers only docker.*.test"),
    ("a wildcard within a label", &["dock*.example.test"], HOST, "covers only dock*.example.test"),
    ("a wildcard at the end of a label", &["*ker.example.test"], HOST, "covers only *ker.example.test"),
    ("two wildcards", &["*.*.test"], HOST, "covers only *.*.test"),
    ("a lone asterisk", &["*"], HOST, "covers only *"),
    ("a wildcard with a final dot", &["*.example.test."], HOST, "covers only *.example.test."),
    ("an international host", &["xn--bcher-kva.example.test"], "bücher.example.test", "exact"),
    ("an international host in capitals", &["xn--bcher-kva.example.test"], "BÜCHER.example.test", "exact"),
    ("an international host in its ASCII form", &["XN--BCHER-KVA.example.test"], "xn--bcher-kva.example.test", "exact"),
    ("an international label under a wildcard", &["*.example.test"], "bücher.example.test", "wildcard"),
    ("an international wildcard", &["*.xn--bcher-kva.test"], "docker.bücher.test", "wildcard"),
    ("an international name spelt otherwise", &["xn--bcher-kva.example.test"], "buecher.example.test",
        "covers only xn--bcher-kva.example.test"),
    ("a wildcard within an international label", &["xn--*.example.test"], "bücher.example.test",
        "covers only xn--*.example.test"),
    ("a host in letters that look the same", &["docker.example.test"], "dосker.example.test",
        "covers only docker.example.test"),
];

pub(super) fn table(pki: &Pki) -> Vec<Case> {
    let row =
        |&(name, names, host, says): &Row| Case { host: host.to_owned(), ..pki.case(name, Make::of(names), says) };
    let text = |text: &str| text.try_into().expect("ASCII");
    let only_common = "names docker.example.test only as common name; clients read subject alternative names";
    let many: Vec<String> = (0..120).map(|index| format!("n{index}.example.test")).chain([HOST.to_owned()]).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let unnamed = Make::of(&[]).with(|params| params.distinguished_name = DistinguishedName::new());
    let others = [
        pki.case("one of 121 names", Make::of(&many), "exact"),
        pki.case("only a common name", Make::of(&[]), only_common),
        pki.case("neither common name nor names", unnamed, "names no host"),
        pki.case("an address", Make::with_names(vec![SanType::IpAddress([10, 0, 0, 1].into())]), only_common),
        pki.case(
            "a mail address",
            Make::with_names(vec![SanType::Rfc822Name(text("a@docker.example.test"))]),
            only_common,
        ),
        pki.case("a URI", Make::with_names(vec![SanType::URI(text("https://docker.example.test/"))]), only_common),
        pki.case("the common name and other names", Make::of(&["a.test"]), "covers only a.test"),
    ];
    ROWS.iter().map(row).chain(others).collect()
}
