//! A stack's status, turned into the questions that commands ask. Pure.

use std::fmt;

use serde::Serialize;

/// The status of a stack, in CloudFormation's words.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
#[expect(missing_docs, reason = "the variants are CloudFormation's own words")]
pub enum StackStatus {
    CreateInProgress,
    CreateFailed,
    CreateComplete,
    RollbackInProgress,
    RollbackFailed,
    RollbackComplete,
    DeleteInProgress,
    DeleteFailed,
    DeleteComplete,
    UpdateInProgress,
    UpdateCompleteCleanupInProgress,
    UpdateComplete,
    UpdateFailed,
    UpdateRollbackInProgress,
    UpdateRollbackFailed,
    UpdateRollbackCompleteCleanupInProgress,
    UpdateRollbackComplete,
    ReviewInProgress,
    ImportInProgress,
    ImportComplete,
    ImportRollbackInProgress,
    ImportRollbackFailed,
    ImportRollbackComplete,
    /// A status that this version does not know.
    Unknown(String),
}

/// Every status by its word.
const WORDS: [(&str, StackStatus); 23] = [
    ("CREATE_IN_PROGRESS", StackStatus::CreateInProgress),
    ("CREATE_FAILED", StackStatus::CreateFailed),
    ("CREATE_COMPLETE", StackStatus::CreateComplete),
    ("ROLLBACK_IN_PROGRESS", StackStatus::RollbackInProgress),
    ("ROLLBACK_FAILED", StackStatus::RollbackFailed),
    ("ROLLBACK_COMPLETE", StackStatus::RollbackComplete),
    ("DELETE_IN_PROGRESS", StackStatus::DeleteInProgress),
    ("DELETE_FAILED", StackStatus::DeleteFailed),
    ("DELETE_COMPLETE", StackStatus::DeleteComplete),
    ("UPDATE_IN_PROGRESS", StackStatus::UpdateInProgress),
    ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackStatus::UpdateCompleteCleanupInProgress),
    ("UPDATE_COMPLETE", StackStatus::UpdateComplete),
    ("UPDATE_FAILED", StackStatus::UpdateFailed),
    ("UPDATE_ROLLBACK_IN_PROGRESS", StackStatus::UpdateRollbackInProgress),
    ("UPDATE_ROLLBACK_FAILED", StackStatus::UpdateRollbackFailed),
    ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", StackStatus::UpdateRollbackCompleteCleanupInProgress),
    ("UPDATE_ROLLBACK_COMPLETE", StackStatus::UpdateRollbackComplete),
    ("REVIEW_IN_PROGRESS", StackStatus::ReviewInProgress),
    ("IMPORT_IN_PROGRESS", StackStatus::ImportInProgress),
    ("IMPORT_COMPLETE", StackStatus::ImportComplete),
    ("IMPORT_ROLLBACK_IN_PROGRESS", StackStatus::ImportRollbackInProgress),
    ("IMPORT_ROLLBACK_FAILED", StackStatus::ImportRollbackFailed),
    ("IMPORT_ROLLBACK_COMPLETE", StackStatus::ImportRollbackComplete),
];

/// What a status means for the person waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sentiment {
    /// What was asked for is there.
    Good,
    /// Something is under way.
    Neutral,
    /// Something failed, or is being undone.
    Bad,
}

impl StackStatus {
    /// Every word that CloudFormation documents.
    pub fn words() -> impl Iterator<Item = &'static str> {
        WORDS.iter().map(|(word, _)| *word)
    }

    /// Reads CloudFormation's word.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        let known = WORDS.iter().find(|(own, _)| *own == word);
        known.map_or_else(|| Self::Unknown(word.to_owned()), |(_, status)| status.clone())
    }

    /// CloudFormation's word.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Unknown(word) => word,
            known => WORDS.iter().find(|(_, status)| status == known).map_or("", |(word, _)| word),
        }
    }

    /// Whether an operation is running: CloudFormation will change this status by itself.
    #[must_use]
    pub fn is_in_progress(&self) -> bool {
        match self {
            Self::CreateInProgress
            | Self::RollbackInProgress
            | Self::DeleteInProgress
            | Self::UpdateInProgress
            | Self::UpdateCompleteCleanupInProgress
            | Self::UpdateRollbackInProgress
            | Self::UpdateRollbackCompleteCleanupInProgress
            | Self::ImportInProgress
            | Self::ImportRollbackInProgress => true,
            Self::CreateFailed
            | Self::CreateComplete
            | Self::RollbackFailed
            | Self::RollbackComplete
            | Self::DeleteFailed
            | Self::DeleteComplete
            | Self::UpdateComplete
            | Self::UpdateFailed
            | Self::UpdateRollbackFailed
            | Self::UpdateRollbackComplete
            | Self::ReviewInProgress
            | Self::ImportComplete
            | Self::ImportRollbackFailed
            | Self::ImportRollbackComplete => false,
            Self::Unknown(word) => word.ends_with("_IN_PROGRESS"),
        }
    }

    /// Whether nothing more will happen by itself: the end of an operation.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !self.is_in_progress() && *self != Self::ReviewInProgress
    }

    /// Whether the stack stands complete and can be updated through a change set.
    #[must_use]
    pub fn is_updatable(&self) -> bool {
        matches!(
            self,
            Self::CreateComplete
                | Self::UpdateComplete
                | Self::UpdateRollbackComplete
                | Self::ImportComplete
                | Self::ImportRollbackComplete
        )
    }

    /// What it means for the person waiting for a create or update.
    #[must_use]
    pub fn sentiment(&self) -> Sentiment {
        match self {
            Self::CreateComplete | Self::UpdateComplete | Self::ImportComplete | Self::DeleteComplete => {
                Sentiment::Good
            }
            Self::CreateInProgress
            | Self::DeleteInProgress
            | Self::UpdateInProgress
            | Self::UpdateCompleteCleanupInProgress
            | Self::ReviewInProgress
            | Self::ImportInProgress => Sentiment::Neutral,
            Self::CreateFailed
            | Self::RollbackInProgress
            | Self::RollbackFailed
            | Self::RollbackComplete
            | Self::DeleteFailed
            | Self::UpdateFailed
            | Self::UpdateRollbackInProgress
            | Self::UpdateRollbackFailed
            | Self::UpdateRollbackCompleteCleanupInProgress
            | Self::UpdateRollbackComplete
            | Self::ImportRollbackInProgress
            | Self::ImportRollbackFailed
            | Self::ImportRollbackComplete => Sentiment::Bad,
            Self::Unknown(word) if word.contains("FAILED") || word.contains("ROLLBACK") => Sentiment::Bad,
            Self::Unknown(_) => Sentiment::Neutral,
        }
    }
}

impl fmt::Display for StackStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl From<StackStatus> for String {
    fn from(status: StackStatus) -> Self {
        status.word().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_survives_the_round_trip() {
        for (word, status) in WORDS {
            assert_eq!(StackStatus::from_word(word), status);
            assert_eq!(status.word(), word);
        }
        assert_eq!(StackStatus::from_word("PAUSED_BY_AWS").word(), "PAUSED_BY_AWS");
    }

    #[test]
    fn progress_follows_the_word_but_for_review() {
        for (word, status) in WORDS {
            let expected = word.ends_with("_IN_PROGRESS") && word != "REVIEW_IN_PROGRESS";
            assert_eq!(status.is_in_progress(), expected, "{word}");
            assert_eq!(status.is_settled(), !word.ends_with("_IN_PROGRESS"), "{word}");
        }
    }

    #[test]
    fn undoing_is_bad_news_even_when_it_succeeds() {
        for (word, status) in WORDS {
            let bad = word.contains("ROLLBACK") || word.contains("FAILED");
            assert_eq!(status.sentiment() == Sentiment::Bad, bad, "{word}");
            assert!(!status.is_updatable() || status.is_settled(), "{word}");
        }
    }
}
