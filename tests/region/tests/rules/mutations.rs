//! The committed mutations still fit the source. `cargo test --test mutations` makes them and runs their tests.

#[path = "../mutations/list.rs"]
mod list;

use std::collections::BTreeSet;

use crate::root;
use list::MUTATIONS;

#[test]
fn every_mutation_fits_the_source_once_and_names_a_test() {
    assert!(MUTATIONS.len() >= 10, "{} mutations", MUTATIONS.len());
    for mutation in MUTATIONS {
        let said = mutation.kindness;
        let text = std::fs::read_to_string(root().join("src").join(mutation.file)).expect(mutation.file);
        assert_eq!(text.matches(mutation.text).count(), 1, "{said}: its text occurs once in {}", mutation.file);
        assert_ne!(mutation.text, mutation.with, "{said}");
        let (target, test) = mutation.test;
        let (module, name) = test.rsplit_once("::").expect("module and name");
        let path = root().join("tests").join(target).join(module.replace("::", "/")).with_extension("rs");
        let code = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(code.contains(&format!("fn {name}(")), "{said}: no test {test} in {}", path.display());
    }
    let said: BTreeSet<_> = MUTATIONS.iter().map(|mutation| mutation.kindness).collect();
    assert_eq!(said.len(), MUTATIONS.len(), "two say the same");
}
