//! From an argument list to an exit code: parse, run, show. Nothing here knows what a command does.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches};

use super::{Outcome, cert, down, iam_policy, interrupt, login, status, template, up};
use crate::cli::{CertCommand, Cli, Color, Command, GlobalArgs, Output};
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::ui::{ColorChoice, Document, Format, Look, Shell, Verbosity, show_calls};

/// Runs dockreg with these arguments, the program's name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let arguments = arguments.as_slice();
    let parsed = Cli::command().try_get_matches_from(arguments);
    let matches = match parsed {
        Ok(matches) => matches,
        Err(error) => return usage(arguments, &error),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return usage(arguments, &error),
    };
    let shell = Shell::new(look(&cli.global));
    if cli.global.verbose >= 2 {
        show_calls();
    }
    let from_environment = from_environment(&matches);
    let word = cli.command.word();
    tell_panics(shell.clone(), word);
    let last_words = last_words(shell.clone(), word);
    let ended = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime.block_on(dispatch(cli, shell.clone(), &from_environment, last_words)),
        Err(error) => Err(Failure::new(Kind::Bug, "the runtime does not start")
            .cause(error.to_string())
            .hint("let the process open more files and threads (ulimit); report this if that is no reason")),
    };
    show(&shell, word, ended)
}

async fn dispatch(
    cli: Cli,
    shell: Shell,
    from_environment: &BTreeSet<String>,
    last_words: impl Fn(Failure) + Send + 'static,
) -> Result<Outcome, Failure> {
    interrupt::listen(last_words);
    let context = Context::new(&cli.global, shell)?;
    match &cli.command {
        Command::Up(args) => up::run(&context, args, from_environment).await,
        Command::Down(args) => down::run(&context, args).await,
        Command::Status(args) => status::run(&context, args).await,
        Command::Cert(CertCommand::List(args)) => interrupt::or_stop(cert::list::run(&context, args)).await,
        Command::Cert(CertCommand::Upload(args)) => cert::upload::run(&context, args).await,
        Command::Cert(CertCommand::Rotate(args)) => cert::rotate::run(&context, args).await,
        Command::Cert(CertCommand::Delete(args)) => cert::delete::run(&context, args).await,
        Command::Login(args) => interrupt::or_stop(login::run(&context, args)).await,
        Command::Template(args) => Ok(template::run(args)),
        Command::IamPolicy(args) => iam_policy::run(&context, args).await,
    }
}

/// Shows how a command ended, and turns it into an exit code.
fn show(shell: &Shell, word: &str, ended: Result<Outcome, Failure>) -> ExitCode {
    let outcome = match ended {
        Ok(outcome) => outcome,
        Err(failure) => Outcome { failure: Some(failure), ..Outcome::default() },
    };
    let Outcome { data, text, warnings, failure } = &outcome;
    match shell.format() {
        Format::Json => shell.document(&Document::new(word, data, warnings, failure.as_ref())),
        Format::Text => shell.result(text),
    }
    for warning in warnings {
        shell.warn(warning);
    }
    if let Some(failure) = failure {
        shell.error(failure);
    }
    ExitCode::from(failure.as_ref().map_or(0, |failure| failure.kind.exit_code()))
}

/// Shows a failure after which nothing else runs.
fn last_words(shell: Shell, word: &'static str) -> impl Fn(Failure) {
    move |failure| {
        show(&shell, word, Err(failure));
    }
}

/// A panic is a bug and ends as one, in the form that was asked for. Release builds abort on panic, so this is the last
/// code that runs.
fn tell_panics(shell: Shell, word: &'static str) {
    std::panic::set_hook(Box::new(move |panic| {
        let failure = Failure::new(Kind::Bug, "dockreg has a bug").cause(panic.to_string()).hint(
            "please report this with the command that led here; an operation in AWS goes on, `dockreg up` follows it",
        );
        show(&shell, word, Err(failure));
        #[expect(clippy::exit, reason = "a panicking thread has no other way to set the exit code")]
        std::process::exit(i32::from(Kind::Bug.exit_code()));
    }));
}

/// Help and version go to standard output with 0; a wrong command line is told in clap's words, in JSON if so asked.
fn usage(arguments: &[OsString], error: &clap::Error) -> ExitCode {
    if !error.use_stderr() || !wants_json(arguments) {
        let printed = error.print();
        tracing::debug!(ok = printed.is_ok(), "told");
        return ExitCode::from(if error.use_stderr() { Kind::Usage.exit_code() } else { 0 });
    }
    let told = error.render().to_string();
    let mut parts = told.trim().splitn(2, "\n\n");
    let message = parts.next().unwrap_or_default().trim_start_matches("error: ");
    let mut failure = Failure::new(Kind::Usage, message.split_whitespace().collect::<Vec<_>>().join(" "));
    failure.hint = parts.next().map(|rest| rest.split_whitespace().collect::<Vec<_>>().join(" "));
    let shell = Shell::new(Look { format: Format::Json, ..Look::default() });
    show(&shell, "", Err(failure))
}

/// Whether a command line that clap does not understand asks for JSON all the same.
fn wants_json(arguments: &[OsString]) -> bool {
    let lenient = Cli::command().ignore_errors(true).try_get_matches_from(arguments);
    if lenient.is_ok_and(|matches| matches.get_one::<Output>("output") == Some(&Output::Json)) {
        return true;
    }
    let words: Vec<&str> = arguments.iter().filter_map(|own| own.to_str()).collect();
    words.contains(&"--output=json") || words.windows(2).any(|pair| pair == ["--output", "json"])
}

fn look(global: &GlobalArgs) -> Look {
    Look {
        format: match global.output {
            Output::Text => Format::Text,
            Output::Json => Format::Json,
        },
        color: match global.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        },
        verbosity: match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        },
    }
}

/// The arguments that environment variables gave, by clap's ids.
fn from_environment(matches: &clap::ArgMatches) -> BTreeSet<String> {
    let Some((_, command)) = matches.subcommand() else { return BTreeSet::new() };
    let given = command.ids().map(|id| id.as_str().to_owned());
    given
        .filter(|id| command.try_contains_id(id).is_ok() && command.value_source(id) == Some(ValueSource::EnvVariable))
        .collect()
}
