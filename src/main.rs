//! The dockreg binary: parse, run, exit code. Everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    dockreg::command::main(std::env::args_os())
}
