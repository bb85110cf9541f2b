//! What real AWS does to a client that expects less of it: one test `row_NN_…` for each row of the design's table of such facts.
//! A naive client or template falls into the trap, and the test asserts the trap. What dockreg does about it is tested in tests/cli.

mod cloudformation;
mod compute;
mod identity;
mod types;

#[path = "../harness/compute/client.rs"]
#[expect(dead_code, reason = "shared with the harness, whose tests take the rest")]
mod client;
#[path = "../harness/fixture.rs"]
#[expect(dead_code, reason = "shared with the harness, whose tests take the rest")]
mod fixture;
#[path = "../harness/compute/rig.rs"]
#[expect(dead_code, reason = "shared with the harness, whose tests take the rest")]
mod rig;
#[path = "../wire/signer.rs"]
#[expect(dead_code, reason = "shared with the wire's tests, which take the rest")]
mod signer;
