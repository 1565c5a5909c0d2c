// SPDX-License-Identifier: Apache-2.0
// Asks configfs-tsm for a report, as a Rust program does that knows the path, and writes it to standard output.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

fn report(dir: &Path) -> io::Result<Vec<u8>> {
    let challenge: Vec<u8> = (0..64).collect();
    fs::write(dir.join("inblob"), challenge)?;
    let before = fs::read_to_string(dir.join("generation"))?;
    let outblob = fs::read(dir.join("outblob"))?;
    let after = fs::read_to_string(dir.join("generation"))?;
    if before != after {
        return Err(io::Error::other("somebody else wrote to the report"));
    }
    Ok(outblob)
}

fn main() -> io::Result<()> {
    let dir = Path::new("/sys/kernel/config/tsm/report").join(format!("rust-{}", std::process::id()));
    fs::create_dir(&dir)?;
    let got = report(&dir);
    fs::remove_dir(&dir)?;
    io::stdout().write_all(&got?)
}
