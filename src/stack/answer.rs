//! What each command does about a stack in each state: the one table that the code follows and the README shows. Pure.

use super::status::StackStatus;

/// What `up` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Up {
    /// There is nothing yet.
    Create,
    /// Only change sets exist under this name.
    Resume,
    /// The stack stands complete.
    Update,
    /// An operation runs.
    Follow,
    /// It is being deleted.
    FollowThenCreate,
    /// It is being rolled back.
    FollowThenGoOn,
    /// What is left of it can only be deleted.
    Recreate,
    /// An update failed, and so did its rollback.
    FinishRollback,
    /// An update failed and was left as it was.
    RollBack,
    /// Nothing that dockreg may decide alone.
    Refuse,
}

/// What `status` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The registry itself decides.
    Judge,
    /// An operation runs.
    Changing,
    /// Nothing is made yet.
    Proposed,
    /// The stack does not stand.
    Broken,
    /// There is none.
    Gone,
}

/// What `down` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Down {
    /// Nothing is there.
    Nothing,
    /// It can be deleted.
    Delete,
    /// It is being made: CloudFormation gives that up for a deletion.
    GiveUp,
    /// An operation runs that has to end first.
    FollowThenDelete,
    /// It is being deleted.
    Follow,
    /// A deletion failed.
    Finish,
}

/// What the commands do about one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What `up` does.
    pub up: Up,
    /// What `status` says.
    pub status: Look,
    /// What `down` does.
    pub down: Down,
}

/// The answer to a status.
#[must_use]
pub fn answer(status: &StackStatus) -> Answer {
    use StackStatus as S;
    let (up, status, down) = match status {
        S::CreateInProgress => (Up::Follow, Look::Changing, Down::GiveUp),
        S::CreateFailed => (Up::Recreate, Look::Broken, Down::Delete),
        S::CreateComplete => (Up::Update, Look::Judge, Down::Delete),
        S::RollbackInProgress => (Up::FollowThenGoOn, Look::Changing, Down::FollowThenDelete),
        S::RollbackFailed => (Up::Recreate, Look::Broken, Down::Delete),
        S::RollbackComplete => (Up::Recreate, Look::Broken, Down::Delete),
        S::DeleteInProgress => (Up::FollowThenCreate, Look::Changing, Down::Follow),
        S::DeleteFailed => (Up::Recreate, Look::Broken, Down::Finish),
        S::DeleteComplete => (Up::Create, Look::Gone, Down::Nothing),
        S::UpdateInProgress => (Up::Follow, Look::Changing, Down::FollowThenDelete),
        S::UpdateCompleteCleanupInProgress => (Up::Follow, Look::Changing, Down::FollowThenDelete),
        S::UpdateComplete => (Up::Update, Look::Judge, Down::Delete),
        S::UpdateFailed => (Up::RollBack, Look::Broken, Down::Delete),
        S::UpdateRollbackInProgress => (Up::FollowThenGoOn, Look::Changing, Down::FollowThenDelete),
        S::UpdateRollbackFailed => (Up::FinishRollback, Look::Broken, Down::Delete),
        S::UpdateRollbackCompleteCleanupInProgress => (Up::FollowThenGoOn, Look::Changing, Down::FollowThenDelete),
        S::UpdateRollbackComplete => (Up::Update, Look::Judge, Down::Delete),
        S::ReviewInProgress => (Up::Resume, Look::Proposed, Down::Delete),
        S::ImportInProgress => (Up::Follow, Look::Changing, Down::FollowThenDelete),
        S::ImportComplete => (Up::Update, Look::Judge, Down::Delete),
        S::ImportRollbackInProgress => (Up::FollowThenGoOn, Look::Changing, Down::FollowThenDelete),
        S::ImportRollbackFailed => (Up::Refuse, Look::Broken, Down::Delete),
        S::ImportRollbackComplete => (Up::Update, Look::Judge, Down::Delete),
        S::Unknown(word) if word.ends_with("_IN_PROGRESS") => (Up::Follow, Look::Changing, Down::FollowThenDelete),
        S::Unknown(_) => (Up::Refuse, Look::Broken, Down::Delete),
    };
    Answer { up, status, down }
}

impl Up {
    /// For the README and for hints: completes "`dockreg up` …".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Create => "makes it",
            Self::Resume => "makes it; nothing but a proposal is there yet",
            Self::Update => "changes what you ask for, and checks the registry",
            Self::Follow => "follows the operation from its first event, then does what else you ask for",
            Self::FollowThenCreate => "follows the deletion, then makes it anew",
            Self::FollowThenGoOn => "follows the rollback to its end, then goes on from there",
            Self::Recreate => "says what failed, asks, deletes what is left, makes it anew",
            Self::FinishRollback => {
                "says what blocks the rollback, asks, finishes it (`--skip` leaves resources out), goes on"
            }
            Self::RollBack => "says what failed, asks, rolls it back, goes on",
            Self::Refuse => "refuses: finish or undo this in the CloudFormation console first",
        }
    }
}

impl Look {
    /// For the README: completes "`dockreg status` …".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Judge => "one verdict by the registry itself",
            Self::Changing => "changing (4); `--watch` follows it",
            Self::Proposed => "not made yet (4)",
            Self::Broken => "broken (4), and what to type",
            Self::Gone => "no such stack (1)",
        }
    }
}

impl Down {
    /// For the README: completes "`dockreg down` …".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing to do (0)",
            Self::Delete => "asks, deletes it",
            Self::GiveUp => "asks, gives the creation up, deletes it",
            Self::FollowThenDelete => "asks, follows the operation to its end, deletes it",
            Self::Follow => "follows the deletion from its first event",
            Self::Finish => "says what blocks it, asks, deletes again (`--retain`, `--force`)",
        }
    }
}

/// The table as the README shows it, in Markdown.
#[must_use]
pub fn table() -> String {
    let mut text = String::from("| the stack is | `up` | `status` | `down` |\n|---|---|---|---|\n");
    let mut row = |name: &str, answer: Answer| {
        let Answer { up, status, down } = answer;
        text.push_str(&format!("| {name} | {} | {} | {} |\n", up.words(), status.words(), down.words()));
    };
    for word in StackStatus::words() {
        row(&format!("`{word}`"), answer(&StackStatus::from_word(word)));
    }
    row("any other `…_IN_PROGRESS`", answer(&StackStatus::from_word("SOME_IN_PROGRESS")));
    row("any other", answer(&StackStatus::from_word("SOME_OTHER")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_shows_this_table() {
        let readme = include_str!("../../README.md");
        assert!(readme.contains(&table()), "README.md is to contain:\n{}", table());
    }

    #[test]
    fn what_moves_is_followed_and_what_stands_is_not() {
        for word in StackStatus::words().chain(["NEW_IN_PROGRESS", "NEW"]) {
            let status = StackStatus::from_word(word);
            let Answer { up, status: look, down } = answer(&status);
            let moves = status.is_in_progress();
            assert_eq!(matches!(up, Up::Follow | Up::FollowThenCreate | Up::FollowThenGoOn), moves, "{word}");
            assert_eq!(look == Look::Changing, moves, "{word}");
            assert_eq!(matches!(down, Down::Follow | Down::FollowThenDelete | Down::GiveUp), moves, "{word}");
            assert_eq!(up == Up::Update, status.is_updatable(), "{word}");
            assert_eq!(look == Look::Judge, status.is_updatable(), "{word}");
        }
    }
}
