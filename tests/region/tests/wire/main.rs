//! The region's wire from outside: real sockets, signed requests, a real resolver's questions.

mod behind;
mod dns;
mod faults;
mod objects;
mod signatures;
mod signer;
mod wait_handles;
