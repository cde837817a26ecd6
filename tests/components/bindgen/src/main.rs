//! Writes the bindings of a world in C: `bindgen WIT WORLD FOLDER`.

use std::path::PathBuf;

use anyhow::Context;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

fn main() -> anyhow::Result<()> {
    let [wit, world, folder] = std::env::args().skip(1).collect::<Vec<_>>().try_into().ok().context("bindgen WIT WORLD FOLDER")?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(&world))?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut resolve, world, &mut files)?;
    for (name, contents) in files.iter() {
        std::fs::write(PathBuf::from(&folder).join(name), contents)?;
    }
    Ok(())
}
