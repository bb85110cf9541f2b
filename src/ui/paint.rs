//! Colours, or their absence, and the marks that mean the same without them.

/// What a piece of text means; its colour follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It is as it should be.
    Good,
    /// It needs attention.
    Caution,
    /// It is wrong.
    Bad,
    /// It matters more than what stands around it.
    Strong,
    /// It matters less.
    Faint,
}

impl Tone {
    /// The ANSI "select graphic rendition" number of it.
    const fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Caution => "33",
            Self::Bad => "31",
            Self::Strong => "1",
            Self::Faint => "2",
        }
    }

    /// The mark that stands in front of a line of this tone.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Caution => "!",
            Self::Bad => "✗",
            Self::Strong => "→",
            Self::Faint => "·",
        }
    }
}

/// Whether text going to one stream is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Paint {
    /// Whether escape codes may be written.
    pub enabled: bool,
}

impl Paint {
    /// The text in the tone's colour, or as it is.
    pub fn text(self, tone: Tone, text: &str) -> String {
        if self.enabled { format!("\x1b[{}m{text}\x1b[0m", tone.code()) } else { text.to_owned() }
    }

    /// The tone's mark in its colour.
    pub fn mark(self, tone: Tone) -> String {
        self.text(tone, tone.mark())
    }
}

#[cfg(test)]
mod tests {
    use super::{Paint, Tone};

    #[test]
    fn no_escape_code_without_colours() {
        assert_eq!(Paint { enabled: false }.text(Tone::Bad, "no"), "no");
        assert_eq!(Paint { enabled: true }.text(Tone::Bad, "no"), "\x1b[31mno\x1b[0m");
    }
}
