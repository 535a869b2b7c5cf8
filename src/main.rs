//! The binary `atr`.

use std::process::ExitCode;

fn main() -> ExitCode {
    atr::commands::main()
}
