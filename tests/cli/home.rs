//! A machine without a home, or with one that cannot be written: everything works, for nothing is kept there.

use crate::harness::{Fixture, UP};

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_missing_nor_an_unwritable_home_matters() {
    let mut fixture = Fixture::new().await;
    fixture.unset("HOME");
    fixture.run(&UP).await.exits(0).ignored();
    // A file where the home should be cannot be written below, not even by root.
    let blocked = fixture.file("blocked", "");
    for home in ["/nonexistent".to_owned(), blocked.join("home").display().to_string()] {
        fixture.set("HOME", home);
        fixture.run(&["status"]).await.exits(0).ignored();
        fixture.run(&["cert", "list"]).await.exits(0).ignored();
    }
    fixture.run(&["down", "--yes"]).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_into_the_home() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fixture.run(&["status"]).await.exits(0).ignored();
    let left = std::fs::read_dir(fixture.home()).expect("the home is there").count();
    assert_eq!(left, 0);
}
