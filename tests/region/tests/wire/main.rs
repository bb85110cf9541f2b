//! The region's wire from outside: real sockets, signed requests, a real resolver's questions.

mod behind;
mod connections;
mod control;
mod dns;
mod events;
mod faults;
mod journal;
mod objects;
mod permissions;
mod signatures;
mod signer;
mod wait_handles;
