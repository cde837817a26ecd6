//! The words of a command line from the file on: they belong to what is run, and none of them is an option of ours.
//!
//! Both commands take them as one list, so that the parser stops looking for options at the file: what a guest's arguments say never
//! reaches what the guest is granted.

use std::ffi::OsString;
use std::path::PathBuf;

/// The file, and the arguments for what is in it.
///
/// # Errors
/// A sentence for an argument that is not UTF-8, which neither a script nor a guest could be given.
pub(super) fn split(words: Vec<OsString>) -> Result<(PathBuf, Vec<String>), String> {
    let mut words = words.into_iter();
    let file = words.next().map(PathBuf::from).ok_or("no file is named")?;
    let args = words.enumerate().map(|(index, word)| {
        word.into_string().map_err(|word| format!("the argument {} after the file is not UTF-8: {word:?}", index + 1))
    });
    Ok((file, args.collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::parser::ValueSource;
    use clap::{Arg, ArgMatches, Command, CommandFactory};

    const COMMANDS: [&str; 2] = ["run", "exec"];

    fn command(name: &str) -> Command {
        let mut cli = Cli::command();
        cli.build();
        cli.find_subcommand(name).unwrap().clone()
    }

    /// Every option that the command has, as the parser itself lists them.
    fn options(name: &str) -> Vec<Arg> {
        let all: Vec<Arg> = command(name).get_arguments().filter(|arg| !arg.is_positional()).cloned().collect();
        assert!(all.len() >= 4 && all.iter().any(|arg| arg.get_id() == "help"), "{all:?}");
        all
    }

    /// A value that the option takes.
    fn value(option: &Arg) -> String {
        option.get_possible_values().first().map_or("1".to_owned(), |value| value.get_name().to_owned())
    }

    /// Each way to write the option, as words.
    fn spellings(option: &Arg) -> Vec<Vec<String>> {
        let long = option.get_long().map(|long| format!("--{long}"));
        let short = option.get_short().map(|short| format!("-{short}"));
        let mut all = Vec::new();
        for name in long.into_iter().chain(short) {
            if option.get_action().takes_values() {
                let join = if name.starts_with("--") { "=" } else { "" };
                all.push(vec![format!("{name}{join}{}", value(option))]);
                // One that may stand alone takes its value by `=` only, so that it does not take the file for one.
                let alone = option.is_require_equals_set();
                all.push(if alone { vec![name] } else { vec![name, value(option)] });
            } else {
                all.push(vec![name]);
            }
        }
        all
    }

    fn parse(name: &str, words: &[&[String]]) -> Result<ArgMatches, clap::Error> {
        let start = ["runtime-wasm".to_owned(), name.to_owned()];
        let matches = Cli::command().try_get_matches_from(start.iter().chain(words.iter().copied().flatten()))?;
        Ok(matches.subcommand().unwrap().1.clone())
    }

    fn words(matches: &ArgMatches) -> Vec<String> {
        matches.get_raw("words").unwrap().map(|word| word.to_str().unwrap().to_owned()).collect()
    }

    /// The options that the command line has set.
    fn given(name: &str, matches: &ArgMatches) -> Vec<String> {
        let set = |arg: &Arg| {
            let id = arg.get_id().as_str();
            let known = matches.try_contains_id(id).unwrap_or(false);
            (known && matches.value_source(id) == Some(ValueSource::CommandLine)).then(|| id.to_owned())
        };
        options(name).iter().filter_map(set).collect()
    }

    #[test]
    fn no_word_after_the_file_is_an_option_whichever_it_looks_like() {
        let file = ["FILE".to_owned()];
        let plain = ["word".to_owned()];
        for name in COMMANDS {
            let mut looking_like_options: Vec<_> = options(name).iter().flat_map(spellings).collect();
            let others = ["--", "-", "", "-V", "--version", "--no-such-option", "--no-such=1", "help", name, "-xyz"];
            looking_like_options.extend(others.map(|word| vec![word.to_owned()]));
            for spelling in &looking_like_options {
                for before in [&[][..], &plain[..], &["--".to_owned()]] {
                    let matches = parse(name, &[&file, before, spelling]).unwrap();
                    assert_eq!(words(&matches), [&file, before, &spelling[..]].concat());
                    assert!(given(name, &matches).is_empty(), "{name} FILE {before:?} {spelling:?}");
                }
            }
        }
    }

    #[test]
    fn every_option_stands_before_the_file() {
        let file = ["FILE".to_owned()];
        for name in COMMANDS {
            for option in options(name) {
                for spelling in spellings(&option) {
                    match parse(name, &[&spelling, &file, &spelling]) {
                        Ok(matches) => {
                            assert_eq!(words(&matches), [&file, &spelling[..]].concat());
                            assert_eq!(given(name, &matches), [option.get_id().as_str()]);
                        }
                        Err(error) => assert_eq!(error.kind(), clap::error::ErrorKind::DisplayHelp, "{spelling:?}"),
                    }
                }
            }
        }
    }

    #[test]
    fn a_file_that_looks_like_an_option_stands_after_two_dashes() {
        let [dashes, file, arg] = ["--", "-x", "--dir=/"].map(str::to_owned);
        for name in COMMANDS {
            assert!(parse(name, &[std::slice::from_ref(&file)]).is_err());
            let matches = parse(name, &[&[dashes.clone(), file.clone(), dashes.clone(), arg.clone()]]).unwrap();
            assert_eq!(words(&matches), [&file[..], &dashes, &arg]);
            assert!(given(name, &matches).is_empty());
        }
    }

    #[test]
    fn what_is_not_utf_8_is_refused_by_its_place() {
        use std::os::unix::ffi::OsStringExt;
        let odd = || OsString::from_vec(vec![b'a', 0xff]);
        let (file, args) = split(vec![odd(), "".into(), "--".into()]).unwrap();
        assert_eq!((file.as_os_str(), args), (odd().as_os_str(), vec![String::new(), "--".to_owned()]));
        let error = split(vec!["FILE".into(), "a".into(), odd()]).unwrap_err();
        assert!(error.contains("argument 2") && error.contains("UTF-8"), "{error}");
    }
}
