//! The note about removed records: a TXT record beside the host, written in the same change that removes them, so that they
//! can be put back from any machine, whatever becomes of the run that removed them. Pure.

use super::record::{Action, Change, RecordSet};

/// What the note's name begins with.
const LABEL: &str = "_dockreg-replaced";
/// What the note's text begins with.
const MARK: &str = "dockreg removed: ";
/// Characters of one string of a TXT record: 255 bytes at most.
/// <https://datatracker.ietf.org/doc/html/rfc1035#section-3.3.14>
const STRING: usize = 200;
/// Characters of a TXT record: more than 4,000 are refused, quotes and escapes included.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html>
const LONGEST: usize = 3_900;

/// The name of a host's note.
#[must_use]
pub fn name(host: &str) -> String {
    format!("{LABEL}.{}.", host.trim_end_matches('.'))
}

/// The note of these records; none when they are too many to be written into one.
#[must_use]
pub fn write(host: &str, sets: &[RecordSet]) -> Option<RecordSet> {
    let text = format!("{MARK}{}", ascii(&serde_json::to_string(sets).ok()?));
    let pieces: Vec<char> = text.chars().collect();
    let quoted = |piece: &[char]| {
        let escaped = piece.iter().map(|own| match own {
            '"' | '\\' => format!("\\{own}"),
            other => other.to_string(),
        });
        format!("\"{}\"", escaped.collect::<String>())
    };
    let value = pieces.chunks(STRING).map(quoted).collect::<Vec<_>>().join(" ");
    (value.len() <= LONGEST).then(|| RecordSet::plain(&name(host), "TXT", 60, &value))
}

/// The records that a note tells of; none when it is no note of ours.
#[must_use]
pub fn read(note: &RecordSet) -> Option<Vec<RecordSet>> {
    let value = note.resource_records.first().filter(|_| note.kind == "TXT")?;
    serde_json::from_str(unquoted(&value.value)?.strip_prefix(MARK)?).ok()
}

/// Removes the records and leaves the note.
#[must_use]
pub fn removal(sets: &[RecordSet], note: &RecordSet) -> Vec<Change> {
    let mut changes = Change::all(Action::Delete, sets);
    changes.push(Change { action: Action::Create, resource_record_set: note.clone() });
    changes
}

/// Puts the records back and takes the note away.
#[must_use]
pub fn return_of(sets: &[RecordSet], note: &RecordSet) -> Vec<Change> {
    let mut changes = Change::all(Action::Create, sets);
    changes.push(Change { action: Action::Delete, resource_record_set: note.clone() });
    changes
}

/// JSON in ASCII alone.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for own in json.chars() {
        match own {
            ' '..='~' => text.push(own),
            other => {
                let mut units = [0; 2];
                other.encode_utf16(&mut units).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
            }
        }
    }
    text
}

/// The strings of a TXT record's value, joined.
fn unquoted(value: &str) -> Option<String> {
    let (mut text, mut within, mut rest) = (String::new(), false, value.chars());
    while let Some(own) = rest.next() {
        match own {
            '"' => within = !within,
            '\\' if within => text.push(rest.next()?),
            other if within => text.push(other),
            ' ' => {}
            _ => return None,
        }
    }
    (!within).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(count: usize) -> Vec<RecordSet> {
        let set = |number| RecordSet {
            set_identifier: Some(format!("grün \"{number}\" \\")),
            weight: Some(1),
            ..RecordSet::plain("docker.example.com.", "A", 300, "192.0.2.1")
        };
        (0..count).map(set).collect()
    }

    #[test]
    fn a_note_tells_exactly_what_was_removed() {
        for count in [1, 2, 10] {
            let note = write("docker.example.com", &sets(count)).expect("a note");
            assert_eq!(note.name, "_dockreg-replaced.docker.example.com.");
            assert_eq!(read(&note), Some(sets(count)));
            let value = &note.resource_records[0].value;
            assert!(value.is_ascii() && value.split("\" \"").all(|string| string.len() <= 2 * STRING), "{value}");
        }
        assert_eq!(write("docker.example.com", &sets(40)), None, "too many for one record");
    }

    #[test]
    fn what_somebody_else_wrote_there_is_no_note() {
        for text in ["\"hello\"", "\"dockreg removed: nothing\"", "dockreg removed: []", "\"open"] {
            assert_eq!(read(&RecordSet::plain("_dockreg-replaced.a.test.", "TXT", 60, text)), None, "{text}");
        }
    }
}
