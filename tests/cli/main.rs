//! The real binary against a simulated region: what it prints, what it returns, what it leaves behind.
//!
//! Every test starts a region of its own and depends on no other, on no clock and on nothing outside this machine.
//! After a wanted change of wording: `INSTA_UPDATE=always cargo test --test cli`, then read the difference.

mod advice;
mod attach;
mod bad_input;
mod cancelled;
mod certificate_choice;
mod certificate_expiry;
mod certificate_list;
mod certificate_trust;
mod certs_delete;
mod certs_rotate;
mod certs_upload;
mod degraded;
mod documents;
mod down;
mod down_given;
mod down_images;
mod exit_codes;
mod first_use;
mod foreign;
mod harness;
mod help;
mod home;
mod interrupts;
mod life;
mod lost_replies;
mod machines;
mod names;
mod names_fresh;
mod names_records;
mod networks;
mod networks_standing;
mod node_boot;
mod node_rig;
mod node_script;
mod node_users;
mod not_launched;
mod own_bucket;
mod policy;
mod readiness;
mod refusals;
mod repairs;
mod root_cause;
mod screens;
mod states;
mod terminal;
mod untagged;
mod users;
mod users_secret;
mod values;
mod waits;
mod weather;
